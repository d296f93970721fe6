//! The announcer: the one task that says calls aloud, one after the other, by the box's loudspeaker or the displays'.
//!
//! `announce.played` is recorded once somebody heard it to its end, and never otherwise.

use super::{
    speaker::{Playing, Speaker},
    stems::{Sound, Stems},
    turns::{Turn, Turns},
};
use crate::live::{Live, Picture, beside::Say};
use axum::body::Bytes;
use edge_kernel::{Committed, Port, queue::Phase};
use protocol::{
    Actor, Fact, Lang,
    fact::Announced,
    id::TicketId,
    queue::{Branch, Clock, TicketNumber},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Sounds kept for displays that fetch them late.
const KEPT: usize = 4;
/// Longer than the sound itself a display is not waited for: it may have been switched off.
const PATIENCE: Duration = Duration::from_secs(4);
/// What displays said about sounds and nobody took yet.
const HEARD: usize = 64;

/// What pages hold of the announcer.
#[derive(Clone)]
pub(crate) struct Voice {
    sounds: Sounds,
    heard: mpsc::Sender<Heard>,
    pub(crate) stems: Stems,
}

type Sounds = Arc<Mutex<VecDeque<(u64, Bytes)>>>;

/// How a display fared with a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) id: u64,
    pub(crate) end: End,
}

/// How a sound ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was played to its end.
    Played,
    /// It could not be played there.
    Failed,
}

/// A call on its way to be said.
#[derive(Debug, Clone, PartialEq)]
struct Call {
    ticket: TicketId,
    number: TicketNumber,
    window: u16,
    time: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    First,
    Second,
}

/// The announcer's own state.
pub(crate) struct Announcer {
    port: Port,
    live: Live,
    stems: Stems,
    sounds: Sounds,
    heard: mpsc::Receiver<Heard>,
    calls: mpsc::Receiver<Arc<Committed>>,
    speaker: Option<Arc<dyn Speaker>>,
    turns: Turns<Call>,
    last: u64,
}

/// What sounds now.
struct Sounding {
    id: u64,
    call: Call,
    langs: Vec<Lang>,
    ms: u64,
    /// The box's own loudspeaker; none: a display's.
    playing: Option<Playing>,
    until: Instant,
}

impl Voice {
    pub(crate) fn new(
        port: Port,
        live: Live,
        stems: Stems,
        calls: mpsc::Receiver<Arc<Committed>>,
    ) -> (Self, Announcer) {
        let sounds = Sounds::default();
        let (heard_in, heard) = mpsc::channel(HEARD);
        let announcer = Announcer {
            port,
            live,
            stems: stems.clone(),
            sounds: Arc::clone(&sounds),
            heard,
            calls,
            speaker: None,
            turns: Turns::default(),
            last: 0,
        };
        let voice = Self {
            sounds,
            heard: heard_in,
            stems,
        };
        (voice, announcer)
    }

    /// The sound of an announcement, as a WAV file.
    pub(crate) fn sound(&self, id: u64) -> Option<Bytes> {
        let sounds = self.sounds.lock().unwrap_or_else(PoisonError::into_inner);
        sounds
            .iter()
            .find(|(kept, _)| *kept == id)
            .map(|(_, sound)| sound.clone())
    }

    /// A display says how it fared. Lost under overload: the announcer has its own patience.
    pub(crate) fn heard(&self, heard: Heard) {
        let _ = self.heard.try_send(heard);
    }
}

impl Announcer {
    /// Works until `stop`, with the box's own loudspeaker where it has one.
    pub(crate) async fn run(mut self, speaker: Option<Arc<dyn Speaker>>, stop: CancellationToken) {
        self.speaker = speaker;
        let mut sounding: Option<Sounding> = None;
        loop {
            let mut wake = None;
            if sounding.is_none() {
                match self.turns.next(self.port.clock().up_ms()) {
                    Turn::Say(call) => {
                        sounding = self.begin(call).await;
                        continue;
                    }
                    Turn::At(due_ms) => {
                        let wait = due_ms.saturating_sub(self.port.clock().up_ms());
                        wake = Some(Instant::now() + Duration::from_millis(wait));
                    }
                    Turn::Rest => {}
                }
            }
            let end = tokio::select! {
                () = stop.cancelled() => return,
                call = self.calls.recv() => match call {
                    Some(call) => {
                        self.take(&call);
                        None
                    }
                    None => return,
                },
                heard = self.heard.recv() => {
                    let of_now = |heard: &Heard| sounding.as_ref().is_some_and(|now| now.id == heard.id);
                    // One display without sound says nothing about the others.
                    heard.filter(|heard| of_now(heard) && heard.end == End::Played).map(|heard| heard.end)
                }
                end = ended(&mut sounding) => Some(end),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => None,
            };
            if let Some(end) = end
                && let Some(sounding) = sounding.take()
            {
                self.finish(sounding, end).await;
            }
        }
    }

