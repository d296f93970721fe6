//! Icons and states: a state is always a colour, a shape and a word, never a colour alone.

use maud::{Markup, html};

/// How good or bad a state is: decides its colour and its icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Under way.
    Busy,
    /// Neither.
    Quiet,
}

impl Severity {
    const fn class(self) -> &'static str {
        match self {
            Severity::Good => "state ok",
            Severity::Warn => "state warn",
            Severity::Bad => "state bad",
            Severity::Busy => "state busy",
            Severity::Quiet => "state",
        }
    }
    const fn path(self) -> &'static str {
        match self {
            Severity::Good => "M3 8.5l3.5 3.5L13 4.5",
            Severity::Warn => "M8 2.5L14.5 13.5H1.5zM8 6.5v3.5M8 11.6v.4",
            Severity::Bad => "M4 4l8 8M12 4l-8 8",
            Severity::Busy => "M8 3.5V8l3 2M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
            Severity::Quiet => "M4 8h8",
        }
    }
    /// The icon alone; the words beside it say the same.
    pub(crate) fn icon(self) -> Markup {
        html! {
            svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"
                stroke-linejoin="round" aria-hidden="true" { path d=(self.path()) {} }
        }
    }
}

/// A state: colour, icon and word.
pub(crate) fn state(mood: Severity, word: &str) -> Markup {
    html! { span class=(mood.class()) { (mood.icon()) (word) } }
}

/// A note that stands above what it is about.
pub(crate) fn note(mood: Severity, text: &str) -> Markup {
    let class = match mood {
        Severity::Good => "note ok",
        Severity::Bad | Severity::Warn => "note bad",
        Severity::Busy | Severity::Quiet => "note",
    };
    let role = if mood == Severity::Bad { "alert" } else { "status" };
    html! { div class=(class) role=(role) { (mood.icon()) p { (text) } } }
}

/// The threshold: a door frame seen from the front.
pub(crate) fn mark() -> Markup {
    html! {
        svg viewBox="0 0 26 26" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true" {
            path d="M2 23h22M6 23V5a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v18" {}
            path d="M13 7v16M16.5 14.5v1" {}
        }
    }
}

/// An open door, for the button that opens one.
pub(crate) fn door() -> Markup {
    html! {
        svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true" {
            path d="M3 21h18M6 21V4.5L14 3v18M14 5h4v16M10.5 12v1" {}
        }
    }
}
