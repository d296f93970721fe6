//! The way in: the first password with the box's own code, then the password. Wrong ones are slow to try and on record.

use super::{
    form::{FieldKind, FormErrors, HtmlForm},
    frame::{self, PageNote},
};
use crate::{
    ClientNetwork, LanState, audit, claim,
    problem::Problem,
    record_audit,
    request::{self, FormFields},
    secret::SecretVerdict,
    session::LocalAdmin,
    sign_in_limits::SignInSecret,
    throttle::SignInWait,
    words,
};
use axum::{
    extract::{Query, State},
    http::{Extensions, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use edge_kernel::Table;
use maud::{Markup, html};
use protocol::Lang;
use std::collections::BTreeMap;

/// Where the password's PHC string is kept.
const KEY: &str = "admin";
/// Fewest characters of a password.
const SHORTEST: usize = 10;
/// What passwords that are guessed first are made of.
const COMMON: [&str; 9] = [
    "password", "parol", "admin", "ostona", "qwerty", "12345", "11111", "00000", "letmein",
];

pub(super) async fn setup_page(
    State(lan): State<LanState>,
    query: Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    if password_hash(&lan).await?.is_some() {
        return Ok(Redirect::to("/admin").into_response());
    }
    Ok(first(wanted(&query), &FormFields::default(), &FormErrors::default()).into_response())
}

pub(super) async fn set_up(
    State(lan): State<LanState>,
    extensions: Extensions,
    fields: FormFields,
) -> Result<Response, Problem> {
    let lang = fields.read("lang").unwrap_or_default();
    let from = request::peer(&extensions);
    let network = ClientNetwork::of(from);
    let begun = lan
        .inner()
        .sessions
        .limits
        .begin(lan.port(), network, SignInSecret::Code);
    begun.map_err(|waits| Problem::too_often(waits.wait))?;
    // One at a time: of two who read the same code, the second finds that there is a password.
    let _turn = lan.inner().sessions.claiming.acquire().await;
    if password_hash(&lan).await?.is_some() {
        return Ok(Redirect::to("/admin").into_response());
    }
    let (password, mut errors) = (fields.text("password"), FormErrors::default());
    if !claim::is_right(lan.folder(), fields.text("code")).await? {
        errors.add("code", words::claim_wrong(lang));
        lan.refusals().not_let_in("claim", from);
    }
    if is_weak(password) {
        errors.add("password", words::password_weak(lang));
    }
    if password != fields.text("again") {
        errors.add("again", words::password_differs(lang));
    }
    if !errors.is_empty() {
        return Ok(first(lang, &fields, &errors).into_response());
    }
    let hash = lan.passwords().hash(password).await?;
    lan.port()
        .store(Table::Local, KEY.to_owned(), Some(hash.into_bytes()))
        .await?;
    claim::forget(lan.folder()).await;
    record(&lan, "admin.claimed").await?;
    let_in(&lan, lang, &extensions)
}

pub(super) async fn page(
    State(lan): State<LanState>,
    query: Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    if password_hash(&lan).await?.is_none() {
        return Ok(Redirect::to("/setup").into_response());
    }
    Ok(ask(wanted(&query), &FormErrors::default(), PageNote::None).into_response())
}

pub(super) async fn sign_in(
    State(lan): State<LanState>,
    extensions: Extensions,
    fields: FormFields,
) -> Result<Response, Problem> {
    let lang = fields.read("lang").unwrap_or_default();
    let Some(stored) = password_hash(&lan).await? else {
        return Ok(Redirect::to("/setup").into_response());
    };
    let from = request::peer(&extensions);
    if let Err(waits) = may_try(&lan, ClientNetwork::of(from), fields.text("code")).await? {
        return Ok(wait(lang, waits));
    }
    match lan.passwords().check(fields.text("password"), &stored).await? {
        SecretVerdict::Right => {
            record(&lan, "admin.signed_in").await?;
            let_in(&lan, lang, &extensions)
        }
        SecretVerdict::Wrong => {
            lan.refusals().not_let_in("admin", from);
            let mut errors = FormErrors::default();
            errors.add("password", words::password_wrong(lang));
            Ok(ask(lang, &errors, PageNote::None).into_response())
        }
    }
}

/// Whether a password is looked at now: with the box's code at once, whoever else tries.
async fn may_try(lan: &LanState, from: ClientNetwork, code: &str) -> Result<Result<(), SignInWait>, Problem> {
    let limits = &lan.inner().sessions.limits;
    if code.is_empty() {
        return Ok(limits.begin(lan.port(), from, SignInSecret::Password));
    }
    if let Err(waits) = limits.may_guess_code(from) {
        return Ok(Err(waits));
    }
    if claim::is_there(lan.folder(), code).await {
        return Ok(Ok(()));
    }
    lan.refusals().not_let_in("admin", None);
    Ok(limits.begin(lan.port(), from, SignInSecret::Password))
}

/// Somebody has to wait, or to read the box's code.
fn wait(lang: Lang, waits: SignInWait) -> Response {
    let seconds = waits.wait.as_secs().saturating_add(1);
    let minutes = u32::try_from(seconds.div_ceil(60)).unwrap_or(u32::MAX);
    let says = words::sign_in_wait(lang, minutes);
    let page = ask(lang, &FormErrors::default(), PageNote::Bad(&says));
    let mut response = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

pub(super) async fn sign_out(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    let cookie = admin.close(&lan.inner().sessions)?;
    Ok(with_cookie(Redirect::to("/admin/sign-in").into_response(), cookie))
}

/// Changes the language of the pages, and shows the same page again.
pub(super) async fn set_language(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Redirect, Problem> {
    admin.check_form_token(&fields)?;
    if let Some(lang) = fields.read("lang") {
        admin.set_language(&lan.inner().sessions, lang);
    }
    let to = fields.text("to");
    Ok(Redirect::to(if to.starts_with("/admin") { to } else { "/admin" }))
}

/// A box that nobody has claimed has its code from the start, in a file of its own.
pub(crate) async fn prepare(lan: &LanState) {
    if claim::is_password_forgotten(lan.folder()).await {
        forget(lan).await;
    }
    if let Err(refusal) = lan.inner().sessions.limits.load(lan.port()).await {
        tracing::warn!(%refusal, "wrong passwords of before are forgotten");
    }
    if let Ok(None) = password_hash(lan).await {
        claim::prepare(lan.folder()).await;
    }
}

/// Somebody at the box asked for the password to be forgotten: whoever has the new code chooses another.
async fn forget(lan: &LanState) {
    if let Err(refusal) = lan.port().store(Table::Local, KEY.to_owned(), None).await {
        tracing::error!(%refusal, "the password of the settings cannot be forgotten now");
        return;
    }
    claim::clear_reset_request(lan.folder()).await;
    if record(lan, "admin.forgotten").await.is_err() {
        tracing::warn!("that the password of the settings was forgotten is on no record");
    }
}

async fn password_hash(lan: &LanState) -> Result<Option<String>, Problem> {
    let shelf = lan.port().table(Table::Local).await?;
    let found = shelf.into_iter().find(|(key, _)| key == KEY);
    Ok(found.and_then(|(_, hash)| String::from_utf8(hash).ok()))
}

fn let_in(lan: &LanState, lang: Lang, extensions: &Extensions) -> Result<Response, Problem> {
    let sessions = &lan.inner().sessions;
    let cookie = sessions.open(lang)?;
    sessions
        .limits
        .was_right(lan.port(), ClientNetwork::of(request::peer(extensions)));
    Ok(with_cookie(Redirect::to("/admin").into_response(), cookie))
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

async fn record(lan: &LanState, action: &str) -> Result<(), Problem> {
    record_audit(lan.port(), audit(action, None)).await
}

fn wanted(query: &BTreeMap<String, String>) -> Lang {
    query.get("lang").and_then(|tag| tag.parse().ok()).unwrap_or_default()
}

/// Short, of few different characters, or made of what is tried first.
fn is_weak(password: &str) -> bool {
    let small = password.to_lowercase();
    let different = small.chars().collect::<std::collections::BTreeSet<_>>().len();
    let rest = COMMON.iter().fold(small, |rest, word| rest.replace(word, ""));
    password.chars().count() < SHORTEST || different < 5 || rest.chars().count() < SHORTEST / 2
}

fn first(lang: Lang, fields: &FormFields, errors: &FormErrors) -> Markup {
    let form = HtmlForm { lang, fields, errors };
    let content = html! {
        form method="post" {
            input type="hidden" name="lang" value=(lang);
            (form.text("code", words::claim_code(lang), Some(words::claim_hint(lang)), FieldKind::Digits))
            (form.text("password", words::password_new(lang), Some(words::password_rule(lang)), FieldKind::Secret))
            (form.text("again", words::password_twice(lang), None, FieldKind::Secret))
            p { button.primary { (words::next(lang)) } }
        }
    };
    frame::signed_out(lang, "/setup", words::setup_title(lang), PageNote::None, &content)
}

/// Where somebody has to wait, the box's code is asked for as well.
fn ask(lang: Lang, errors: &FormErrors, note: PageNote<'_>) -> Markup {
    let fields = FormFields::default();
    let form = HtmlForm {
        lang,
        fields: &fields,
        errors,
    };
    let content = html! {
        form method="post" {
            input type="hidden" name="lang" value=(lang);
            (form.text("password", words::password(lang), None, FieldKind::Secret))
            @if note != PageNote::None {
                (form.text("code", words::claim_code(lang), Some(words::claim_hint(lang)), FieldKind::Digits))
            }
            p { button.primary { (words::sign_in(lang)) } }
        }
    };
    frame::signed_out(lang, "/admin/sign-in", words::sign_in(lang), note, &content)
}
