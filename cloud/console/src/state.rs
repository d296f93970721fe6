//! What the console's pages share.
//!
//! Nothing here names a page.

use cloud_admin::AdminContext;
use std::sync::Arc;

/// How browsers reach this console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleScheme {
    /// In the clear, or a proxy in front speaks TLS.
    Http,
    /// Over TLS: the cookie is bound to this host and never sent in the clear.
    Https,
}

/// What every page works with.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    pub(crate) admin: Arc<AdminContext>,
    pub(crate) scheme: ConsoleScheme,
}
