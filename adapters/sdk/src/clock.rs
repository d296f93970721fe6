//! The edge's wall clock, as a driver reads it.
//!
//! No deadline comes from it: it may jump.

use protocol::Timestamp;
use std::fmt::Debug;

/// The edge's wall clock. For deadlines use `tokio::time`.
pub trait Clock: Send + Sync + Debug {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// The site's offset from UTC in seconds, for devices that keep local time.
    fn offset_seconds(&self) -> i32;
}
