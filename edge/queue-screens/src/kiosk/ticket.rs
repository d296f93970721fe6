//! K4 and K9: the number, and what becomes of its paper. The number counts whatever the printer does.

use crate::words;
use edge_kiosk::frame::{BackButton, EndButton, IdleAction, KioskFrame};
use edge_lan::{icon, qr};
use maud::{Markup, html};
use protocol::{
    Lang,
    queue::{TicketNumber, WaitRange},
};

/// Seconds until the screen is the next person's.
const RETURNS: u32 = 15;
/// The same where the number must be written down or photographed.
const RETURNS_LATER: u32 = 45;

/// A ticket as its holder sees it.
#[derive(Debug, Clone)]
pub(super) struct KioskTicket {
    pub(super) number: TicketNumber,
    pub(super) service: String,
    pub(super) ahead: u32,
    pub(super) wait: Option<WaitRange>,
    /// Address of its page for the holder's phone, where there is one.
    pub(super) page: Option<String>,
    pub(super) paper: TicketPaperState,
    pub(super) again: Reprint,
}

/// What became of its paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TicketPaperState {
    /// On its way.
    Printing,
    /// It lies in the tray.
    Printed,
    /// It does not come; why, and the reference for staff.
    Fault(PaperFault),
    /// The branch has no printer.
    None,
}

/// Why there is no paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PaperFault {
    /// The roll is used up.
    NoPaper,
    /// The cover is open.
    Cover,
    /// It does not answer.
    Silent,
    /// Anything else.
    Other,
}

impl PaperFault {
    /// From the reason a print failed with.
    pub(super) fn of(reason: Option<&str>) -> Self {
        match reason {
            Some("paper_out") => PaperFault::NoPaper,
            Some("cover_open") => PaperFault::Cover,
            Some("offline" | "no_answer") => PaperFault::Silent,
            Some(_) | None => PaperFault::Other,
        }
    }

    /// What staff look up; it stands small in a corner.
    fn reference(self) -> &'static str {
        match self {
            PaperFault::Other => "E-PR-01",
            PaperFault::Cover => "E-PR-02",
            PaperFault::NoPaper => "E-PR-03",
            PaperFault::Silent => "E-PR-04",
        }
    }
}

/// Whether it may be printed once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reprint {
    /// It may.
    Once,
    /// It was, or there is nothing to print with.
    No,
}

/// K4, or K9 where its paper does not come.
pub(super) fn ticket(lang: Lang, shown: &KioskTicket) -> Markup {
    let (name, title, by_itself) = match shown.paper {
        TicketPaperState::Printing => ("K4", words::your_number(lang), IdleAction::Looks(RETURNS)),
        TicketPaperState::Printed | TicketPaperState::None => {
            ("K4", words::your_number(lang), IdleAction::Returns(RETURNS))
        }
        TicketPaperState::Fault(_) => ("K9", words::your_number(lang), IdleAction::Returns(RETURNS_LATER)),
    };
    let may_print = shown.again == Reprint::Once && shown.paper == TicketPaperState::Printed;
    let back = if may_print {
        BackButton::PrintsAgain
    } else {
        BackButton::None
    };
    let frame = KioskFrame {
        name,
        lang,
        title,
        subtitle: None,
        progress: None,
        back,
        end: EndButton::Done,
        idle_action: by_itself,
    };
    frame.render(&html! {
        div.ticket {
            p.number { (shown.number) }
            div.about {
                p.for { (shown.service) }
                p { (words::ahead(lang, shown.ahead)) }
                @if let Some(range) = shown.wait { p { (words::wait(lang, range.lo_min.into(), range.hi_min.into())) } }
                (paper(lang, shown.paper))
            }
            @if let Some(page) = &shown.page {
                figure { (qr::svg(page, words::on_your_phone(lang))) figcaption { (words::on_your_phone(lang)) } }
            }
            div.runs aria-hidden="true" { span {} }
        }
    })
}

fn paper(lang: Lang, paper: TicketPaperState) -> Markup {
    match paper {
        TicketPaperState::Printing => {
            html! { p.paper.wait role="status" { (icon::named("printer")) span { (words::printing(lang)) } } }
        }
        TicketPaperState::Printed => {
            html! { p.paper.good role="status" { (icon::named("done")) span { (words::take_ticket(lang)) } } }
        }
        TicketPaperState::None => {
            html! { p.paper.wait role="status" { (icon::named("phone")) span { (words::photograph_screen(lang)) } } }
        }
        TicketPaperState::Fault(fault) => {
            let says = match fault {
                PaperFault::NoPaper => words::no_paper(lang),
                PaperFault::Cover | PaperFault::Silent | PaperFault::Other => words::printer_fault(lang),
            };
            html! {
                div.paper.fault role="alert" {
                    (icon::named("warning"))
                    div { p { (says) } p { (words::number_is_valid(lang)) } p { (words::photograph_screen(lang)) } }
                }
                p.reference { (fault.reference()) }
            }
        }
    }
}
