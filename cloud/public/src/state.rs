//! What the pages for everybody share.
//!
//! Nothing here names a page.

use cloud_admin::AdminContext;
use std::sync::Arc;

/// What every page works with.
#[derive(Debug, Clone)]
pub(crate) struct Public {
    pub(crate) admin: Arc<AdminContext>,
}
