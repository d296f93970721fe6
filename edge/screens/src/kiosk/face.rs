//! K0 and K10: what stands on the kiosk while nobody is there, and what it says when it cannot reach the edge.

use super::look::Look;
use crate::{admin, icon, qr, secret, words};
use maud::{Markup, html};
use protocol::{Lang, queue::Branch};

/// What the kiosk shows to whoever comes.
pub(super) fn face(look: &Look, clock: &str) -> Markup {
    match look.branch.as_deref() {
        None => not_set_up(look.lang),
        Some(branch) if !look.is_open() => closed(look, branch, clock),
        Some(_) => attract(look, clock),
    }
}

/// Changes with the face, the time apart: a kiosk that nobody uses loads its page again then.
pub(super) fn mark(look: &Look) -> String {
    let hash = secret::hash(&format!("{}{}", look.branch_name(), face(look, "").into_string()));
    hash.chars().take(12).collect()
}

fn attract(look: &Look, clock: &str) -> Markup {
    html! {
        section.attract data-screen="K0" {
            p.clock { (clock) }
            @if let Some(address) = look.phones() {
                figure { (qr::svg(&address, words::ticket_on_phone(look.lang))) figcaption { (words::ticket_on_phone(look.lang)) } }
            }
            h1 tabindex="-1" { (words::start(look.lang)) }
            div.tongues {
                @for lang in look.languages() {
                    button type="button" lang=(lang) data-do="begin" data-value=(lang) {
                        (words::name_of(*lang)) small { (words::start(*lang)) }
                    }
                }
            }
        }
    }
}

fn closed(look: &Look, branch: &Branch, clock: &str) -> Markup {
    let (lang, draft) = (look.lang, branch.draft());
    html! {
        section.attract data-screen="K10" {
            p.clock { (clock) }
            h1 { (icon::named("door")) " " (words::closed_title(lang)) }
            p.sub {
                @for other in look.languages().iter().filter(|other| **other != lang) { span lang=(other) { (words::closed_title(*other)) } " " }
            }
            @if !draft.hours.is_always() {
                table {
                    caption.unseen { (words::closed_hours(lang)) }
                    tbody {
                        @for (day, _, name) in admin::DAYS {
                            @let slots = admin::slots(&draft.hours, day);
                            tr { th scope="row" { (name(lang)) } td { @if slots.is_empty() { (words::day_off(lang)) } @else { (slots) } } }
                        }
                    }
                }
            }
            @if let Some(phone) = &draft.phone { p.tell { (icon::named("phone")) " " (phone) } }
            p.tell { (words::closed_doors(lang)) }
        }
    }
}

fn not_set_up(lang: Lang) -> Markup {
    html! {
        section.attract data-screen="K10" {
            h1 { (words::not_set_up(lang)) }
            p.sub { (words::see_reception(lang)) }
        }
    }
}

/// Shown over everything while the edge does not answer, in every language: it may be nobody's turn to choose one.
pub(super) fn moment() -> Markup {
    html! {
        div id="moment" role="alert" hidden {
            @for lang in Lang::ALL { p lang=(lang) { (words::one_moment(lang)) } }
            ul { @for lang in Lang::ALL { li lang=(lang) { (words::tell_staff(lang)) } } }
            p.reference { "E-NET-01" }
        }
    }
}
