//! K3: a phone number, a name or a booking's code, typed on the screen's own keys.
//!
//! What is typed is kept by the page until "Next" and hidden after five seconds; it stands in no address and no history.

use super::frame::{Back, ByItself, End, Frame, Progress};
use crate::{icon, words};
use maud::{Markup, html};
use protocol::{Lang, queue::Ask};

/// Rows of letters, by what the keyboard is called. Twelve keys of 20 mm are what a low screen is wide.
const LAYOUTS: [(&str, &str, [&str; 3], &str); 3] = [
    ("uz", "Oʻzbek", ["qwertyuiopʻ", "asdfghjklʼ", "zxcvbnm"], "-"),
    ("ru", "Русский", ["йцукенгшщзхъ", "фывапролджэё", "ячсмитьбюўқғ"], "ҳ-"),
    ("en", "English", ["qwertyuiop", "asdfghjkl", "zxcvbnm"], "-'"),
];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A phone number.
    Phone,
    /// A name.
    Name,
    /// The six digits of a booking.
    Code,
}

/// K3. `note` says what was wrong with what was typed.
pub(super) fn ask(lang: Lang, wanted: Wanted, how: Ask, progress: Progress, note: Option<&str>) -> Markup {
    let (title, why, act) = match wanted {
        Wanted::Phone => (words::your_phone(lang), Some(words::your_phone_why(lang)), "phone"),
        Wanted::Name => (words::your_name(lang), Some(words::your_name_why(lang)), "name"),
        Wanted::Code => (words::booking_code(lang), None, "code"),
    };
    let frame = Frame {
        name: "K3",
        lang,
        title,
        why: note.or(why),
        progress: Some(progress),
        back: Back::One,
        end: End::StartOver,
        by_itself: ByItself::Waits,
    };
    let kind = match wanted {
        Wanted::Phone => "phone",
        Wanted::Name => "name",
        Wanted::Code => "code",
    };
    frame.around(&html! {
        div.typing data-kind=(kind) {
            div.typed {
                output aria-live="off" aria-label=(title) {}
                button type="button" data-do="show" hidden { (icon::named("eye")) span { (words::show_again(lang)) } }
            }
            @match wanted {
                Wanted::Phone | Wanted::Code => (pad(lang, wanted)),
                Wanted::Name => (boards(lang)),
            }
            div.on {
                @if how == Ask::Optional { button type="button" data-do=(act) data-value="" { (words::skip(lang)) } }
                button.primary type="button" data-do=(act) data-typed="1" { (words::next(lang)) (icon::named("forward")) }
            }
        }
    })
}

fn pad(lang: Lang, wanted: Wanted) -> Markup {
    html! {
        div.pad {
            @for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] { button type="button" data-key=(digit) { (digit) } }
            @if wanted == Wanted::Phone {
                button.small type="button" data-do="abroad" { (words::other_country(lang)) }
            } @else { span.gap {} }
            button type="button" data-key="0" { "0" }
            button type="button" data-key="erase" aria-label=(words::erase_letter(lang)) { (icon::named("erase")) }
        }
    }
}

fn boards(lang: Lang) -> Markup {
    let first = match lang {
        Lang::UzLatn => "uz",
        Lang::UzCyrl | Lang::Ru => "ru",
        Lang::En => "en",
    };
    html! {
        @for (id, _, rows, last) in LAYOUTS {
            div.board data-board=(id) hidden[id != first] {
                @for row in rows { div.row { @for key in row.chars() { button type="button" data-key=(key) { (key) } } } }
                div.row {
                    @for key in last.chars() { button type="button" data-key=(key) { (key) } }
                    @for (other, name, _, _) in LAYOUTS.iter().filter(|(other, _, _, _)| *other != id) {
                        button.wide type="button" data-do="board" data-value=(other) { (name) }
                    }
                    button.space type="button" data-key=" " aria-label=(words::space_key(lang)) { (words::space_key(lang)) }
                    button.wide type="button" data-key="erase" aria-label=(words::erase_letter(lang)) { (icon::named("erase")) }
                }
            }
        }
    }
}
