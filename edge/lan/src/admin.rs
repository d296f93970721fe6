//! The box's own settings, for whoever has its password: the way in, the frame around every page, and the list of paired
//! screens. Areas hang their pages in.
//!
//! A form that is not accepted comes back as it was sent, with the reason at the field; nothing is half saved.

pub mod form;
pub mod frame;
pub mod names;
mod screens;
mod sign_in;
pub mod upload;

pub(crate) use sign_in::prepare;

use crate::{LanRoutes, LanState, RouteAccess, area::SCREENS, session::LocalAdmin};
use axum::{
    extract::State,
    response::Redirect,
    routing::{get, post},
};

pub(crate) fn routes(lan: &LanState) -> LanRoutes<LanState> {
    use RouteAccess::{Admin, Anybody};
    LanRoutes::new(lan)
        .route("/setup", Anybody, get(sign_in::setup_page).post(sign_in::set_up))
        .route("/admin", Admin, get(home))
        .route("/admin/sign-in", Anybody, get(sign_in::page).post(sign_in::sign_in))
        .route("/admin/sign-out", Admin, post(sign_in::sign_out))
        .route("/admin/language", Admin, post(sign_in::set_language))
        .route(SCREENS.address, Admin, get(screens::page).post(screens::pair))
        .route("/admin/screens/{screen}/revoke", Admin, post(screens::revoke))
}

/// `/admin`: the first page there is.
async fn home(State(lan): State<LanState>, _: LocalAdmin) -> Redirect {
    let first = lan.inner().tabs.first();
    Redirect::to(first.map_or(SCREENS.address, |tab| tab.address))
}
