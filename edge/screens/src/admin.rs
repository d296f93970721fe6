//! The box's own settings, for whoever has its password: the branch, who serves, what prints, which screens belong to it.
//!
//! A form that is not accepted comes back as it was sent, with the reason at the field; nothing is half saved.

mod draft;
mod form;
mod frame;
mod offers;
mod page;
mod people;
mod premises;
mod printers;
mod profiles;
mod quick;
mod screens;
mod sign_in;
mod signage;
mod upload;
mod voice;

pub(crate) use premises::{DAYS, slots};
pub(crate) use sign_in::prepare;

use crate::House;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};

pub(crate) fn routes() -> Router<House> {
    Router::new()
        .route("/setup", get(sign_in::setup_page).post(sign_in::set_up))
        .route("/admin", get(page::home))
        .route("/admin/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/admin/sign-out", axum::routing::post(sign_in::sign_out))
        .route("/admin/language", axum::routing::post(sign_in::speak))
        .route("/admin/quick", get(quick::page).post(quick::open))
        .route(
            "/admin/branch",
            get(page::show::<premises::Premises>).post(page::save::<premises::Premises>),
        )
        .route(
            "/admin/services",
            get(page::show::<offers::Offers>).post(page::save::<offers::Offers>),
        )
        .route(
            "/admin/profiles",
            get(page::show::<profiles::Profiles>).post(page::save::<profiles::Profiles>),
        )
        .route(
            "/admin/windows",
            get(page::show::<premises::Windows>).post(page::save::<premises::Windows>),
        )
        .route(
            "/admin/people",
            get(page::show::<people::People>).post(page::save::<people::People>),
        )
        .route("/admin/printers", get(printers::page).post(printers::save))
        .route("/admin/printers/{device}/test", axum::routing::post(printers::test))
        .route("/admin/screens", get(screens::page).post(screens::pair))
        .route("/admin/screens/{screen}/revoke", axum::routing::post(screens::revoke))
        .route("/admin/signage", get(signage::page).post(signage::act))
        .route(
            "/admin/signage/files/{name}",
            axum::routing::put(signage::put).layer(DefaultBodyLimit::disable()),
        )
        .route("/admin/voice", get(voice::page).post(voice::fill))
        .route(
            "/admin/voice/{tongue}/{name}",
            axum::routing::put(voice::put).layer(DefaultBodyLimit::disable()),
        )
        .layer(middleware::from_fn(named))
}

/// Lets the browser name these pages to themselves: a form of a page it does not name is refused.
async fn named(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
