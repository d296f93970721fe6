//! The desk's page: what stays while its parts change: who sits here, the keys, the menus.

use super::{menus, sign_in};
use crate::{
    live_feed::{BranchSnapshot, WindowState},
    words,
};
use edge_lan::layout::{self, PageShell};
use maud::{Markup, html};
use protocol::{Lang, SpotId};

pub(super) fn page(picture: &BranchSnapshot, window: &SpotId, seat: &WindowState, lang: Lang) -> Markup {
    let number = picture.window_number(window);
    let title = words::desk_window(lang, number);
    let shell = PageShell {
        lang,
        title: &title,
        area: "desk",
        scripts: &["live.js", "desk.js"],
    };
    let operator = picture
        .branch
        .as_ref()
        .and_then(|branch| branch.operator(&seat.operator));
    shell.render(&html! {
        header #desk data-lang=(lang) data-doing=(words::one_moment(lang)) data-unanswered=(words::desk_unanswered(lang)) {
            span.window { (title) }
            @if let Some(operator) = operator { span.who { (operator.name) } }
            span #state {}
            div.room {
                nav.languages aria-label=(words::languages(lang)) { (sign_in::languages(picture)) }
                button type="button" data-menu="pause" { (words::desk_break(lang)) }
                button type="button" data-act="ready" { (words::desk_ready(lang)) }
                button type="button" data-act="sign_out" { (words::desk_sign_out(lang)) }
            }
        }
        aside aria-label=(words::desk_notices(lang)) { div #lines .lines {} div #toasts role="status" {} }
        main {
            h1.unseen { (title) }
            div.column {
                section aria-labelledby="now-title" tabindex="-1" {
                    h2 #now-title { (words::desk_now(lang)) }
                    div #now aria-live="polite" {}
                    (keys(lang))
                    p #said role="status" {}
                    div.more {
                        button type="button" data-act="recycle" { (words::desk_recycle(lang)) }
                        button type="button" data-menu="walk_in" { (words::desk_walk_in(lang)) }
                        button type="button" data-act="copy" { (words::desk_copy(lang)) }
                    }
                }
                section aria-labelledby="side-title" { h2 #side-title { (words::desk_today(lang)) } div #side {} }
            }
            section #waiting aria-labelledby="list-title" tabindex="-1" {
                h2 #list-title { (words::desk_list(lang)) }
                div #list {}
            }
        }
        (menus::menus(picture, window, lang))
        (layout::unreachable(lang))
    })
}

fn keys(lang: Lang) -> Markup {
    let act = |key: &str, act: &str, class: &str, name: &str| {
        html! { button type="button" id=(format!("key-{act}")) class=(class) data-key=(key) data-act=(act) aria-keyshortcuts=(key) { kbd aria-hidden="true" { (key) } (name) } }
    };
    let menu = |key: &str, menu: &str, name: &str| {
        html! { button type="button" id=(format!("key-{menu}")) data-key=(key) data-menu=(menu) aria-keyshortcuts=(key) aria-haspopup="dialog" { kbd aria-hidden="true" { (key) } (name) " ▾" } }
    };
    html! {
        div.keys role="group" aria-label=(words::desk_keys(lang)) {
            (act("F1", "call_next", "main", words::desk_call_next(lang)))
            (act("F2", "recall", "", words::desk_recall(lang)))
            (act("F3", "arrived", "", words::desk_arrived(lang)))
            (act("F4", "no_show", "", words::desk_no_show(lang)))
            (act("F5", "finish", "main", words::desk_finish(lang)))
            (menu("F6", "hold", words::desk_hold(lang)))
            (menu("F7", "transfer", words::desk_transfer(lang)))
            (menu("F8", "add", words::desk_add(lang)))
        }
    }
}
