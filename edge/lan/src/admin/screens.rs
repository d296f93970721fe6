//! The screens of the site: pair one by the code it shows, see them all, take one's right away.

use super::{
    form::{FieldKind, FormErrors, HtmlForm},
    frame::{self, PageNote},
};
use crate::{
    LanState,
    area::SCREENS,
    local_time,
    pairing::{PairingError, Screen, SpotChoice, SpotField, SpotReplacement},
    problem::Problem,
    request::FormFields,
    session::{LOGIN, LocalAdmin},
    words,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use protocol::{Lang, SpotId, id::ScreenId};
use std::sync::Arc;

/// The box to tick where a screen is to be replaced, and that it was asked about.
const REPLACE: &str = "replace";
const ASKED: &str = "asked";

pub(super) async fn page(State(lan): State<LanState>, admin: LocalAdmin) -> Result<Response, Problem> {
    show(
        &lan,
        &admin,
        &FormFields::default(),
        &FormErrors::default(),
        PageNote::None,
    )
    .await
}

pub(super) async fn pair(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    // As people read it to each other: "412 907".
    let code: String = fields.text("code").chars().filter(char::is_ascii_digit).collect();
    let spot: Option<SpotId> = fields.read("window");
    let (lang, mut errors) = (admin.lang, FormErrors::default());
    let replacement = if fields.has(REPLACE) {
        SpotReplacement::Confirmed
    } else {
        SpotReplacement::Refused
    };
    let paired = lan.pairing().pair(&code, fields.text("name"), spot, replacement, LOGIN);
    match paired.await {
        Ok(screen) => {
            let note = format!("{}: {}", words::screen_paired(lang), screen.record.name);
            show(&lan, &admin, &FormFields::default(), &errors, PageNote::Good(&note)).await
        }
        Err(PairingError::UnknownCode) => {
            errors.add("code", words::err_code(lang));
            show(&lan, &admin, &fields, &errors, PageNote::Bad(words::not_saved(lang))).await
        }
        Err(PairingError::SpotNeeded(kind)) => {
            errors.add("window", kind.spot.as_ref().map_or("", |spot| (spot.missing)(lang)));
            show(&lan, &admin, &fields, &errors, PageNote::Bad(words::not_saved(lang))).await
        }
        Err(PairingError::SpotTaken(taken)) => {
            let asked = fields.with(ASKED, "");
            let note = taken_note(&lan, lang, &taken).await?;
            show(&lan, &admin, &asked, &errors, PageNote::Bad(&note)).await
        }
        Err(PairingError::Storage(refusal)) => Err(refusal.into()),
        Err(PairingError::Token) => Err(Problem::not_now("The screen cannot be paired now.")),
    }
}

/// What the spot's screen is called, and who is there.
async fn taken_note(lan: &LanState, lang: Lang, taken: &Screen) -> Result<String, Problem> {
    let name = taken.record.name.to_string();
    let occupant = match (&taken.kind.spot, &taken.record.spot) {
        (Some(field), Some(spot)) => (field.occupant)(lan, spot).await?,
        (_, _) => None,
    };
    Ok(match occupant {
        Some(occupant) => words::screen_taken_by(lang, name, occupant),
        None => words::screen_taken(lang, name),
    })
}

pub(super) async fn revoke(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    Path(screen): Path<ScreenId>,
    fields: FormFields,
) -> Result<Redirect, Problem> {
    admin.check_form_token(&fields)?;
    lan.pairing().revoke(&screen, LOGIN).await?;
    Ok(Redirect::to("/admin/screens"))
}

async fn show(
    lan: &LanState,
    admin: &LocalAdmin,
    fields: &FormFields,
    errors: &FormErrors,
    note: PageNote<'_>,
) -> Result<Response, Problem> {
    let lang = admin.lang;
    let spots = spots(lan).await?;
    let screens = lan.pairing().all().await?;
    let form = HtmlForm { lang, fields, errors };
    let none = [(String::new(), "—".to_owned())];
    let choices = spots.iter().flat_map(|(_, choices)| choices);
    let choices: Vec<_> = none
        .into_iter()
        .chain(choices.map(|choice| (choice.spot.to_string(), choice.name.clone())))
        .collect();
    let content = html! {
        form.pairing method="post" {
            (frame::token(admin))
            div.fields {
                (form.text("code", words::screen_code(lang), None, FieldKind::Digits))
                (form.text("name", words::screen_name(lang), None, FieldKind::Text))
                @for (field, _) in &spots { (form.choice("window", (field.label)(lang), &choices)) }
            }
            @if fields.has(ASKED) { (form.tick(REPLACE, "yes", words::screen_replace(lang))) }
            p { button.primary { (words::screen_pair(lang)) } }
        }
        (table(admin, &spots, &screens, lan.port().clock().offset_seconds()))
    };
    Ok(frame::signed_in(admin, SCREENS.address, words::tab_screens(lang), note, &content).into_response())
}

/// The spots that screens of each kind can be paired for.
type SpotOptions = Vec<(&'static SpotField, Vec<SpotChoice>)>;

async fn spots(lan: &LanState) -> Result<SpotOptions, Problem> {
    let mut spots = Vec::new();
    for field in lan.pairing().spots() {
        spots.push((field, (field.choices)(lan).await?));
    }
    Ok(spots)
}

fn table(admin: &LocalAdmin, spots: &SpotOptions, screens: &[Arc<Screen>], offset_seconds: i32) -> Markup {
    let lang = admin.lang;
    let name = |screen: &Screen| {
        let spot = screen.record.spot.as_ref()?;
        let mut choices = spots.iter().flat_map(|(_, choices)| choices);
        choices.find(|choice| choice.spot == *spot).map(|choice| &choice.name)
    };
    html! {
        @if screens.is_empty() { p.empty { (words::screens_none(lang)) } } @else {
            table {
                thead { tr { th { (words::screen_name(lang)) } th { "ID" } @for (field, _) in spots { th { ((field.column)(lang)) } } th { (words::screen_since(lang)) } th { span.unseen { (words::screen_revoke(lang)) } } } }
                tbody {
                    @for screen in screens {
                        tr {
                            td { (screen.record.name) br; span.wait { ((screen.kind.name)(lang)) } }
                            td { (screen.id) }
                            @if !spots.is_empty() { td { @if let Some(name) = name(screen) { (name) } } }
                            td { (local_time::date(screen.record.since, offset_seconds)) }
                            td {
                                form method="post" action=(format!("/admin/screens/{}/revoke", screen.id)) {
                                    (frame::token(admin))
                                    button { (words::screen_revoke(lang)) span.unseen { " " (screen.record.name) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
