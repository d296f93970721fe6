//! The announcer: the one task that says calls aloud, one after the other, by the box's loudspeaker or the displays'.
//!
//! `announce.played` is recorded once somebody heard it to its end, and never otherwise.

use super::{
    announcement_queue::{AnnouncementQueue, AnnouncerAction},
    speaker::{Playback, Speaker},
    stems::{SpokenCall, Stems},
};
use crate::Emergency;
use axum::body::Bytes;
use edge_kernel::Port;
use protocol::{Actor, Fact, Lang, fact::Announcement, id::TicketId, queue::TicketNumber};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Sounds kept for displays that fetch them late.
const KEPT: usize = 4;
/// Longer than the sound itself a display is not waited for: it may have been switched off.
const PLAYBACK_MARGIN: Duration = Duration::from_secs(4);
/// What displays said about sounds and nobody took yet.
const REPORTS: usize = 64;
/// Calls on their way to the announcer. A hall in which so many wait to be said has other worries.
const CALLS: usize = 64;

/// What pages and other areas hold of the announcer.
#[derive(Clone)]
pub struct Voice {
    sounds: Sounds,
    reports: mpsc::Sender<PlaybackReport>,
    calls: mpsc::Sender<(CallAnnouncement, Arc<dyn CallRules>)>,
    state: watch::Receiver<VoiceState>,
    stems: Stems,
}

/// What the voice is at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VoiceState {
    /// The announcement that displays are to play now.
    pub sound: Option<Sound>,
    /// Languages whose set lacks a word: calls are not said in them.
    pub mute: Vec<Lang>,
}

/// An announcement that displays are to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// Its number: `/display/voice/<id>.wav`.
    pub id: u64,
    /// The ticket that is called.
    pub ticket: Option<TicketId>,
}

/// Whether, and in which languages, calls are said: whoever has somebody called knows.
pub trait CallRules: Send + Sync {
    /// The languages to say a call in, now; none: it is not to be said now.
    fn languages(&self, call: &CallAnnouncement, repeat: Repeat) -> Option<Vec<Lang>>;
}

type Sounds = Arc<Mutex<VecDeque<(u64, Bytes)>>>;

/// How a display fared with a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaybackReport {
    /// Which sound.
    pub id: u64,
    /// How it ended.
    pub end: PlaybackEnd,
}

/// How a sound ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaybackEnd {
    /// It was played to its end.
    Played,
    /// It could not be played there.
    Failed,
}

/// A call that is to be said: "ticket K twenty one, window three".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallAnnouncement {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number.
    pub number: TicketNumber,
    /// The number above the window.
    pub window: u16,
}

/// Each call is said twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// For the first time.
    First,
    /// Once more, a while later.
    Second,
}

/// A call that waits for its turn.
#[derive(Clone)]
struct QueuedAnnouncement {
    call: CallAnnouncement,
    repeat: Repeat,
    rules: Arc<dyn CallRules>,
}

/// The announcer's own state.
pub(crate) struct Announcer {
    port: Port,
    emergency: Emergency,
    stems: Stems,
    sounds: Sounds,
    reports: mpsc::Receiver<PlaybackReport>,
    calls: mpsc::Receiver<(CallAnnouncement, Arc<dyn CallRules>)>,
    state: watch::Sender<VoiceState>,
    speaker: Option<Arc<dyn Speaker>>,
    queue: AnnouncementQueue<QueuedAnnouncement>,
    last: u64,
}

/// What sounds now.
struct ActivePlayback {
    id: u64,
    waiting: QueuedAnnouncement,
    langs: Vec<Lang>,
    ms: u64,
    /// The box's own loudspeaker; none: a display's.
    playing: Option<Playback>,
    until: Instant,
}

impl Voice {
    pub(crate) fn new(port: Port, emergency: Emergency, stems: Stems) -> (Self, Announcer) {
        let sounds = Sounds::default();
        let (reports_in, reports) = mpsc::channel(REPORTS);
        let (calls_in, calls) = mpsc::channel(CALLS);
        let (state_in, state) = watch::channel(VoiceState::default());
        let announcer = Announcer {
            port,
            emergency,
            stems: stems.clone(),
            sounds: Arc::clone(&sounds),
            reports,
            calls,
            state: state_in,
            speaker: None,
            queue: AnnouncementQueue::default(),
            last: 0,
        };
        let voice = Self {
            sounds,
            reports: reports_in,
            calls: calls_in,
            state,
            stems,
        };
        (voice, announcer)
    }

    /// Has a call said, when its turn comes and its rules say so. Lost where too many wait.
    pub fn say(&self, call: CallAnnouncement, rules: Arc<dyn CallRules>) {
        let _ = self.calls.try_send((call, rules));
    }

    /// What it is at, as it changes.
    pub fn state(&self) -> watch::Receiver<VoiceState> {
        self.state.clone()
    }

