//! The branch itself: name, languages, hours, telephone; and its windows.

use super::page::{FormContext, SettingsPage};
use crate::words;
use edge_lan::{
    Problem, SettingsTab,
    form::{FieldKind, FormErrors, HtmlForm},
    local_time, names,
    request::FormFields,
};
use maud::{Markup, html};
use protocol::{
    Lang,
    queue::{Arrow, BranchDraft, Hours, Slot, Weekday, Window},
    text::{PageBase, PhoneNumber},
};
use std::collections::BTreeMap;

type LocalizedLabel = fn(Lang) -> &'static str;

/// The days of the week, their field and their name.
pub(crate) fn weekdays() -> impl Iterator<Item = (Weekday, String, LocalizedLabel)> {
    let days = Weekday::ALL.into_iter().zip(local_time::WEEKDAYS);
    days.map(|(day, (word, name))| (day, format!("hours.{word}"), name))
}

const ARROWS: [(&str, Arrow, LocalizedLabel); 5] = [
    ("left", Arrow::Left, words::arrow_left),
    ("right", Arrow::Right, words::arrow_right),
    ("ahead", Arrow::Ahead, words::arrow_ahead),
    ("up", Arrow::Up, words::arrow_up),
    ("down", Arrow::Down, words::arrow_down),
];

/// Name, languages, hours and what people read about the branch.
pub(super) enum BranchDetailsForm {}

impl SettingsPage for BranchDetailsForm {
    const TAB: SettingsTab = SettingsTab {
        position: 10,
        address: "/admin/branch",
        title: words::tab_branch,
    };
    const WORD: &'static str = "branch";

    fn fields(draft: &BranchDraft) -> FormFields {
        let fields = names::with_names(FormFields::default(), "name", Some(&draft.name));
        let fields = names::with_names(fields, "footer", draft.footer.as_ref());
        let fields = draft
            .languages
            .iter()
            .fold(fields, |fields, lang| fields.with("languages", lang));
        let fields = weekdays().fold(fields, |fields, (day, name, _)| {
            fields.with(name, slots(&draft.hours, day))
        });
        fields
            .with("first", draft.languages.first().copied().unwrap_or_default())
            .with("phone", draft.phone.as_ref().map(AsRef::as_ref).unwrap_or_default())
            .with(
                "phone_base",
                draft.phone_base.as_ref().map(AsRef::as_ref).unwrap_or_default(),
            )
    }

    fn form(form: HtmlForm<'_>, _: &BranchDraft) -> Markup {
        let lang = form.lang;
        let tongues: Vec<_> = Lang::ALL
            .map(|lang| (lang.to_string(), words::name_of(lang).to_owned()))
            .into();
        html! {
            (form.names("name", words::branch_name(lang)))
            fieldset {
                legend { (words::languages_offered(lang)) }
                @for (tag, name) in &tongues { (form.tick("languages", tag, name)) }
                (form.choice("first", words::language_first(lang), &tongues))
            }
            fieldset {
                legend { (words::hours_title(lang)) }
                p.about { (words::hours_hint(lang)) }
                div.fields { @for (_, name, label) in weekdays() { (form.text(&name, label(lang), None, FieldKind::Text)) } }
            }
            div.fields {
                (form.text("phone", words::branch_phone(lang), None, FieldKind::Text))
                (form.text("phone_base", words::phone_address(lang), Some(words::phone_address_hint(lang)), FieldKind::Text))
            }
            (form.names("footer", words::ticket_footer(lang)))
        }
    }

    async fn apply(
        context: FormContext<'_>,
        mut draft: BranchDraft,
        fields: &FormFields,
        errors: &mut FormErrors,
    ) -> Result<BranchDraft, Problem> {
        let lang = context.lang;
        match names::in_languages(fields, "name") {
            Some(name) => draft.name = name,
            None => errors.add("name", words::err_needed(lang)),
        }
        draft.footer = names::in_languages(fields, "footer");
        draft.languages = languages(fields);
        draft.hours = hours(lang, fields, errors);
        let optional = |name: &str| Some(fields.text(name).to_owned()).filter(|text| !text.is_empty());
        draft.phone = optional("phone").map(PhoneNumber::from);
        draft.phone_base = optional("phone_base").map(|base| base.trim_end_matches('/').into());
        let absolute = |base: &PageBase| {
            ["http://", "https://"]
                .iter()
                .any(|scheme| base.as_str().starts_with(scheme))
        };
        if !draft.phone_base.as_ref().is_none_or(absolute) {
            errors.add("phone_base", words::err_address(lang));
        }
        Ok(draft)
    }
}

/// Those ticked, the first one first; it counts as ticked.
pub(super) fn languages(fields: &FormFields) -> Vec<Lang> {
    let first: Option<Lang> = fields.read("first");
    let ticked = Lang::ALL
        .into_iter()
        .filter(|lang| fields.all("languages").any(|one| one == lang.tag()));
    let others = ticked.filter(|lang| Some(*lang) != first);
    first.into_iter().chain(others).collect()
}

