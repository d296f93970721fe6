//! The screens of the branch: pair one by the code it shows, see them all, take one's right away.

use super::{
    form::{Errors, Form, Kind},
    frame::{self, Note, Tab},
};
use crate::{
    House, branch,
    pairing::{NotPaired, Screen},
    problem::Problem,
    request::Fields,
    session::{Admin, LOGIN},
    when, words,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use protocol::{SpotId, id::ScreenId, queue::Branch};
use std::sync::Arc;

pub(super) async fn page(State(house): State<House>, admin: Admin) -> Result<Response, Problem> {
    show(&house, &admin, &Fields::default(), &Errors::default(), Note::None).await
}

pub(super) async fn pair(State(house): State<House>, admin: Admin, fields: Fields) -> Result<Response, Problem> {
    admin.owns(&fields)?;
    // As people read it to each other: "412 907".
    let code: String = fields.text("code").chars().filter(char::is_ascii_digit).collect();
    let window: Option<SpotId> = fields.read("window");
    let (lang, mut errors) = (admin.lang, Errors::default());
    match house.pairing.pair(&code, fields.text("name"), window, LOGIN).await {
        Ok(screen) => {
            let note = format!("{}: {}", words::screen_paired(lang), screen.settled.name);
            show(&house, &admin, &Fields::default(), &errors, Note::Good(&note)).await
        }
        Err(NotPaired::UnknownCode) => {
            errors.add("code", words::err_code(lang));
            show(&house, &admin, &fields, &errors, Note::Bad(words::not_saved(lang))).await
        }
        Err(NotPaired::WindowNeeded) => {
            errors.add("window", words::err_window(lang));
            show(&house, &admin, &fields, &errors, Note::Bad(words::not_saved(lang))).await
        }
        Err(NotPaired::Kept(refusal)) => Err(refusal.into()),
        Err(NotPaired::Token) => Err(Problem::not_now("The screen cannot be paired now.")),
    }
}

pub(super) async fn revoke(
    State(house): State<House>,
    admin: Admin,
    Path(screen): Path<ScreenId>,
    fields: Fields,
) -> Result<Redirect, Problem> {
    admin.owns(&fields)?;
    house.pairing.revoke(&screen, LOGIN).await?;
    house.hall.forgets(&screen);
    Ok(Redirect::to("/admin/screens"))
}

async fn show(
    house: &House,
    admin: &Admin,
    fields: &Fields,
    errors: &Errors,
    note: Note<'_>,
) -> Result<Response, Problem> {
    let lang = admin.lang;
    let branch = branch::authority(house).await?.branch().cloned();
    let screens = house.pairing.all().await?;
    let form = Form { lang, fields, errors };
    let none = [(String::new(), "—".to_owned())];
    let windows = branch.iter().flat_map(|branch| &branch.draft().windows);
    let windows: Vec<_> = none
        .into_iter()
        .chain(windows.map(|window| (window.id.to_string(), window.number.to_string())))
        .collect();
    let content = html! {
        form.pairing method="post" {
            (frame::token(admin))
            div.fields {
                (form.text("code", words::screen_code(lang), None, Kind::Digits))
                (form.text("name", words::screen_name(lang), None, Kind::Text))
                (form.choice("window", words::screen_window(lang), &windows))
            }
            p { button.primary { (words::screen_pair(lang)) } }
        }
        (table(admin, branch.as_deref(), &screens, house.port.clock().offset_seconds()))
    };
    Ok(frame::signed_in(admin, Tab::Screens, words::tab_screens(lang), note, &content).into_response())
}

fn table(admin: &Admin, branch: Option<&Branch>, screens: &[Arc<Screen>], offset_seconds: i32) -> Markup {
    let lang = admin.lang;
    let number = |screen: &Screen| {
        let window = screen.settled.window.as_ref()?;
        branch?.window(window).map(|window| window.number)
    };
    html! {
        @if screens.is_empty() { p.empty { (words::screens_none(lang)) } } @else {
            table {
                thead { tr { th { (words::screen_name(lang)) } th { "ID" } th { (words::tab_windows(lang)) } th { (words::screen_since(lang)) } th { span.unseen { (words::screen_revoke(lang)) } } } }
                tbody {
                    @for screen in screens {
                        tr {
                            td { (screen.settled.name) br; span.wait { (screen.settled.kind.name(lang)) } }
                            td { (screen.id) }
                            td { @if let Some(number) = number(screen) { (number) } }
                            td { (when::date(screen.settled.since, offset_seconds)) }
                            td {
                                form method="post" action=(format!("/admin/screens/{}/revoke", screen.id)) {
                                    (frame::token(admin))
                                    button { (words::screen_revoke(lang)) span.unseen { " " (screen.settled.name) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
