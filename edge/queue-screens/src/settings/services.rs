//! What the branch does for people: its services, one row each, the last one new.

use super::page::{FormContext, SettingsPage};
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
    queue::{BranchDraft, Prefix, Requirement, Service},
};

/// Minutes a service may take, or be waited for.
const MINUTES: std::ops::RangeInclusive<u16> = 1..=480;

/// Drawings a service may choose.
const ICONS: [&str; 12] = [
    "ticket", "cash", "card", "document", "people", "person", "phone", "car", "home", "health", "percent", "exchange",
];

/// The services of the branch.
pub(super) enum ServicesForm {}

impl SettingsPage for ServicesForm {
    const TAB: SettingsTab = SettingsTab {
        position: 20,
        address: "/admin/services",
        title: words::tab_services,
    };
    const WORD: &'static str = "services";

    fn fields(draft: &BranchDraft) -> FormFields {
        let rows = draft.services.iter().enumerate();
        rows.fold(FormFields::default(), |fields, (at, service)| {
            let row = |name: &str| format!("services.{at}.{name}");
            let fields = names::with_names(fields, &row("name"), Some(&service.name));
            fields
                .with(row("id"), &service.id)
                .with(row("prefix"), service.prefix)
                .with(
                    row("icon"),
                    service.icon.as_ref().map(AsRef::as_ref).unwrap_or_default(),
                )
                .with(row("minutes"), service.minutes)
                .with(row("target_wait"), service.target_wait)
                .with(row("ask_phone"), word_of(service.ask_phone))
                .with(row("ask_name"), word_of(service.ask_name))
        })
    }

    fn form(form: HtmlForm<'_>, _: &BranchDraft) -> Markup {
        let rows = form.fields.rows("services");
        let new = rows.last().map_or(0, |last| last + 1);
        html! {
            @for at in rows { (row(form, at, false)) }
            (row(form, new, true))
        }
    }

    async fn apply(
        context: FormContext<'_>,
        mut draft: BranchDraft,
        fields: &FormFields,
        errors: &mut FormErrors,
    ) -> Result<BranchDraft, Problem> {
        let before = std::mem::take(&mut draft.services);
        for at in fields.rows("services") {
            let known = before
                .iter()
                .find(|one| one.id.as_str() == fields.text(&format!("services.{at}.id")));
            let removed = fields.has(&format!("services.{at}.remove"));
            let blank = known.is_none() && names::in_languages(fields, &format!("services.{at}.name")).is_none();
            if removed || blank {
                continue;
            }
            let taken = |id: &str| {
                let of = |services: &[Service]| services.iter().any(|one| one.id.as_str() == id);
                of(&before) || of(&draft.services)
            };
            let id = known.map_or_else(|| names::free_id('s', taken), |known| known.id.to_string());
            if let Some(service) = read(context.lang, fields, at, &id, known, errors) {
                draft.services.push(service);
            }
        }
        Ok(draft)
    }
}

fn read(
    lang: Lang,
    fields: &FormFields,
    at: usize,
    id: &str,
    known: Option<&Service>,
    errors: &mut FormErrors,
) -> Option<Service> {
    let row = |name: &str| format!("services.{at}.{name}");
    let name = names::in_languages(fields, &row("name"));
    if name.is_none() {
        errors.add(row("name"), words::err_needed(lang));
    }
    let prefix = fields.text(&row("prefix")).to_uppercase().parse::<Prefix>();
    if prefix.is_err() {
        errors.add(row("prefix"), words::err_prefix(lang));
    }
    let mut minutes = |field: &str| {
        let minutes = names::number::<u16>(lang, fields, &row(field), errors);
        if !MINUTES.contains(&minutes) {
            errors.add(row(field), words::err_limits(lang));
        }
        minutes
    };
    let (takes, target) = (minutes("minutes"), minutes("target_wait"));
    let icon = fields.text(&row("icon"));
    Some(Service {
        id: id.parse().ok()?,
        prefix: prefix.ok()?,
        online_prefix: known.and_then(|known| known.online_prefix),
        name: name?,
        icon: ICONS.contains(&icon).then(|| icon.to_owned()).map(Into::into),
        minutes: takes,
        target_wait: target,
        hours: known.and_then(|known| known.hours.clone()),
        ask_phone: ask_of(fields.text(&row("ask_phone"))),
        ask_name: ask_of(fields.text(&row("ask_name"))),
        outcomes: known.map(|known| known.outcomes.clone()).unwrap_or_default(),
        outcome: known.map(|known| known.outcome).unwrap_or_default(),
    })
}

fn row(form: HtmlForm<'_>, at: usize, new: bool) -> Markup {
    let lang = form.lang;
    let name = |field: &str| format!("services.{at}.{field}");
    let title = Lang::ALL
        .into_iter()
        .map(|lang| form.fields.text(&name(&format!("name.{lang}"))));
    let title = title
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or(words::new_row(lang));
    let icons: Vec<_> = ICONS.iter().map(|one| ((*one).to_owned(), (*one).to_owned())).collect();
    let asks: Vec<_> = [Requirement::No, Requirement::Optional, Requirement::Required]
        .into_iter()
        .map(|ask| (word_of(ask).to_owned(), ask_name(lang, ask).to_owned()))
        .collect();
    let minutes = if new { "10" } else { "" };
    let target = if new { "15" } else { "" };
    let fresh = form
        .fields
        .clone()
        .with(name("minutes"), minutes)
        .with(name("target_wait"), target);
    let form = if new && form.fields.text(&name("minutes")).is_empty() {
        HtmlForm { fields: &fresh, ..form }
    } else {
        form
    };
    html! {
        details.row open[new || form.errors.list_error(&name(""), &[]).is_some()] {
            summary { @if new { "+ " } (title) }
            (form.hidden(&name("id")))
            (form.names(&name("name"), words::profile_name(lang)))
            div.fields {
                (form.text(&name("prefix"), words::service_prefix(lang), None, FieldKind::Text))
                (form.choice(&name("icon"), words::service_icon(lang), &icons))
                (form.text(&name("minutes"), words::service_minutes(lang), None, FieldKind::Number))
                (form.text(&name("target_wait"), words::service_target(lang), None, FieldKind::Number))
                (form.choice(&name("ask_phone"), words::ask_phone(lang), &asks))
                (form.choice(&name("ask_name"), words::ask_name(lang), &asks))
            }
            @if !new { (form.tick(&name("remove"), "1", words::remove(lang))) }
        }
    }
}

fn word_of(ask: Requirement) -> &'static str {
    match ask {
        Requirement::No => "no",
        Requirement::Optional => "optional",
        Requirement::Required => "required",
    }
}

fn ask_of(word: &str) -> Requirement {
    match word {
        "optional" => Requirement::Optional,
        "required" => Requirement::Required,
        _ => Requirement::No,
    }
}

fn ask_name(lang: Lang, ask: Requirement) -> &'static str {
    match ask {
        Requirement::No => words::ask_no(lang),
        Requirement::Optional => words::ask_optional(lang),
        Requirement::Required => words::ask_required(lang),
    }
}
