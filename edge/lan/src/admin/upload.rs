//! Files an installer brings: one request each, by a small script, so that a large one is never in memory.

use super::frame;
use crate::{
    LanState, Problem,
    body_budget::{BodySender, BudgetedBody},
    request::FormFields,
    session::LocalAdmin,
    words,
};
use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
};
use maud::{Markup, html};

/// A file comes from this session's own page: the page's token is in a header.
pub fn owned(admin: &LocalAdmin, headers: &HeaderMap) -> Result<(), Problem> {
    let token = headers
        .get("x-form")
        .and_then(|token| token.to_str().ok())
        .unwrap_or_default();
    admin.check_form_token(&FormFields::default().with("form", token))
}

/// A small file as a whole, of at most `limit` bytes.
pub async fn whole(
    lan: &LanState,
    admin: &LocalAdmin,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<BudgetedBody, Problem> {
    let sender = BodySender::Known(admin.session());
    lan.inner().bodies.read_in_time(sender, headers, body, limit).await
}

/// What is wrong with a file, or a list of them.
pub fn refused(error: &dyn std::error::Error) -> Problem {
    let source = error.source().map_or_else(String::new, |source| format!(": {source}"));
    let kind = "urn:ostona:bad-file";
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        kind,
        "Not taken",
        format!("{error}{source}."),
    )
}

/// A form that sends files to `address` and their names.
pub fn form(admin: &LocalAdmin, address: &str, accept: &str) -> Markup {
    let id = format!("files{}", address.replace('/', "-"));
    html! {
        form method="post" data-upload=(address) {
            (frame::token(admin))
            div.field {
                label for=(id) { (words::upload_files(admin.lang)) }
                input id=(id) type="file" multiple accept=(accept) required;
            }
            button { (words::upload_send(admin.lang)) }
            ul role="status" {}
        }
    }
}
