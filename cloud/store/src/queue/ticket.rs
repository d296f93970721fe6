//! How a ticket was taken: a closed list, as stored and shown.

use protocol::queue::Source;

/// As stored and shown.
pub(crate) const fn source_name(source: Source) -> &'static str {
    match source {
        Source::Kiosk => "kiosk",
        Source::Online => "online",
        Source::WalkIn => "walk_in",
        Source::Booking => "booking",
    }
}

pub(super) fn source(text: &str) -> Option<Source> {
    [Source::Kiosk, Source::Online, Source::WalkIn, Source::Booking]
        .into_iter()
        .find(|source| source_name(*source) == text)
}