    fn take(&mut self, committed: &Committed) {
        let (Fact::QueueCalled(called) | Fact::QueueRecalled(called)) = &committed.event.fact else {
            return;
        };
        let call = Call {
            ticket: called.ticket,
            number: called.number,
            window: called.window_number,
            time: Time::First,
        };
        self.turns.add(call, |one, other| one.ticket == other.ticket);
    }

    /// Puts a call together and has it played; none where it is not to be said now.
    async fn begin(&mut self, call: Call) -> Option<Sounding> {
        let picture = self.live.picture();
        let branch = picture.branch.as_ref()?;
        let is_late = call.time == Time::Second && !is_still_called(&picture, call.ticket);
        if is_quiet(branch, &picture) || is_late || picture.notice.is_some() {
            return None;
        }
        let (stems, wanted) = (self.stems.clone(), branch.draft().announce.clone());
        let (langs, number, window) = (wanted.clone(), call.number, call.window);
        let sound = tokio::task::spawn_blocking(move || {
            let sound = stems.call(&langs, number, window);
            (sound.clip.file(), sound)
        });
        let (file, Sound { clip, langs }) = sound.await.ok()?;
        self.last += 1;
        let id = self.last;
        let mute: Vec<Lang> = wanted.into_iter().filter(|lang| !said(&langs, *lang)).collect();
        let playing = self.speaker.as_ref().map(|speaker| speaker.play(file.clone()));
        let say = playing.is_none().then_some(Say {
            id,
            ticket: Some(call.ticket),
        });
        self.keep(id, file);
        self.live.note(|beside| {
            beside.say = say;
            beside.mute = mute;
        });
        Some(Sounding {
            id,
            call,
            langs,
            ms: clip.ms(),
            playing,
            until: Instant::now() + Duration::from_millis(clip.ms()) + PATIENCE,
        })
    }

    fn keep(&self, id: u64, file: Bytes) {
        let mut sounds = self.sounds.lock().unwrap_or_else(PoisonError::into_inner);
        if sounds.len() >= KEPT {
            sounds.pop_front();
        }
        sounds.push_back((id, file));
    }

    async fn finish(&mut self, sounding: Sounding, end: End) {
        self.live.note(|beside| beside.say = None);
        if sounding.call.time == Time::First {
            let call = Call {
                time: Time::Second,
                ..sounding.call.clone()
            };
            self.turns.again(call, self.port.clock().up_ms());
        }
        if end == End::Failed {
            return;
        }
        let played = Announced {
            ticket: Some(sounding.call.ticket),
            langs: sounding.langs,
            ms: sounding.ms,
        };
        let entry = Fact::AnnouncePlayed(played).into();
        if let Err(error) = self.port.record(Actor::Edge, vec![entry]).await {
            tracing::warn!(%error, "an announcement was played and could not be recorded");
        }
    }
}

/// Whether one of the languages said sounds like this one.
fn said(langs: &[Lang], lang: Lang) -> bool {
    let tongue = super::phrase::Tongue::of(lang);
    langs.iter().any(|said| super::phrase::Tongue::of(*said) == tongue)
}

fn is_still_called(picture: &Picture, ticket: TicketId) -> bool {
    let mut calls = picture.called.iter();
    calls.any(|call| call.ticket == ticket && call.phase == Phase::Called)
}

fn is_quiet(branch: &Branch, picture: &Picture) -> bool {
    let Some((from, to)) = branch.draft().rules.quiet() else {
        return false;
    };
    let now = local_time(picture);
    if from <= to {
        from <= now && now < to
    } else {
        from <= now || now < to
    }
}

/// The time of day at the site.
pub(crate) fn local_time(picture: &Picture) -> Clock {
    let moment = picture.moment;
    let local = moment.at.as_secs().saturating_add(i64::from(moment.offset_seconds));
    Clock {
        minutes: u16::try_from(local.rem_euclid(86_400) / 60).unwrap_or(0),
    }
}

/// How what sounds now ends by itself; never where nothing sounds.
async fn ended(sounding: &mut Option<Sounding>) -> End {
    let Some(sounding) = sounding else {
        return std::future::pending().await;
    };
    let Some(playing) = &mut sounding.playing else {
        sleep_until(sounding.until).await;
        return End::Failed;
    };
    match tokio::time::timeout_at(sounding.until, playing).await {
        Ok(Ok(())) => End::Played,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the loudspeaker does not work");
            End::Failed
        }
        Err(_) => End::Failed,
    }
}
