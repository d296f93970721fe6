//! Who serves at the windows. A PIN is hashed before it is kept, and never shown.

use super::{
    draft,
    page::{FormContext, SettingsPage},
};
use crate::words;
use edge_lan::{
    Problem, SettingsTab,
    form::{FieldKind, FormErrors, HtmlForm},
    names,
    request::FormFields,
    secret,
};
use maud::{Markup, html};
use protocol::{
    PersonId,
    queue::{BranchDraft, Operator, PinHash},
};

/// PINs that are guessed first.
const GUESSED: [&str; 6] = ["1234", "12345", "123456", "4321", "1212", "2580"];

/// The operators of the branch.
pub(super) enum PeopleForm {}

impl SettingsPage for PeopleForm {
    const TAB: SettingsTab = SettingsTab {
        position: 50,
        address: "/admin/people",
        title: words::tab_people,
    };
    const WORD: &'static str = "operators";

    fn fields(draft: &BranchDraft) -> FormFields {
        let rows = draft.operators.iter().enumerate();
        rows.fold(FormFields::default(), |fields, (at, operator)| {
            fields
                .with(format!("operators.{at}.id"), operator.id)
                .with(format!("operators.{at}.name"), &operator.name)
                .with(format!("operators.{at}.profile"), &operator.profile)
        })
    }

    fn form(form: HtmlForm<'_>, draft: &BranchDraft) -> Markup {
        let lang = form.lang;
        let rows = form.fields.rows("operators");
        let new = rows.last().map_or(0, |last| last + 1);
        let named = draft
            .profiles
            .iter()
            .map(|profile| (profile.id.to_string(), profile.name.get(lang).to_owned()));
        let profiles: Vec<_> = named.collect();
        html! {
            @for at in rows.into_iter().chain([new]) {
                @let hint = (at != new).then(|| words::person_pin_keep(lang));
                div.row.flat {
                    (form.hidden(&format!("operators.{at}.id")))
                    (form.text(&format!("operators.{at}.name"), words::person_name(lang), None, FieldKind::Text))
                    (form.choice(&format!("operators.{at}.profile"), words::tab_profiles(lang), &profiles))
                    (form.text(&format!("operators.{at}.pin"), words::person_pin(lang), hint, FieldKind::Secret))
                    @if at != new { (form.tick(&format!("operators.{at}.remove"), "1", words::remove(lang))) }
                }
            }
        }
    }

    async fn apply(
        context: FormContext<'_>,
        mut draft: BranchDraft,
        fields: &FormFields,
        errors: &mut FormErrors,
    ) -> Result<BranchDraft, Problem> {
        let before = std::mem::take(&mut draft.operators);
        for at in fields.rows("operators") {
            let row = |name: &str| format!("operators.{at}.{name}");
            let name = names::spelled(fields.text(&row("name")));
            let known = fields
                .read::<PersonId>(&row("id"))
                .and_then(|id| before.iter().find(|one| one.id == id));
            if fields.has(&row("remove")) || (known.is_none() && name.is_empty()) {
                continue;
            }
            if name.is_empty() {
                errors.add(row("name"), words::err_needed(context.lang));
            }
            let pin = fields.text(&row("pin"));
            let pin = match known {
                Some(known) if pin.is_empty() => known.pin.clone(),
                Some(_) | None if is_good(pin) => context.state.lan.passwords().hash(pin).await?.into(),
                Some(_) | None => {
                    errors.add(row("pin"), words::err_pin(context.lang));
                    PinHash::default()
                }
            };
            let id = match known {
                Some(known) => known.id,
                None => PersonId::new(context.now, secret::random()?),
            };
            let profile = fields.text(&row("profile")).parse().or_else(|_| draft::ALL.parse());
            draft
                .operators
                .extend(profile.ok().map(|profile| Operator { id, name, profile, pin }));
        }
        Ok(draft)
    }
}

/// Four to eight digits that are not the first to be guessed.
pub(super) fn is_good(pin: &str) -> bool {
    let digits = (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    let first = pin.bytes().next();
    digits && !GUESSED.contains(&pin) && !pin.bytes().all(|byte| Some(byte) == first)
}
