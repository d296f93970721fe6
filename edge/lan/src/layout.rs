//! The frame around every page: language, title, the one stylesheet, and the area's script.
//!
//! A page works without anything from another address; what goes into it is escaped by maud.

use crate::words;
use maud::{DOCTYPE, Markup, html};
use protocol::Lang;

/// What stands around a page.
#[derive(Debug, Clone, Copy)]
pub struct PageShell<'a> {
    /// Language of the page.
    pub lang: Lang,
    /// Its title.
    pub title: &'a str,
    /// The area, which is the body's class: `kiosk`, `desk`, `display`, `phone`, `pair` or `admin`.
    pub area: &'static str,
    /// Names of scripts below `/assets`, run once the page is read.
    pub scripts: &'a [&'static str],
}

impl PageShell<'_> {
    /// The whole page.
    pub fn render(&self, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.lang) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/style.css";
                    @for script in self.scripts {
                        script src=(format!("/assets/{script}")) defer {}
                    }
                }
                body class=(self.area) { (content) }
            }
        }
    }
}

/// What stands over a page while the box cannot be reached.
pub fn unreachable(lang: Lang) -> Markup {
    html! {
        div #gone role="alert" { p { (words::one_moment(lang)) } p { (words::tell_staff(lang)) } }
    }
}
