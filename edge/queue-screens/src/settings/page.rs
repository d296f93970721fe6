//! A page of the settings that shows one part of the branch and saves it.

use super::{QUICK, draft};
use crate::{
    ScreensState,
    branch::{self, Authority},
    words,
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use edge_lan::{
    LocalAdmin, Problem, SettingsTab,
    form::{FormErrors, HtmlForm},
    frame::{self, PageNote},
    request::FormFields,
};
use maud::{Markup, html};
use protocol::{Lang, Timestamp, queue::BranchDraft};

/// What a part of the branch is made with, besides its fields.
#[derive(Clone, Copy)]
pub(super) struct FormContext<'a> {
    pub(super) lang: Lang,
    pub(super) state: &'a ScreensState,
    pub(super) now: Timestamp,
}

/// One part of the branch, as a page.
pub(super) trait SettingsPage {
    /// Its address, title and place.
    const TAB: SettingsTab;
    /// Its word in the audit.
    const WORD: &'static str;
    /// The fields of what is in force.
    fn fields(draft: &BranchDraft) -> FormFields;
    /// The form.
    fn form(form: HtmlForm<'_>, draft: &BranchDraft) -> Markup;
    /// The branch as it would be with these fields; what is wrong goes to `errors`.
    fn apply(
        context: FormContext<'_>,
        draft: BranchDraft,
        fields: &FormFields,
        errors: &mut FormErrors,
    ) -> impl Future<Output = Result<BranchDraft, Problem>> + Send;
}

pub(super) async fn show<P: SettingsPage>(
    State(state): State<ScreensState>,
    admin: LocalAdmin,
) -> Result<Response, Problem> {
    let authority = branch::authority(&state).await?;
    let Some(branch) = authority.branch() else {
        return Ok(Redirect::to(QUICK).into_response());
    };
    let (fields, errors) = (P::fields(branch.draft()), FormErrors::default());
    Ok(page::<P>(&admin, &authority, branch.draft(), &fields, &errors, PageNote::None).into_response())
}

pub(super) async fn save<P: SettingsPage>(
    State(state): State<ScreensState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    let authority = branch::authority(&state).await?;
    let Some(branch) = authority.branch() else {
        return Ok(Redirect::to(QUICK).into_response());
    };
    let (lang, mut errors) = (admin.lang, FormErrors::default());
    let context = FormContext {
        lang,
        state: &state,
        now: state.port.clock().now(),
    };
    let made = P::apply(context, branch.draft().clone(), &fields, &mut errors).await?;
    let Some(made) = draft::checked(draft::tidy(made, lang), lang, &mut errors) else {
        let note = PageNote::Bad(words::not_saved(lang));
        return Ok(page::<P>(&admin, &authority, branch.draft(), &fields, &errors, note).into_response());
    };
    let fields = P::fields(made.draft());
    let shown = made.draft().clone();
    branch::save(&state, made, P::WORD).await?;
    let note = PageNote::Good(words::saved(lang));
    Ok(page::<P>(&admin, &authority, &shown, &fields, &errors, note).into_response())
}

fn page<P: SettingsPage>(
    admin: &LocalAdmin,
    authority: &Authority,
    draft: &BranchDraft,
    fields: &FormFields,
    errors: &FormErrors,
    note: PageNote<'_>,
) -> Markup {
    let lang = admin.lang;
    let read_only = matches!(authority, Authority::Cloud(_));
    let form = HtmlForm { lang, fields, errors };
    let content = html! {
        form method="post" {
            @if read_only { p.note.warn { "▲ " (words::from_cloud(lang)) } }
            fieldset.all disabled[read_only] {
                (frame::token(admin))
                (P::form(form, draft))
                p { button.primary { (words::save(lang)) } }
            }
        }
    };
    frame::signed_in(admin, P::TAB.address, (P::TAB.title)(lang), note, &content)
}
