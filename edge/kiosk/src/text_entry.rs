//! K3: a phone number, a name or a code, typed on the screen's own keys.
//!
//! What is typed is kept by the page until "Next" and hidden after five seconds; it stands in no address and no history.

use crate::frame::{BackButton, EndButton, IdleAction, KioskFrame, StepProgress};
use crate::words;
use edge_lan::icon;
use maud::{Markup, html};
use protocol::Lang;

/// Rows of letters, by what the keyboard is called. Twelve keys of 20 mm are what a low screen is wide.
const LAYOUTS: [(&str, &str, [&str; 3], &str); 3] = [
    ("uz", "Oʻzbek", ["qwertyuiopʻ", "asdfghjklʼ", "zxcvbnm"], "-"),
    ("ru", "Русский", ["йцукенгшщзхъ", "фывапролджэё", "ячсмитьбюўқғ"], "ҳ-"),
    ("en", "English", ["qwertyuiop", "asdfghjkl", "zxcvbnm"], "-'"),
];

/// Which keys there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyboardKind {
    /// Digits, and the way to another country's number.
    Phone,
    /// Letters.
    Name,
    /// Digits.
    Code,
}

/// Whether it may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipRule {
    /// It may.
    Allowed,
    /// It may not.
    Refused,
}

/// Something that is typed.
#[derive(Debug)]
pub struct TextEntry<'a> {
    /// The language of the visit.
    pub lang: Lang,
    /// What is asked.
    pub title: &'a str,
    /// One sentence below it: what for, or what was wrong with what was typed.
    pub subtitle: Option<&'a str>,
    /// The word of the touch that sends it; nothing typed: it was skipped.
    pub act: &'a str,
    /// Which keys there are.
    pub keys: KeyboardKind,
    /// Whether it may be left out.
    pub skip: SkipRule,
    /// How far along.
    pub progress: StepProgress,
}

impl TextEntry<'_> {
    /// K3.
    pub fn screen(&self) -> Markup {
        let (lang, act) = (self.lang, self.act);
        let frame = KioskFrame {
            name: "K3",
            lang,
            title: self.title,
            subtitle: self.subtitle,
            progress: Some(self.progress),
            back: BackButton::One,
            end: EndButton::StartOver,
            idle_action: IdleAction::Waits,
        };
        let kind = match self.keys {
            KeyboardKind::Phone => "phone",
            KeyboardKind::Name => "name",
            KeyboardKind::Code => "code",
        };
        frame.render(&html! {
        div.typing data-kind=(kind) {
            div.typed {
                output aria-live="off" aria-label=(self.title) {}
                button type="button" data-do="show" hidden { (icon::named("eye")) span { (words::show_again(lang)) } }
            }
            @match self.keys {
                KeyboardKind::Phone | KeyboardKind::Code => (pad(lang, self.keys)),
                KeyboardKind::Name => (boards(lang)),
            }
            div.on {
                @if self.skip == SkipRule::Allowed { button type="button" data-do=(act) data-value="" { (words::skip(lang)) } }
                button.primary type="button" data-do=(act) data-typed="1" { (words::next(lang)) (icon::named("forward")) }
            }
        }
    })
    }
}

fn pad(lang: Lang, keys: KeyboardKind) -> Markup {
    html! {
        div.pad {
            @for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] { button type="button" data-key=(digit) { (digit) } }
            @if keys == KeyboardKind::Phone {
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
