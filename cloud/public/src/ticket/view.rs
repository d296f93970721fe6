//! What the page shows: small, readable without a script, live with one.

use super::words::{self, TicketText};
use cloud_store::queue::{TicketPhase, TicketRecord};
use maud::{DOCTYPE, Markup, html};
use protocol::Lang;

/// A ticket as its holder sees it.
pub(super) struct TicketPage<'a> {
    pub(super) ticket: &'a TicketRecord,
    /// How many wait before it, where that is known.
    pub(super) ahead: Option<u64>,
    /// Whether the branch is connected.
    pub(super) linked: bool,
}

impl TicketPage<'_> {
    pub(super) fn page(&self, address: &str) -> Markup {
        let lang = self.ticket.lang;
        document(
            lang,
            &self.ticket.number.to_string(),
            &html! {
                main id="now" data-now={ (address) "/now" } aria-live="polite" { (self.content(address)) }
            },
        )
    }

    /// The part that changes.
    pub(super) fn content(&self, address: &str) -> Markup {
        let lang = self.ticket.lang;
        html! {
            p.title { (words::TITLE.get(lang)) }
            p.number { (self.ticket.number) }
            div.state data-state=(self.ticket.state.as_str()) { (self.state()) }
            @if !self.linked && !self.ticket.state.is_over() {
                p.stale role="status" { (words::STALE.get(lang)) " (" (since(self.ticket)) ")" }
            }
            (self.wishes(address))
        }
    }

    fn state(&self) -> Markup {
        let lang = self.ticket.lang;
        let says = |text: TicketText| html! { p.says { (text.get(lang)) } };
        match self.ticket.state {
            TicketPhase::Waiting => match self.ahead {
                Some(0) => says(words::NEXT),
                Some(ahead) => html! { p.says { (words::AHEAD.with(lang, ahead)) } },
                None => html! {},
            },
            TicketPhase::Called => {
                let window = self
                    .ticket
                    .window_number
                    .map_or(String::new(), |number| number.to_string());
                html! { p.says.called { (words::CALLED.with(lang, window)) } }
            }
            TicketPhase::Serving => says(words::SERVING),
            TicketPhase::Held => says(words::HELD),
            TicketPhase::NoShow => says(words::NO_SHOW),
            TicketPhase::Done => says(words::DONE),
            TicketPhase::Cancelled => says(words::CANCELLED),
            TicketPhase::Expired => says(words::EXPIRED),
        }
    }

    /// What its holder may ask for now.
    fn wishes(&self, address: &str) -> Markup {
        let lang = self.ticket.lang;
        match self.ticket.state {
            TicketPhase::Waiting => html! {
                form method="post" action={ (address) "/delay" } { button { (words::MORE_TIME.get(lang)) } }
                form method="post" action={ (address) "/cancel" } { button.plain { (words::CANCEL.get(lang)) } }
            },
            TicketPhase::Called => html! {
                form method="post" action={ (address) "/cancel" } { button.plain { (words::CANCEL.get(lang)) } }
            },
            TicketPhase::Done if self.ticket.score.is_some() => html! { p { (words::THANKS.get(lang)) } },
            TicketPhase::Done => html! {
                form.scores method="post" action={ (address) "/feedback" } {
                    fieldset {
                        legend { (words::HOW_WAS_IT.get(lang)) }
                        @for score in 1..=5_u8 { button name="score" value=(score) { (score) } }
                    }
                }
            },
            TicketPhase::Serving
            | TicketPhase::Held
            | TicketPhase::NoShow
            | TicketPhase::Cancelled
            | TicketPhase::Expired => html! {},
        }
    }
}

/// The time of the last change, by the clock in UTC: the phone's script puts it into the phone's own time.
fn since(ticket: &TicketRecord) -> Markup {
    html! { time datetime=(ticket.changed) { (ticket.changed) } }
}

/// For whoever has no ticket: nothing can be learnt here.
pub(super) fn unknown() -> Markup {
    document(
        Lang::En,
        "—",
        &html! {
            main { @for lang in Lang::ALL { p lang=(lang.tag()) { (words::UNKNOWN.get(lang)) } } }
        },
    )
}

fn document(lang: Lang, title: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="same-origin";
                title { (title) }
                link rel="stylesheet" href="/assets/phone.css";
                noscript { meta http-equiv="refresh" content="10"; }
                script src="/assets/phone.js" defer {}
            }
            body { (main) }
        }
    }
}