/// `09:00-13:00, 14:00-18:00`.
pub(crate) fn slots(hours: &Hours, day: Weekday) -> String {
    let slots = hours.on(day).iter().map(|slot| format!("{}-{}", slot.from, slot.to));
    slots.collect::<Vec<_>>().join(", ")
}

fn hours(lang: Lang, fields: &FormFields, errors: &mut FormErrors) -> Hours {
    let mut days: BTreeMap<Weekday, Vec<Slot>> = BTreeMap::new();
    for (day, name, _) in weekdays() {
        let text = fields.text(&name);
        let slot = |part: &str| {
            let (from, to) = part.split_once(['-', '–'])?;
            Slot::try_from((from.trim().parse().ok()?, to.trim().parse().ok()?)).ok()
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let slots: Option<Vec<Slot>> = parts.map(slot).collect();
        let in_order = |slots: &Vec<Slot>| Hours::try_from(BTreeMap::from([(day, slots.clone())])).is_ok();
        match slots.filter(in_order) {
            Some(slots) if slots.is_empty() => {}
            Some(slots) => {
                days.insert(day, slots);
            }
            None => errors.add(name, words::err_hours(lang)),
        }
    }
    Hours::try_from(days).unwrap_or_default()
}

/// The windows of the branch.
pub(super) enum WindowsForm {}

impl SettingsPage for WindowsForm {
    const TAB: SettingsTab = SettingsTab {
        position: 40,
        address: "/admin/windows",
        title: words::tab_windows,
    };
    const WORD: &'static str = "windows";

    fn fields(draft: &BranchDraft) -> FormFields {
        let rows = draft.windows.iter().enumerate();
        rows.fold(FormFields::default(), |fields, (at, window)| {
            let arrow = ARROWS.iter().find(|(_, arrow, _)| Some(*arrow) == window.arrow);
            fields
                .with(format!("windows.{at}.id"), &window.id)
                .with(format!("windows.{at}.number"), window.number)
                .with(format!("windows.{at}.arrow"), arrow.map_or("", |(word, _, _)| word))
        })
    }

    fn form(form: HtmlForm<'_>, _: &BranchDraft) -> Markup {
        let lang = form.lang;
        let rows = form.fields.rows("windows");
        let new = rows.last().map_or(0, |last| last + 1);
        let none = [(String::new(), words::arrow_none(lang).to_owned())];
        let ways = ARROWS
            .iter()
            .map(|(word, _, name)| ((*word).to_owned(), name(lang).to_owned()));
        let arrows: Vec<_> = none.into_iter().chain(ways).collect();
        html! {
            @for at in rows.into_iter().chain([new]) {
                div.row.flat {
                    (form.hidden(&format!("windows.{at}.id")))
                    (form.text(&format!("windows.{at}.number"), words::window_number(lang), None, FieldKind::Number))
                    (form.choice(&format!("windows.{at}.arrow"), words::window_arrow(lang), &arrows))
                    @if at != new { (form.tick(&format!("windows.{at}.remove"), "1", words::remove(lang))) }
                }
            }
            @if let Some(says) = form.errors.list_error("windows", &[]) { p.error { "✖ " (says) } }
        }
    }

    async fn apply(
        context: FormContext<'_>,
        mut draft: BranchDraft,
        fields: &FormFields,
        errors: &mut FormErrors,
    ) -> Result<BranchDraft, Problem> {
        let before = std::mem::take(&mut draft.windows);
        for at in fields.rows("windows") {
            let row = |name: &str| format!("windows.{at}.{name}");
            if fields.has(&row("remove")) || fields.text(&row("number")).is_empty() {
                continue;
            }
            let number = names::number::<u16>(context.lang, fields, &row("number"), errors);
            if !(1..=999).contains(&number) {
                errors.add(row("number"), words::err_limits(context.lang));
            }
            if draft.windows.iter().any(|window| window.number == number) {
                errors.add(row("number"), words::err_twice(context.lang));
            }
            let known = before
                .iter()
                .find(|window| window.id.as_str() == fields.text(&row("id")));
            let taken = |id: &str| {
                before
                    .iter()
                    .chain(&draft.windows)
                    .any(|window| window.id.as_str() == id)
            };
            let id = known.map_or_else(|| names::free_id('w', taken), |known| known.id.to_string());
            let arrow = ARROWS.iter().find(|(word, _, _)| *word == fields.text(&row("arrow")));
            let arrow = arrow.map(|(_, arrow, _)| *arrow);
            draft
                .windows
                .extend(id.parse().ok().map(|id| Window { id, number, arrow }));
        }
        Ok(draft)
    }
}

/// A name in one language, as a list of services or people is typed.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n', ';'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
}
