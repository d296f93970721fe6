//! What edges speak to: everything under `/v2`.

use crate::{app::App, settings::Limits};
use axum::Router;
use std::sync::Arc;

/// stub
#[derive(Debug)]
pub(crate) struct Gate;
impl Gate {
    pub(crate) fn new(_limits: &Limits) -> Self {
        Self
    }
}

/// Routes of `/v2`.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let _ = app;
    Router::new()
}
