//! The frame around the settings' pages: where one is, the language, the way out.

use crate::{layout::PageShell, session::LocalAdmin, words};
use maud::{Markup, html};
use protocol::Lang;

/// A sentence above the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageNote<'a> {
    /// There is none.
    None,
    /// Something was done.
    Good(&'a str),
    /// Something was not.
    Bad(&'a str),
}

/// A page of somebody who is signed in; `address` is what the language form leads back to, and whose tab is marked.
pub fn signed_in(admin: &LocalAdmin, address: &str, title: &str, note: PageNote<'_>, content: &Markup) -> Markup {
    let lang = admin.lang;
    let shell = PageShell {
        lang,
        title,
        area: "admin",
        scripts: &["upload.js"],
    };
    shell.render(&html! {
        header {
            div.bar {
                h1 { "Ostona · " (words::admin_title(lang)) }
                (language_form(admin, address))
                form method="post" action="/admin/sign-out" { (token(admin)) button { (words::sign_out(lang)) } }
            }
            nav aria-label=(words::admin_title(lang)) {
                @for tab in admin.tabs() {
                    a href=(tab.address) aria-current=[(tab.address == address).then_some("page")] { ((tab.title)(lang)) }
                }
            }
        }
        main {
            h2 { (title) }
            (said(note))
            (content)
        }
    })
}

/// A page of somebody who is not signed in.
pub(super) fn signed_out(lang: Lang, address: &str, title: &str, note: PageNote<'_>, content: &Markup) -> Markup {
    let shell = PageShell {
        lang,
        title,
        area: "admin",
        scripts: &[],
    };
    shell.render(&html! {
        header {
            div.bar {
                h1 { "Ostona" }
                nav.tongues aria-label=(words::languages(lang)) {
                    @for other in Lang::ALL {
                        a href=(format!("{address}?lang={other}")) lang=(other) aria-current=[(other == lang).then_some("true")] { (words::name_of(other)) }
                    }
                }
            }
        }
        main.narrow {
            h2 { (title) }
            (said(note))
            (content)
        }
    })
}

fn said(note: PageNote<'_>) -> Markup {
    match note {
        PageNote::None => html! {},
        PageNote::Good(says) => html! { p.note.good role="status" { span aria-hidden="true" { "✔ " } (says) } },
        PageNote::Bad(says) => html! { p.note.bad role="alert" { span aria-hidden="true" { "✖ " } (says) } },
    }
}

fn language_form(admin: &LocalAdmin, address: &str) -> Markup {
    html! {
        form.tongues method="post" action="/admin/language" {
            (token(admin))
            input type="hidden" name="to" value=(address);
            @for lang in Lang::ALL {
                button name="lang" value=(lang) lang=(lang) aria-pressed=(if lang == admin.lang { "true" } else { "false" }) { (words::name_of(lang)) }
            }
        }
    }
}

/// What every form carries.
pub fn token(admin: &LocalAdmin) -> Markup {
    html! { input type="hidden" name="form" value=(admin.form); }
}
