//! Pages for everybody: what the holder of a ticket sees on a phone, anywhere.
//!
//! Nobody signs in here, and nothing is set on the visitor's device; nothing is decided here.

mod state;
mod ticket;

use axum::Router;
use cloud_admin::AdminContext;
use state::Public;
use std::sync::Arc;

/// The pages' routes.
pub fn router(admin: Arc<AdminContext>) -> Router {
    ticket::routes().with_state(Public { admin })
}
