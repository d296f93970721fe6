//! A page of the settings that shows one part of the branch and saves it.

use super::{
    draft,
    form::{Errors, Form},
    frame::{self, Note, Tab},
};
use crate::{
    House,
    branch::{self, Authority},
    problem::Problem,
    request::Fields,
    session::Admin,
    words,
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use protocol::{Lang, Timestamp, queue::Draft};

/// What a part of the branch is made with, besides its fields.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) lang: Lang,
    pub(super) house: &'a House,
    pub(super) now: Timestamp,
}

/// One part of the branch, as a page.
pub(super) trait Part {
    /// Which page.
    const TAB: Tab;
    /// Its word in the audit.
    const WORD: &'static str;
    /// Its title.
    fn title(lang: Lang) -> &'static str;
    /// The fields of what is in force.
    fn fields(draft: &Draft) -> Fields;
    /// The form.
    fn form(form: Form<'_>, draft: &Draft) -> Markup;
    /// The branch as it would be with these fields; what is wrong goes to `errors`.
    fn apply(
        bench: Bench<'_>,
        draft: Draft,
        fields: &Fields,
        errors: &mut Errors,
    ) -> impl Future<Output = Result<Draft, Problem>> + Send;
}

/// `/admin`: what is next.
pub(super) async fn home(State(house): State<House>, _: Admin) -> Result<Redirect, Problem> {
    let settled = branch::authority(&house).await?.branch().is_some();
    Ok(Redirect::to(if settled { "/admin/branch" } else { "/admin/quick" }))
}

pub(super) async fn show<P: Part>(State(house): State<House>, admin: Admin) -> Result<Response, Problem> {
    let authority = branch::authority(&house).await?;
    let Some(branch) = authority.branch() else {
        return Ok(Redirect::to("/admin/quick").into_response());
    };
    let (fields, errors) = (P::fields(branch.draft()), Errors::default());
    Ok(page::<P>(&admin, &authority, branch.draft(), &fields, &errors, Note::None).into_response())
}

pub(super) async fn save<P: Part>(
    State(house): State<House>,
    admin: Admin,
    fields: Fields,
) -> Result<Response, Problem> {
    admin.owns(&fields)?;
    let authority = branch::authority(&house).await?;
    let Some(branch) = authority.branch() else {
        return Ok(Redirect::to("/admin/quick").into_response());
    };
    let (lang, mut errors) = (admin.lang, Errors::default());
    let bench = Bench {
        lang,
        house: &house,
        now: house.port.clock().now(),
    };
    let made = P::apply(bench, branch.draft().clone(), &fields, &mut errors).await?;
    let Some(made) = draft::checked(draft::tidy(made, lang), lang, &mut errors) else {
        let note = Note::Bad(words::not_saved(lang));
        return Ok(page::<P>(&admin, &authority, branch.draft(), &fields, &errors, note).into_response());
    };
    let fields = P::fields(made.draft());
    let shown = made.draft().clone();
    branch::save(&house, made, P::WORD).await?;
    let note = Note::Good(words::saved(lang));
    Ok(page::<P>(&admin, &authority, &shown, &fields, &errors, note).into_response())
}

fn page<P: Part>(
    admin: &Admin,
    authority: &Authority,
    draft: &Draft,
    fields: &Fields,
    errors: &Errors,
    note: Note<'_>,
) -> Markup {
    let lang = admin.lang;
    let read_only = matches!(authority, Authority::Cloud(_));
    let form = Form { lang, fields, errors };
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
    frame::signed_in(admin, P::TAB, P::title(lang), note, &content)
}
