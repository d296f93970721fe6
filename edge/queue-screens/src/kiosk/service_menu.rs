//! What K1 offers, and K2: what somebody came for.

use crate::words;
use edge_kiosk::frame::{BackButton, EndButton, IdleAction, KioskFrame, StepProgress};
use edge_lan::icon;
use maud::{Markup, html};
use protocol::{
    Lang,
    id::ServiceId,
    queue::{TimeOfDay, WaitRange},
    text::IconName,
};

/// Services on one page: all of it is reached without scrolling, on a low screen too.
const PER_PAGE: usize = 6;

/// What can be had at the kiosk besides a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BookingsToday {
    /// Somebody may have come for an agreed time.
    Some,
    /// Nobody has one today.
    None,
}

/// What K1 offers.
pub(super) fn cards(lang: Lang, bookings: BookingsToday) -> Vec<edge_kiosk::HomeCard> {
    let ticket = edge_kiosk::HomeCard {
        act: "ticket",
        icon: "ticket",
        name: words::get_ticket(lang),
    };
    let booking = edge_kiosk::HomeCard {
        act: "booking",
        icon: "calendar",
        name: words::have_booking(lang),
    };
    match bookings {
        BookingsToday::Some => vec![ticket, booking],
        BookingsToday::None => vec![ticket],
    }
}

/// A service as it stands on a card.
#[derive(Debug, Clone)]
pub(super) struct ServiceCard {
    pub(super) id: ServiceId,
    pub(super) icon: Option<IconName>,
    pub(super) name: String,
    pub(super) now: Availability,
}

/// Whether a service takes tickets, and how long that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Availability {
    /// It does.
    Open {
        waiting: u32,
        wait: Option<WaitRange>,
        windows: u32,
    },
    /// It does not, until then where that is today.
    Closed { opens: Option<TimeOfDay> },
}

/// K2, one page of it. `note` says why somebody is here again.
pub(super) fn services(lang: Lang, cards: &[ServiceCard], page: usize, steps: u32, note: Option<&str>) -> Markup {
    let pages = cards.len().div_ceil(PER_PAGE).max(1);
    let page = page.min(pages - 1);
    let frame = KioskFrame {
        name: "K2",
        lang,
        title: words::choose_service(lang),
        subtitle: note,
        progress: Some(StepProgress { at: 1, of: steps }),
        back: BackButton::One,
        end: EndButton::StartOver,
        idle_action: IdleAction::Waits,
    };
    frame.render(&html! {
        div.services {
            @for card in cards.iter().skip(page * PER_PAGE).take(PER_PAGE) { (service(lang, card)) }
        }
        @if pages > 1 { (pager(lang, page, pages)) }
    })
}

fn service(lang: Lang, card: &ServiceCard) -> Markup {
    let drawing = icon::named(card.icon.as_ref().map_or("ticket", IconName::as_str));
    match card.now {
        Availability::Open { waiting, wait, windows } => html! {
            button.card type="button" data-do="service" data-value=(card.id) {
                (drawing)
                strong { (card.name) }
                span.facts {
                    @if waiting == 0 { span { (words::nobody_waits(lang)) } } @else { span { (words::waiting(lang, waiting)) } }
                    @if let Some(range) = wait { span { (minutes(lang, range)) } }
                    @if windows > 0 { span { (words::windows_open(lang, windows)) } }
                }
            }
        },
        Availability::Closed { opens } => html! {
            div.card.closed role="group" aria-label=(card.name) {
                (icon::named("clock"))
                strong { (card.name) }
                span.facts {
                    @match opens {
                        Some(at) => span { (words::opens_at(lang, at)) },
                        None => span { (words::closed_now(lang)) },
                    }
                }
            }
        },
    }
}

/// `~12–18 min`.
pub(super) fn minutes(lang: Lang, range: WaitRange) -> String {
    if range.lo_min == range.hi_min {
        words::minutes_about(lang, range.lo_min.into())
    } else {
        words::minutes_range(lang, range.lo_min.into(), range.hi_min.into())
    }
}

fn pager(lang: Lang, page: usize, pages: usize) -> Markup {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    html! {
        div.pager {
            @if page > 0 {
                button type="button" data-do="page" data-value=(page - 1) { (icon::named("back")) span { (words::earlier_page(lang)) } }
            } @else { span.gap {} }
            p { (words::page(lang, number(page + 1), number(pages))) }
            @if page + 1 < pages {
                button type="button" data-do="page" data-value=(page + 1) { span { (words::later_page(lang)) } (icon::named("forward")) }
            } @else { span.gap {} }
        }
    }
}
