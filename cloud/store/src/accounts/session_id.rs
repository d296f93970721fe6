//! What names a session. It stands apart: accounts end sessions, and sessions belong to accounts.

use uuid::Uuid;

/// A session's id: all tokens that came out of one sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub Uuid);
