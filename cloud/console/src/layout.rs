//! The frame around every page: bar, content, foot.

use crate::{assets, icon, words};
use axum::response::{IntoResponse, Response};
use cloud_admin::{
    caller::Caller,
    role::{Permission, Role},
};
use cloud_http::Problem;
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

/// Which entry of the bar is lit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Home,
    Queue,
    Events,
    Commands,
    People,
    Security,
}

/// Who looks, for the bar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewer<'a> {
    login: &'a str,
    role: Role,
    tab: Tab,
}

impl<'a> Viewer<'a> {
    pub(crate) fn of(caller: &'a Caller, tab: Tab) -> Self {
        Self {
            login: caller.account().login.as_str(),
            role: caller.role,
            tab,
        }
    }
}

/// A page of somebody who is signed in. `live` is where its events come from.
pub(crate) fn page(viewer: Viewer<'_>, title: &str, live: Option<&str>, content: &Markup) -> Markup {
    let people = viewer.role.may(Permission::ManageAccounts);
    let entries = [
        Some((Tab::Home, "/", words::HOME)),
        Some((Tab::Queue, "/queue", words::QUEUE)),
        Some((Tab::Events, "/events", words::EVENTS)),
        Some((Tab::Commands, "/commands", words::COMMANDS)),
        people.then_some((Tab::People, "/people", words::PEOPLE)),
        Some((Tab::Security, "/security", words::SECURITY)),
    ];
    let bar = html! {
        header.bar {
            div {
                a.brand href="/" { (icon::mark()) (words::PRODUCT) }
                nav aria-label="Main" {
                    @for (tab, address, word) in entries.into_iter().flatten() {
                        a href=(address) aria-current=[(tab == viewer.tab).then_some("page")] { (word) }
                    }
                }
                div.who {
                    span { (viewer.login) }
                    form method="post" action="/logout" { button.plain { (words::SIGN_OUT) } }
                }
            }
        }
    };
    document(title, &bar, &html! { main id="content" data-live=[live] { (content) } })
}

/// A page of somebody who is not signed in yet.
pub(crate) fn bare_page(title: &str, content: &Markup) -> Markup {
    let bar = html! { header.bar { div { a.brand href="/" { (icon::mark()) (words::PRODUCT) } } } };
    document(title, &bar, &html! { main.narrow id="content" { (content) } })
}

/// A page that says no.
pub(crate) fn refused_page(status: StatusCode, title: &str, detail: &str) -> Response {
    let content = html! {
        h1 { (title) }
        p.lead { (detail) }
        a.button href="/" { (words::BACK_HOME) }
    };
    (status, bare_page(title, &content)).into_response()
}

/// A problem as a page.
pub(crate) fn problem_page(problem: &Problem) -> Response {
    refused_page(problem.kind().status(), problem.kind().title(), problem.detail())
}

/// A place with nothing in it, which says what to do about that.
pub(crate) fn empty(title: &str, text: &str, next: &Markup) -> Markup {
    html! { div.empty { p.title { (title) } p { (text) } (next) } }
}

/// A field with its label.
pub(crate) fn field(name: &str, label: &str, hint: Option<&str>, input: &Markup) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            (input)
            @if let Some(hint) = hint { p.hint id={ (name) "-hint" } { (hint) } }
        }
    }
}

fn document(title: &str, bar: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (words::PRODUCT) }
                link rel="stylesheet" href={ "/assets/console.css?v=" (assets::STYLE_PRINT) };
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                script src={ "/assets/console.js?v=" (assets::SCRIPT_PRINT) } defer {}
            }
            body {
                a.skip href="#content" { (words::SKIP) }
                (bar)
                (main)
                footer.foot { (words::FOOT) }
            }
        }
    }
}
