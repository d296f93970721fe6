//! What the console's pages share.
//!
//! Nothing here names a page.

use cloud_admin::AdminContext;
use cloud_http::{PublicScheme, PublicUrl};
use std::sync::Arc;

/// What every page works with.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    pub(crate) admin: Arc<AdminContext>,
    pub(crate) scheme: PublicScheme,
    /// What the cloud calls itself, where the settings say so.
    pub(crate) public_url: Option<PublicUrl>,
}
