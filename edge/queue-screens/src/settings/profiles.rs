//! Work profiles: which services are served together, in what proportion and order.

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
};
use maud::{Markup, html};
use protocol::{
    Lang,
    id::ServiceId,
    queue::{BranchDraft, Profile, Share},
};

/// Of each round of calls, how many at most.
const HEAVIEST: u8 = 100;

/// The work profiles of the branch.
pub(super) enum ProfilesForm {}

impl SettingsPage for ProfilesForm {
    const TAB: SettingsTab = SettingsTab {
        position: 30,
        address: "/admin/profiles",
        title: words::tab_profiles,
    };
    const WORD: &'static str = "profiles";

    fn fields(draft: &BranchDraft) -> FormFields {
        let mut fields = FormFields::default();
        for (at, profile) in draft.profiles.iter().enumerate() {
            let row = |name: &str| format!("profiles.{at}.{name}");
            fields = names::with_names(fields, &row("name"), Some(&profile.name)).with(row("id"), &profile.id);
            for share in &profile.serves {
                let service = &share.service;
                fields = fields
                    .with(row(&format!("weight.{service}")), share.weight)
                    .with(row(&format!("priority.{service}")), share.priority);
            }
        }
        fields
    }

    fn form(form: HtmlForm<'_>, draft: &BranchDraft) -> Markup {
        let rows = form.fields.rows("profiles");
        let new = rows.last().map_or(0, |last| last + 1);
        html! {
            @for at in rows { (row(form, draft, at, false)) }
            (row(form, draft, new, true))
        }
    }

    async fn apply(
        context: FormContext<'_>,
        mut draft: BranchDraft,
        fields: &FormFields,
        errors: &mut FormErrors,
    ) -> Result<BranchDraft, Problem> {
        let before = std::mem::take(&mut draft.profiles);
        let offered: Vec<ServiceId> = draft.services.iter().map(|service| service.id.clone()).collect();
        for at in fields.rows("profiles") {
            let row = |name: &str| format!("profiles.{at}.{name}");
            let known = before.iter().find(|one| one.id.as_str() == fields.text(&row("id")));
            let name = names::in_languages(fields, &row("name"));
            if fields.has(&row("remove")) || (known.is_none() && name.is_none()) {
                continue;
            }
            let taken = |id: &str| before.iter().chain(&draft.profiles).any(|one| one.id.as_str() == id);
            let id = known.map_or_else(|| names::free_id('p', taken), |known| known.id.to_string());
            let serves = offered
                .iter()
                .filter_map(|service| share(context.lang, fields, at, service, errors))
                .collect();
            match (id.parse(), name) {
                (Ok(id), Some(name)) => draft.profiles.push(Profile { id, name, serves }),
                (_, _) => errors.add(row("name"), words::err_needed(context.lang)),
            }
        }
        for operator in &draft.operators {
            if !draft.profiles.iter().any(|profile| profile.id == operator.profile) {
                let says = format!("{}: {}", words::tab_people(context.lang), operator.name);
                errors.add("profiles", says);
            }
        }
        Ok(draft)
    }
}

fn share(lang: Lang, fields: &FormFields, at: usize, service: &ServiceId, errors: &mut FormErrors) -> Option<Share> {
    let number = |field: &str, errors: &mut FormErrors| {
        let name = format!("profiles.{at}.{field}.{service}");
        let text = fields.text(&name);
        text.parse::<u8>().unwrap_or_else(|_| {
            if !text.is_empty() {
                errors.add(name, words::err_number(lang));
            }
            0
        })
    };
    let (weight, priority) = (number("weight", errors), number("priority", errors));
    if weight > HEAVIEST {
        errors.add(format!("profiles.{at}.weight.{service}"), words::err_limits(lang));
    }
    let service = service.clone();
    (weight > 0).then_some(Share {
        service,
        weight,
        priority,
    })
}

fn row(form: HtmlForm<'_>, draft: &BranchDraft, at: usize, new: bool) -> Markup {
    let lang = form.lang;
    let name = |field: &str| format!("profiles.{at}.{field}");
    let title = Lang::ALL
        .into_iter()
        .map(|lang| form.fields.text(&name(&format!("name.{lang}"))));
    let title = title
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or(words::new_row(lang));
    html! {
        details.row open[new || form.errors.list_error(&name(""), &[]).is_some()] {
            summary { @if new { "+ " } (title) }
            (form.hidden(&name("id")))
            (form.names(&name("name"), words::profile_name(lang)))
            @for service in &draft.services {
                fieldset.share {
                    legend { (service.name.get(lang)) }
                    (form.text(&name(&format!("weight.{}", service.id)), words::profile_weight(lang), None, FieldKind::Number))
                    (form.text(&name(&format!("priority.{}", service.id)), words::profile_priority(lang), None, FieldKind::Number))
                }
            }
            @if !new && form.fields.text(&name("id")) != draft::ALL { (form.tick(&name("remove"), "1", words::remove(lang))) }
        }
        @if let Some(says) = form.errors.list_error("profiles", &[]).filter(|_| new) { p.error { "✖ " (says) } }
    }
}
