//! K1, the way to a person, and what the kiosk says when it cannot reach the edge.

use crate::{
    flow::HomeCard,
    frame::{BackButton, EndButton, IdleAction, KioskFrame},
    words,
};
use edge_lan::icon;
use maud::{Markup, html};
use protocol::Lang;

/// K1: what somebody came for.
pub(crate) fn need(lang: Lang, cards: &[HomeCard]) -> Markup {
    let frame = KioskFrame {
        name: "K1",
        lang,
        title: words::what_do_you_need(lang),
        subtitle: None,
        progress: None,
        back: BackButton::None,
        end: EndButton::StartOver,
        idle_action: IdleAction::Waits,
    };
    let staff = HomeCard {
        act: "staff",
        icon: "bell",
        name: words::call_staff(lang),
    };
    frame.render(&html! {
        div.needs {
            @for card in cards.iter().chain([&staff]) {
                button.card type="button" data-do=(card.act) { (icon::named(card.icon)) strong { (card.name) } }
            }
        }
    })
}

/// Somebody is on their way.
pub(crate) fn staff(lang: Lang) -> Markup {
    let frame = KioskFrame {
        name: "K1-staff",
        lang,
        title: words::staff_comes(lang),
        subtitle: Some(words::staff_comes_why(lang)),
        progress: None,
        back: BackButton::One,
        end: EndButton::StartOver,
        idle_action: IdleAction::Returns(30),
    };
    frame.render(&html! { div.comes { (icon::named("bell")) } })
}

/// Shown over everything while the edge does not answer, in every language: it may be nobody's turn to choose one.
pub(crate) fn unreachable() -> Markup {
    html! {
        div id="moment" role="alert" hidden {
            @for lang in Lang::ALL { p lang=(lang) { (words::one_moment(lang)) } }
            ul { @for lang in Lang::ALL { li lang=(lang) { (words::tell_staff(lang)) } } }
            p.reference { "E-NET-01" }
        }
    }
}