    /// The recorded words.
    pub fn stems(&self) -> &Stems {
        &self.stems
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
    pub fn report(&self, report: PlaybackReport) {
        let _ = self.reports.try_send(report);
    }
}

impl Announcer {
    /// Works until `stop`, with the box's own loudspeaker where it has one.
    pub(crate) async fn run(mut self, speaker: Option<Arc<dyn Speaker>>, stop: CancellationToken) {
        self.speaker = speaker;
        let mut sounding: Option<ActivePlayback> = None;
        loop {
            let mut wake = None;
            if sounding.is_none() {
                match self.queue.next(self.port.clock().up_ms()) {
                    AnnouncerAction::Say(waiting) => {
                        sounding = self.begin(waiting).await;
                        continue;
                    }
                    AnnouncerAction::At(due_ms) => {
                        let wait = due_ms.saturating_sub(self.port.clock().up_ms());
                        wake = Some(Instant::now() + Duration::from_millis(wait));
                    }
                    AnnouncerAction::Rest => {}
                }
            }
            let end = tokio::select! {
                () = stop.cancelled() => return,
                call = self.calls.recv() => match call {
                    Some((call, rules)) => {
                        let repeat = Repeat::First;
                        let waiting = QueuedAnnouncement { call, repeat, rules };
                        self.queue.add(waiting, |one, other| one.call.ticket == other.call.ticket);
                        None
                    }
                    None => return,
                },
                report = self.reports.recv() => {
                    let of_now = |report: &PlaybackReport| sounding.as_ref().is_some_and(|now| now.id == report.id);
                    // One display without sound says nothing about the others.
                    report.filter(|report| of_now(report) && report.end == PlaybackEnd::Played).map(|report| report.end)
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

    /// Puts a call together and has it played; none where it is not to be said now.
    async fn begin(&mut self, waiting: QueuedAnnouncement) -> Option<ActivePlayback> {
        if self.emergency.watch().borrow().is_some() {
            return None;
        }
        let call = waiting.call;
        let wanted = waiting.rules.languages(&call, waiting.repeat)?;
        let (stems, langs) = (self.stems.clone(), wanted.clone());
        let sound = tokio::task::spawn_blocking(move || {
            let sound = stems.call(&langs, call.number, call.window);
            (sound.clip.file(), sound)
        });
        let (file, SpokenCall { clip, langs }) = sound.await.ok()?;
        self.last += 1;
        let id = self.last;
        let mute: Vec<Lang> = wanted.into_iter().filter(|lang| !said(&langs, *lang)).collect();
        let playing = self.speaker.as_ref().map(|speaker| speaker.play(file.clone()));
        let sound = playing.is_none().then_some(Sound {
            id,
            ticket: Some(call.ticket),
        });
        self.keep(id, file);
        self.state.send_replace(VoiceState { sound, mute });
        Some(ActivePlayback {
            id,
            waiting,
            langs,
            ms: clip.ms(),
            playing,
            until: Instant::now() + Duration::from_millis(clip.ms()) + PLAYBACK_MARGIN,
        })
    }

    fn keep(&self, id: u64, file: Bytes) {
        let mut sounds = self.sounds.lock().unwrap_or_else(PoisonError::into_inner);
        if sounds.len() >= KEPT {
            sounds.pop_front();
        }
        sounds.push_back((id, file));
    }

    async fn finish(&mut self, sounding: ActivePlayback, end: PlaybackEnd) {
        self.state.send_modify(|state| state.sound = None);
        let ticket = sounding.waiting.call.ticket;
        if sounding.waiting.repeat == Repeat::First {
            let again = QueuedAnnouncement {
                repeat: Repeat::Second,
                ..sounding.waiting
            };
            self.queue.schedule_repeat(again, self.port.clock().up_ms());
        }
        if end == PlaybackEnd::Failed {
            return;
        }
        let played = Announcement {
            ticket: Some(ticket),
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
    let tongue = super::phrase::SpokenLanguage::of(lang);
    langs
        .iter()
        .any(|said| super::phrase::SpokenLanguage::of(*said) == tongue)
}

/// How what sounds now ends by itself; never where nothing sounds.
async fn ended(sounding: &mut Option<ActivePlayback>) -> PlaybackEnd {
    let Some(sounding) = sounding else {
        return std::future::pending().await;
    };
    let Some(playing) = &mut sounding.playing else {
        sleep_until(sounding.until).await;
        return PlaybackEnd::Failed;
    };
    match tokio::time::timeout_at(sounding.until, playing).await {
        Ok(Ok(())) => PlaybackEnd::Played,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the loudspeaker does not work");
            PlaybackEnd::Failed
        }
        Err(_) => PlaybackEnd::Failed,
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice").finish_non_exhaustive()
    }
}
