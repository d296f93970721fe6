//! `userCheck`: what a 401 says about the lock against guessing.
//!
//! `unlock` contains the word `lock`, so the state is compared whole (facts/devices.md §1.1).

use super::body;
use std::time::Duration;

/// Where the device gives no `unlockTime`: the lock documented for five failures.
const USUAL: Duration = Duration::from_secs(30 * 60);
/// Nobody is locked out for longer, whatever the device says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How the device treats our attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockStatus {
    /// Every attempt is refused, and makes it longer.
    Locked(Duration),
    /// Attempts are counted; this many are left, where it says so.
    Open(Option<u64>),
}

/// Reads the body of a 401. A body that is no `userCheck` says nothing: open.
pub(crate) fn parse(bytes: &[u8]) -> LockStatus {
    let Ok(tree) = body::parse(bytes) else {
        return LockStatus::Open(None);
    };
    let check = body::inside(&tree, "userCheck");
    if body::text(check, "lockStatus").as_deref() == Some("lock") {
        let time = body::number(check, "unlockTime").map_or(USUAL, Duration::from_secs);
        return LockStatus::Locked(time.min(LONGEST));
    }
    LockStatus::Open(body::number(check, "retryLoginTime"))
}
