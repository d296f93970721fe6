//! What stands around each screen of the kiosk: where we are, the question, and the ways out in their fixed places.

use crate::words;
use edge_lan::icon;
use maud::{Markup, html};
use protocol::Lang;

/// How far along: `2/3`.
#[derive(Debug, Clone, Copy)]
pub struct StepProgress {
    /// This step, from 1.
    pub at: u32,
    /// How many there are.
    pub of: u32,
}

/// One screen.
#[derive(Debug)]
pub struct KioskFrame<'a> {
    /// Its name in the design, e.g. `K2`.
    pub name: &'static str,
    /// The language of the visit.
    pub lang: Lang,
    /// What is asked, or said.
    pub title: &'a str,
    /// One sentence below it.
    pub subtitle: Option<&'a str>,
    /// How far along.
    pub progress: Option<StepProgress>,
    /// What stands in the first place of the ways out.
    pub back: BackButton,
    /// What the way to the start is called.
    pub end: EndButton,
    /// What the page does by itself.
    pub idle_action: IdleAction,
}

/// The first of the ways out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackButton {
    /// Leads one screen back.
    One,
    /// There is nothing to go back to.
    None,
    /// Prints the ticket once more instead.
    PrintsAgain,
}

/// The way to the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndButton {
    /// Something was begun.
    StartOver,
    /// Somebody has what they came for.
    Done,
}

/// What a screen does without a touch, besides the time-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleAction {
    /// Nothing.
    Waits,
    /// Goes back to the start after so many seconds.
    Returns(u32),
    /// The same, and asks every second whether there is something new.
    Looks(u32),
}

impl KioskFrame<'_> {
    /// The screen around what it is about.
    pub fn render(&self, content: &Markup) -> Markup {
        let lang = self.lang;
        let (returns, looks) = match self.idle_action {
            IdleAction::Waits => (None, None),
            IdleAction::Returns(seconds) => (Some(seconds), None),
            IdleAction::Looks(seconds) => (Some(seconds), Some("1")),
        };
        html! {
            section.screen lang=(lang) data-screen=(self.name) data-returns=[returns] data-looks=[looks] {
                div.question {
                    @if let Some(StepProgress { at, of }) = self.progress { p.progress { (words::step(lang, at, of)) } }
                    h1 tabindex="-1" { (self.title) }
                    @if let Some(why) = self.subtitle { p.why { (why) } }
                }
                div.content { (content) }
                nav.ways aria-label=(words::ways_out(lang)) {
                    @match self.back {
                        BackButton::One => button type="button" data-do="back" { (icon::named("back")) span { (words::back(lang)) } },
                        BackButton::PrintsAgain => button type="button" data-do="again" { (icon::named("printer")) span { (words::print_again(lang)) } },
                        BackButton::None => span.gap {},
                    }
                    @match self.end {
                        EndButton::StartOver => button type="button" data-do="end" { (icon::named("again")) span { (words::start_over(lang)) } },
                        EndButton::Done => button.primary type="button" data-do="end" { (icon::named("done")) span { (words::done(lang)) } },
                    }
                    button type="button" data-do="staff" { (icon::named("bell")) span { (words::call_staff(lang)) } }
                    button.reach type="button" data-do="reach" {
                        span.lower { (icon::named("down")) span { (words::reach_down(lang)) } }
                        span.higher { (icon::named("up")) span { (words::reach_up(lang)) } }
                    }
                }
                (still_here(lang))
            }
        }
    }
}

/// K8, hidden until nobody has touched the screen for a minute.
fn still_here(lang: Lang) -> Markup {
    html! {
        div.still role="alertdialog" aria-label=(words::still_here(lang)) data-screen="K8" hidden {
            div.ring aria-hidden="true" { svg viewBox="0 0 120 120" { circle cx="60" cy="60" r="52" {} circle.left cx="60" cy="60" r="52" pathLength="100" {} } span.seconds { "20" } }
            p.asks { (words::still_here(lang)) }
            p.over hidden { (words::time_is_up(lang)) }
            button.primary type="button" data-do="stay" { (words::need_time(lang)) }
            button type="button" data-do="end" { (words::start_over(lang)) }
        }
    }
}
