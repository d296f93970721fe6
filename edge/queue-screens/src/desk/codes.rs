//! The menu of closing codes: what "Finish" asks for where the service wants it.

use crate::words;
use maud::{Markup, html};
use protocol::{
    Lang,
    queue::{Requirement, Service},
};

/// Whether finishing this service opens the menu.
pub(super) fn are_asked_for(service: &Service) -> bool {
    service.outcome != Requirement::No && !service.outcomes.is_empty()
}

pub(super) fn choices(service: &Service, lang: Lang) -> Markup {
    html! {
        form {
            input type="hidden" name="act" value="finish";
            div.choices {
                @for (at, code) in service.outcomes.iter().enumerate() {
                    button name="outcome" value=(code.code) data-digit=(at + 1) { kbd { (at + 1) } (code.name.get(lang)) }
                }
                @if service.outcome == Requirement::Optional {
                    button name="outcome" value="" data-digit="0" { kbd { "0" } (words::desk_no_code(lang)) }
                }
            }
        }
    }
}
