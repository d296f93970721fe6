//! Announcements: "ticket K twenty one, window three" put together from recorded words.
//!
//! Two announcements never sound at once, and nobody is told that one was played before it has ended. What stands in
//! a stem set is known beforehand: a number is never read out wrongly because a clip is missing, the chime sounds alone.

pub(crate) mod announcement_queue;
pub(crate) mod announcer;
pub(crate) mod numbers;
pub(crate) mod phrase;
pub(crate) mod placeholder;
pub(crate) mod speaker;
pub(crate) mod stems;
pub(crate) mod wav;
