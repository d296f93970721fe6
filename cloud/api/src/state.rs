//! What the API's handlers share.
//!
//! Nothing here names a handler.

use cloud_admin::AdminContext;
use std::sync::Arc;

/// What every handler works with.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) admin: Arc<AdminContext>,
    /// The API's description, as served.
    pub(crate) description: Arc<str>,
}
