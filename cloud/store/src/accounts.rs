//! Accounts: logins, roles, sessions.

/// Tables in `platform.db`.
pub(crate) const PLATFORM_DDL: &str = "";
