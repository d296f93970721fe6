//! Signing in at a desk: a name and a PIN. Wrong ones for somebody at a desk are slower and slower to try there.

use super::{DeskQuery, DeskScreen, actor, replies, window};
use crate::QueueRefusal;
use crate::{ScreensState, live_feed::BranchSnapshot, words};
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use edge_lan::{
    Problem, layout::PageShell, pairing::PairedScreen, request::FormFields, secret::SecretVerdict, throttle::SignInWait,
};
use edge_queue::{Queue, Request};
use maud::{Markup, html};
use protocol::{Lang, PersonId, SpotId, id::ProfileId, queue::Operator};

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
    let attempts = &state.screens.pin_attempts;
    if let Err(SignInWait { wait }) = attempts.begin(&paired.0.id, operator.id).await? {
        let minutes = u32::try_from(wait.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
        return Ok(again(&words::desk_locked(lang, minutes)));
    }
    match state
        .lan
        .passwords()
        .check(fields.text("pin"), operator.pin.as_str())
        .await?
    {
        SecretVerdict::Right => attempts.was_right(&paired.0.id, operator.id),
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
        Ok(_) => {
            // Nobody prints what was given out here by whoever sat here before.
            state.screens.forget_given(&window);
            state.screens.desk_sessions.begin(&paired.0, operator.id).await?;
            Ok(Redirect::to(&format!("/desk?lang={lang}")).into_response())
        }
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
