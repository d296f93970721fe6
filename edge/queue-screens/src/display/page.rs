//! The display's page: places that its script fills, and words around them.

use crate::{live_feed::BranchSnapshot, words};
use edge_lan::layout::{self, PageShell};
use maud::{Markup, PreEscaped, html};
use protocol::Lang;

/// Which way a window is: shafts and heads of arrows on a field of 100 by 100.
const WAYS: &[(&str, &str)] = &[
    ("none", ""),
    ("left", "M88 50H14M44 18 12 50l32 32"),
    ("right", "M12 50h74M56 18l32 32-32 32"),
    ("ahead", "M50 90V14M18 44 50 12l32 32"),
    ("up", "M8 92h22V70h22V48h22V26h20M18 56V14M4 28 18 12l14 16"),
    ("down", "M8 26h22v22h22v22h22v22h20M82 8v42M68 36l14 16 14-16"),
];

pub(super) fn page(picture: &BranchSnapshot, lang: Lang) -> Markup {
    let branch = picture.branch.as_ref();
    let name = branch.map_or("Ostona", |branch| branch.draft().name.get(lang));
    let shell = PageShell {
        lang,
        title: name,
        area: "display",
        scripts: &["live.js", "display.js"],
    };
    // Two languages stand in the head of the table: the page's, and the next one calls are made in.
    let other = branch.and_then(|branch| branch.draft().announce.iter().copied().find(|other| *other != lang));
    let both = |word: fn(Lang) -> &'static str| match other.map(word).filter(|other| *other != word(lang)) {
        Some(other) => format!("{} · {other}", word(lang)),
        None => word(lang).to_owned(),
    };
    shell.render(&html! {
        main {
            h1.unseen { (name) }
            div #calls-head {
                span.of-number { (both(words::ticket)) }
                span.of-window { (both(words::window)) }
            }
            div #calls aria-live="polite" {}
            div #welcome { p { (words::display_welcome(lang)) } }
            div #side {
                div #place { (name) }
                div #clock { span #date {} span #time {} }
                div #media {}
                div #wait { h2 { (words::people_waiting(lang)) } ul #waiting {} }
            }
        }
        p #notice role="status" {}
        p #silent { (words::display_silent(lang)) }
        div #emergency role="alert" {}
        (layout::unreachable(lang))
        @for (name, path) in WAYS {
            div hidden id=(format!("way-{name}")) {
                @if !path.is_empty() {
                    (PreEscaped(format!("<svg viewBox='0 0 100 100' aria-hidden='true'><path d='{path}'/></svg>")))
                }
            }
        }
    })
}
