//! K0 and K10: what stands on the kiosk while nobody is there.

use super::overview::Overview;
use crate::{settings, words};
use edge_lan::{icon, qr};
use maud::{Markup, html};
use protocol::{Lang, queue::Branch};

/// What the kiosk shows to whoever comes.
pub(super) fn screen(overview: &Overview, clock: &str) -> Markup {
    match overview.branch.as_deref() {
        None => not_set_up(overview.lang),
        Some(branch) if !overview.is_open() => closed(overview, branch, clock),
        Some(_) => attract(overview, clock),
    }
}

fn attract(overview: &Overview, clock: &str) -> Markup {
    html! {
        section.attract data-screen="K0" {
            p.clock { (clock) }
            @if let Some(address) = overview.phones() {
                figure { (qr::svg(&address, words::ticket_on_phone(overview.lang))) figcaption { (words::ticket_on_phone(overview.lang)) } }
            }
            h1 tabindex="-1" { (words::start(overview.lang)) }
            div.tongues {
                @for lang in overview.languages() {
                    button type="button" lang=(lang) data-do="begin" data-value=(lang) {
                        (words::name_of(*lang)) small { (words::start(*lang)) }
                    }
                }
            }
        }
    }
}

fn closed(overview: &Overview, branch: &Branch, clock: &str) -> Markup {
    let (lang, draft) = (overview.lang, branch.draft());
    html! {
        section.attract data-screen="K10" {
            p.clock { (clock) }
            h1 { (icon::named("door")) " " (words::closed_title(lang)) }
            p.sub {
                @for other in overview.languages().iter().filter(|other| **other != lang) { span lang=(other) { (words::closed_title(*other)) } " " }
            }
            @if !draft.hours.is_always() {
                table {
                    caption.unseen { (words::closed_hours(lang)) }
                    tbody {
                        @for (day, _, name) in settings::weekdays() {
                            @let slots = settings::slots(&draft.hours, day);
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
