//! The ticket's page and its card, one column for a small screen.

use crate::{
    live_feed::{BranchSnapshot, TicketView},
    words,
};
use edge_lan::{
    layout::{self, PageShell},
    local_time,
};
use edge_queue::{State, TicketEnding, TicketPhase};
use maud::{Markup, html};
use protocol::{Lang, Timestamp};

/// Faces for 1 to 5; each has its words for whoever cannot see it.
const FACES: [&str; 5] = ["1", "2", "3", "4", "5"];

pub(super) fn page(picture: &BranchSnapshot, look: &TicketView, said: Option<&str>) -> Markup {
    let lang = look.ticket.lang;
    let title = title(look);
    let shell = PageShell {
        lang,
        title: &title,
        area: "phone",
        scripts: &["live.js", "phone.js"],
    };
    let name = picture
        .branch
        .as_ref()
        .map_or("Ostona", |branch| branch.draft().name.get(lang));
    shell.render(&html! {
        @if !look.ticket.is_over() { noscript { meta http-equiv="refresh" content="15"; } }
        main {
            h1 { (name) }
            @if let Some(said) = said { p.said role="alert" { (said) } }
            div #ticket data-state=(word(look)) aria-live="polite" { (card(picture, look)) }
            p #age { (words::phone_age(lang)) " " b {} }
            (layout::unreachable(lang))
        }
    })
}

/// A sentence in every language: nobody knows whose phone it is.
pub(super) fn message_page(says: fn(Lang) -> &'static str) -> Markup {
    let shell = PageShell {
        lang: Lang::default(),
        title: "Ostona",
        area: "phone",
        scripts: &[],
    };
    shell.render(&html! {
        main {
            h1 { "Ostona" }
            div.card { @for lang in Lang::ALL { p.state lang=(lang) { (says(lang)) } } }
        }
    })
}

/// `K-001 · 3`: what a phone shows in its list of pages.
pub(super) fn title(look: &TicketView) -> String {
    match look.ahead {
        Some(ahead) => format!("{} · {ahead}", look.ticket.number),
        None => look.ticket.number.to_string(),
    }
}

/// The state's word, for the script.
pub(super) fn word(look: &TicketView) -> &'static str {
    match look.ticket.phase() {
        TicketPhase::Waiting => "waiting",
        TicketPhase::Called => "called",
        TicketPhase::Serving => "serving",
        TicketPhase::Held => "held",
        TicketPhase::NoShow => "no_show",
        TicketPhase::Done | TicketPhase::Cancelled | TicketPhase::Expired => "over",
    }
}

/// The same until somebody calls again.
pub(super) fn call(look: &TicketView) -> String {
    match &look.ticket.state {
        State::Called { window, attempt, .. } => format!("{window}-{attempt}"),
        State::Waiting | State::Serving { .. } | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => {
            String::new()
        }
    }
}

/// What is replaced as the ticket changes.
pub(super) fn card(picture: &BranchSnapshot, look: &TicketView) -> Markup {
    let lang = look.ticket.lang;
    let class = match look.ticket.phase() {
        TicketPhase::Called => "called",
        TicketPhase::Done | TicketPhase::Cancelled | TicketPhase::Expired => "over",
        TicketPhase::Waiting | TicketPhase::Serving | TicketPhase::Held | TicketPhase::NoShow => "",
    };
    html! {
        div.card.(class) {
            p.what { (words::your_number(lang)) }
            p.number { (look.ticket.number) }
            p.what { (picture.service_name(&look.ticket.service, lang)) }
            (state(picture, look, lang))
        }
        (ways(look, lang))
    }
}

fn state(picture: &BranchSnapshot, look: &TicketView, lang: Lang) -> Markup {
    let window = u32::from(look.window.unwrap_or(0));
    let text = match &look.ticket.state {
        State::Waiting => return waiting(look, lang),
        State::Called { .. } => words::called(lang, window),
        State::Serving { .. } => words::phone_serving(lang, window),
        State::Held { until } => words::phone_held(lang, at(picture, *until)),
        State::NoShow { until } => words::phone_no_show(lang, at(picture, *until)),
        State::Ended { how } => match how {
            TicketEnding::Done => words::phone_done(lang),
            TicketEnding::Cancelled => words::phone_cancelled(lang),
            TicketEnding::Expired => words::phone_expired(lang),
        }
        .to_owned(),
    };
    html! { p.state { (text) } }
}

fn waiting(look: &TicketView, lang: Lang) -> Markup {
    let ahead = look.ahead.unwrap_or(0);
    html! {
        p.state { @if ahead == 0 { (words::phone_next(lang)) } @else { (words::ahead(lang, ahead)) } }
        @if let Some(wait) = look.wait { p.range { (words::wait(lang, wait.lo_min.into(), wait.hi_min.into())) } }
    }
}

/// What its holder may do now.
fn ways(look: &TicketView, lang: Lang) -> Markup {
    let form = |act: &str, content: Markup| html! { form method="post" { input type="hidden" name="act" value=(act); (content) } };
    let ticket = &look.ticket;
    let may_delay = ticket.state == State::Waiting && ticket.delayed_at.is_none();
    let may_cancel = !ticket.is_over() && ticket.phase() != TicketPhase::Serving;
    let may_score = !ticket.served.is_empty() && ticket.score.is_none();
    html! {
        @if may_delay { (form("delay", html! { button { (words::phone_delay(lang)) } })) }
        @if ticket.delayed_at.is_some() && ticket.state == State::Waiting { p.said { (words::phone_delayed(lang)) } }
        @if may_score && ticket.is_over() {
            (form("score", html! {
                p.what { (words::phone_how(lang)) }
                div.scores { @for (at, face) in FACES.iter().enumerate() {
                    button name="score" value=(at + 1) aria-label=(words::phone_score(lang, u32::try_from(at + 1).unwrap_or(0))) { (face) }
                } }
                p.what { (words::phone_score_scale(lang)) }
            }))
        }
        @if ticket.score.is_some() { p.said role="status" { (words::phone_thanks(lang)) } }
        @if may_cancel {
            details {
                summary { (words::phone_cancel(lang)) }
                (form("cancel", html! { p.what { (words::phone_cancel_sure(lang)) } button { (words::phone_cancel_yes(lang)) } }))
            }
        }
    }
}

/// The time of day at the site.
fn at(picture: &BranchSnapshot, moment: Timestamp) -> String {
    local_time::time(moment, picture.moment.offset_seconds)
}
