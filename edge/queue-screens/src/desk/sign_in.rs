//! Signing in at a desk: a name and a PIN. Five wrong PINs for somebody at a desk, and they wait a minute there.

use super::{DeskQuery, DeskScreen, actor, replies, window};
use crate::QueueRefusal;
use crate::{ScreensState, live_feed::BranchSnapshot, words};
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use edge_lan::{Problem, layout::PageShell, pairing::PairedScreen, request::FormFields, secret::SecretVerdict};
use edge_queue::{Queue, Request};
use maud::{Markup, html};
use protocol::{
    Lang, PersonId, SpotId,
    id::{ProfileId, ScreenId},
    queue::Operator,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Wrong PINs for one person at one desk before they wait.
const GUESSES: u8 = 5;
/// How long they wait.
const LOCKED: Duration = Duration::from_secs(60);

/// Wrong PINs of late, by desk and person: nobody's own PIN makes room for guesses at a colleague's.
#[derive(Debug, Default)]
pub(crate) struct PinAttempts(Mutex<BTreeMap<PinAttemptKey, (u8, Instant)>>);

/// At which desk, whose PIN.
type PinAttemptKey = (ScreenId, PersonId);

impl PinAttempts {
    /// Whether another PIN is looked at now; one more guess then.
    fn may_guess(&self, whose: &PinAttemptKey, now: Instant) -> bool {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = guesses.entry(whose.clone()).or_insert((0, now));
        if now.duration_since(*since) >= LOCKED {
            (*count, *since) = (0, now);
        }
        if *count >= GUESSES {
            return false;
        }
        // Counted before the PIN is looked at: many at once are many guesses.
        (*count, *since) = (*count + 1, now);
        true
    }

    fn was_right(&self, whose: &PinAttemptKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(whose);
    }
}

pub(super) async fn sign_in(
    State(state): State<ScreensState>,
    paired: PairedScreen<DeskScreen>,
    Query(of): Query<DeskQuery>,
    fields: FormFields,
) -> Result<Response, Problem> {
    let window = window(&paired.0)?;
    let picture = state.screens.live.fresh().await;
    let lang = of.or(picture.first_lang());
    let again = |why: &str| page(&picture, &window, lang, Some(why)).into_response();
    let operator = fields.read::<PersonId>("operator");
    let operator = operator.and_then(|id| picture.branch.as_ref()?.operator(&id).cloned());
    let Some(operator) = operator else {
        return Ok(again(words::desk_choose_name(lang)));
    };
    let whose = (paired.0.id.clone(), operator.id);
    if !state.screens.pin_attempts.may_guess(&whose, Instant::now()) {
        return Ok(again(words::desk_locked(lang)));
    }
    match state
        .lan
        .passwords()
        .check(fields.text("pin"), operator.pin.as_str())
        .await?
    {
        SecretVerdict::Right => state.screens.pin_attempts.was_right(&whose),
        SecretVerdict::Wrong => {
            state.lan.refusals().not_let_in("desk", None);
            return Ok(again(words::desk_wrong_pin(lang)));
        }
    }
    let request = Request::SignIn {
        operator: operator.id,
        window: window.clone(),
        profile: fields.read::<ProfileId>("profile"),
    };
    match state.port.decide::<Queue>(actor(operator.id), request).await {
        Ok(_) => Ok(Redirect::to(&format!("/desk?lang={lang}")).into_response()),
        Err(QueueRefusal::Refused(refusal)) => Ok(again(&replies::refusal(lang, &refusal, &picture))),
        Err(QueueRefusal::Kernel(refusal)) => Err(refusal.into()),
    }
}

pub(super) fn page(picture: &BranchSnapshot, window: &SpotId, lang: Lang, wrong: Option<&str>) -> Markup {
    let shell = PageShell {
        lang,
        title: words::desk_sign_in(lang),
        area: "desk",
        scripts: &[],
    };
    let operators: &[Operator] = picture.branch.as_ref().map_or(&[], |branch| &branch.draft().operators);
    shell.render(&html! {
        header {
            span.window { (words::desk_window(lang, picture.window_number(window))) }
            nav.room aria-label=(words::languages(lang)) { (languages(picture)) }
        }
        main.sign-in {
            section {
                h1 { (words::desk_sign_in(lang)) }
                @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
                @if operators.is_empty() { p { (words::desk_no_operators(lang)) } }
                form method="post" action=(format!("/desk/sign-in?lang={lang}")) {
                    label for="operator" { (words::desk_who(lang)) }
                    select #operator name="operator" required autofocus {
                        option value="" { "–" }
                        @for operator in operators { option value=(operator.id) { (operator.name) } }
                    }
                    label for="pin" { "PIN" }
                    input #pin type="password" name="pin" inputmode="numeric" autocomplete="off" required;
                    button { (words::desk_begin(lang)) }
                }
            }
        }
    })
}

/// Links to the same desk in the branch's languages.
pub(super) fn languages(picture: &BranchSnapshot) -> Markup {
    let langs: &[Lang] = picture.branch.as_ref().map_or(&[], |branch| &branch.draft().languages);
    html! {
        @for lang in langs { a lang=(lang) href=(format!("/desk?lang={lang}")) { (words::name_of(*lang)) } }
    }
}
