//! What names an account. It stands apart: accounts have locks, and locks are an account's.

use uuid::Uuid;

/// An account's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountId(pub Uuid);
