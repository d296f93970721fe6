//! What a display shows of a picture: the shape `assets/display.js` reads.

use crate::live_feed::{BranchSnapshot, CalledTicket, time_of_day};
use edge_announce::{MediaItem, NoticeText, Playlist};
use edge_lan::stream::ScreenUpdate;
use edge_queue::TicketPhase;
use protocol::{Lang, queue::Arrow};
use serde::Serialize;

/// Rows a display has room for.
const ROWS: usize = 8;
/// Rows shown while nobody new is called.
const CALM_ROWS: usize = 5;
/// A call stays at least that long, even if the visit is over.
const STAYS_MS: i64 = 20_000;

#[derive(Debug, Serialize)]
pub(super) struct DisplayView {
    called: Vec<CalledRow>,
    waiting: Vec<WaitingRow>,
    media: Vec<MediaItem>,
    emergency: Option<Vec<NoticeText>>,
    notice: Option<Vec<NoticeText>>,
    say: Option<PlayedSound>,
}

#[derive(Debug, Serialize)]
struct CalledRow {
    /// The same as long as nobody called it again.
    key: String,
    number: String,
    window: u16,
    arrow: Option<Arrow>,
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct WaitingRow {
    name: String,
    waiting: u32,
}

#[derive(Debug, Serialize)]
struct PlayedSound {
    id: u64,
    src: String,
}

pub(super) fn view(picture: &BranchSnapshot, playlist: &Playlist, lang: Lang) -> ScreenUpdate<DisplayView> {
    let now = picture.moment.at;
    let age_ms = |call: &CalledTicket| now.as_millis().saturating_sub(call.at.as_millis());
    let mut called: Vec<&CalledTicket> = picture.called.iter().collect();
    called.retain(|call| matches!(call.phase, TicketPhase::Called | TicketPhase::Serving) || age_ms(call) < STAYS_MS);
    // More rows than usual only for calls that people have not had the time to read.
    let fresh = called.iter().filter(|call| age_ms(call) < STAYS_MS).count();
    called.truncate(fresh.clamp(CALM_ROWS, ROWS));
    let waiting = picture.services.iter().filter(|standing| standing.waiting > 0);
    ScreenUpdate::State(DisplayView {
        called: called.into_iter().map(row).collect(),
        waiting: waiting
            .map(|standing| WaitingRow {
                name: picture.service_name(&standing.id, lang),
                waiting: standing.waiting,
            })
            .collect(),
        media: playlist.at(picture.moment.day(), time_of_day(picture), lang),
        emergency: picture.emergency.as_ref().map(edge_announce::EmergencyNotice::texts),
        notice: picture.notice.clone(),
        say: picture.voice.sound.as_ref().map(|say| PlayedSound {
            id: say.id,
            src: format!("/display/voice/{}.wav", say.id),
        }),
    })
}

fn row(call: &CalledTicket) -> CalledRow {
    CalledRow {
        key: format!("{}-{}", call.ticket, call.at.as_millis()),
        number: call.number.to_string(),
        window: call.window,
        arrow: call.arrow,
        state: match call.phase {
            TicketPhase::Called => "called",
            TicketPhase::Serving => "serving",
            TicketPhase::Waiting
            | TicketPhase::Held
            | TicketPhase::NoShow
            | TicketPhase::Done
            | TicketPhase::Cancelled
            | TicketPhase::Expired => "done",
        },
    }
}
