//! Times and durations as people read them. The server renders them; no script counts.

use maud::{Markup, html};
use protocol::Timestamp;
use std::time::Duration;

/// Site time is Asia/Tashkent (screens.md): UTC+5 all year, no summer time since 1991.
const OFFSET: Duration = Duration::from_secs(5 * 3600);

/// `20.11.2026 14:30:05`, with the exact moment for machines.
pub(crate) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at) { (clock_text(at)) } }
}

/// The same as plain text.
pub(crate) fn clock_text(at: Timestamp) -> String {
    let local = at.plus(OFFSET).to_string();
    let day = local.get(0..10).unwrap_or_default();
    let time = local.get(11..19).unwrap_or_default();
    let mut parts = day.split('-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day)) => format!("{day}.{month}.{year} {time}"),
        _ => local,
    }
}

/// `12 s`, `5 min`, `3 h`, `2 d`: how long ago, or how long.
pub(crate) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The same in steps, so that a page that shows it need not change each second: `0 s`, `15 s`, `30 s`…
pub(crate) fn coarse(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..=119 => span(Duration::from_secs(seconds / 15 * 15)),
        _ => span(length),
    }
}
