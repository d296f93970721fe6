//! The voice's recorded words: which are there, a set of one's own, and placeholders until there is one.

use crate::{
    Announcements,
    voice::{
        phrase::{SpokenLanguage, Stem},
        placeholder,
        stems::CLIP_BYTES,
    },
    words,
};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use edge_lan::{
    LanState, LocalAdmin, Problem, SettingsTab,
    frame::{self, PageNote},
    request::FormFields,
    upload,
};
use maud::html;

/// Missing words named on the page; the rest are counted.
const NAMED: usize = 12;

/// The tab of this page.
pub(crate) const TAB: SettingsTab = SettingsTab {
    position: 90,
    address: "/admin/voice",
    title: words::tab_voice,
};

pub(crate) async fn page(State(lan): State<LanState>, admin: LocalAdmin) -> Result<Response, Problem> {
    show(&lan, &admin, PageNote::None).await
}

/// Has espeak-ng speak what is missing.
pub(crate) async fn fill(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    let stems = lan.part::<Announcements>().voice().stems().clone();
    let made = tokio::task::spawn_blocking(move || placeholder::make(&stems)).await;
    let lang = admin.lang;
    match made.ok().and_then(Result::ok) {
        Some(_) => show(&lan, &admin, PageNote::Good(words::saved(lang))).await,
        None => show(&lan, &admin, PageNote::Bad(words::voice_no_speech(lang))).await,
    }
}

/// Takes one clip.
pub(crate) async fn put(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    Path((tongue, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    upload::owned(&admin, &headers)?;
    let limit = usize::try_from(CLIP_BYTES).unwrap_or(usize::MAX);
    let file = upload::whole(&lan, &admin, &headers, body, limit).await?;
    let stems = lan.part::<Announcements>().voice().stems().clone();
    let name = if name == "chime.wav" {
        name
    } else {
        format!("{tongue}/{name}")
    };
    let kept = tokio::task::spawn_blocking(move || stems.keep(&name, file.bytes())).await;
    let kept = kept.map_err(|_| Problem::not_now("The clip could not be kept."))?;
    kept.map_err(|error| upload::refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(lan: &LanState, admin: &LocalAdmin, note: PageNote<'_>) -> Result<Response, Problem> {
    let lang = admin.lang;
    let stems = lan.part::<Announcements>().voice().stems().clone();
    let look = move || SpokenLanguage::ALL.map(|tongue| (tongue, stems.missing(tongue)));
    let missing = tokio::task::spawn_blocking(look).await;
    let missing = missing.map_err(|_| Problem::not_now("The recorded words cannot be looked at."))?;
    let content = html! {
        p.lead { (words::voice_lead(lang)) }
        form method="post" { (frame::token(admin)) button.primary { (words::voice_fill(lang)) } }
        @for (tongue, missing) in &missing {
            @let all = tongue.stems().len();
            fieldset {
                legend { (words::name_of(tongue.lang())) }
                p.about {
                    @if missing.is_empty() { "✔ " } @else { "▲ " }
                    (words::voice_there(lang, count(all), count(all - missing.len())))
                }
                @if !missing.is_empty() { p.about { (named(*tongue, missing)) } }
                (upload::form(admin, &format!("/admin/voice/{}/", tongue.code()), ".wav,audio/wav"))
            }
        }
    };
    Ok(frame::signed_in(admin, TAB.address, words::tab_voice(lang), note, &content).into_response())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `ticket.wav (chipta), …`: what is to be recorded.
fn named(tongue: SpokenLanguage, missing: &[Stem]) -> String {
    let names = missing.iter().take(NAMED);
    let names: Vec<_> = names
        .map(|stem| format!("{}.wav ({})", stem.file(), placeholder::text(tongue, *stem)))
        .collect();
    let more = if missing.len() > NAMED { " …" } else { "" };
    names.join(", ") + more
}
