//! A form's fields, as they were sent or as they are in force, with what is wrong at each.

use crate::{request::FormFields, words};
use maud::{Markup, html};
use protocol::Lang;
use std::collections::BTreeMap;

/// What is wrong, by name of the field.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FormErrors(BTreeMap<String, String>);

impl FormErrors {
    /// Something is wrong at a field; the first word about it stands.
    pub fn add(&mut self, name: impl Into<String>, says: impl Into<String>) {
        self.0.entry(name.into()).or_insert_with(|| says.into());
    }
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// What is wrong with a list or a row as a whole, for which there is no field of its own.
    pub fn list_error(&self, list: &str, fields: &[String]) -> Option<&str> {
        let of_list = |name: &&String| name.as_str() == list || (name.starts_with(list) && !fields.contains(name));
        let name = self.0.keys().find(of_list)?;
        self.0.get(name).map(String::as_str)
    }
}

/// Draws fields.
#[derive(Debug, Clone, Copy)]
pub struct HtmlForm<'a> {
    /// The language of the page.
    pub lang: Lang,
    /// As they were sent, or as they are in force.
    pub fields: &'a FormFields,
    /// What is wrong with them.
    pub errors: &'a FormErrors,
}

/// What kind of text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A line.
    Text,
    /// A whole number.
    Number,
    /// Something nobody may read over a shoulder.
    Secret,
    /// Digits that are typed once, e.g. a code.
    Digits,
}

impl HtmlForm<'_> {
    /// A field of one line, its label and hint, and what is wrong with it.
    pub fn text(&self, name: &str, label: &str, hint: Option<&str>, kind: FieldKind) -> Markup {
        let (kind, mode, fill) = match kind {
            FieldKind::Text => ("text", None, "off"),
            FieldKind::Number => ("text", Some("numeric"), "off"),
            FieldKind::Secret => ("password", None, "new-password"),
            FieldKind::Digits => ("text", Some("numeric"), "one-time-code"),
        };
        let value = (kind != "password").then(|| self.fields.text(name));
        let error = self.errors.0.get(name);
        html! {
            div.field {
                label for=(name) { (label) }
                input id=(name) name=(name) type=(kind) value=[value] inputmode=[mode] autocomplete=(fill)
                    aria-invalid=[error.map(|_| "true")] aria-describedby=[(hint.is_some() || error.is_some()).then(|| format!("{name}-about"))];
                (self.about(name, hint))
            }
        }
    }

    /// A field that offers a choice.
    pub fn choice(&self, name: &str, label: &str, options: &[(String, String)]) -> Markup {
        let chosen = self.fields.text(name);
        html! {
            div.field {
                label for=(name) { (label) }
                select id=(name) name=(name) {
                    @for (value, says) in options { option value=(value) selected[value == chosen] { (says) } }
                }
                (self.about(name, None))
            }
        }
    }

    /// A box to tick. Several of one name are told apart by their values.
    pub fn tick(&self, name: &str, value: &str, label: &str) -> Markup {
        let id = format!("{name}-{value}");
        html! {
            label.tick for=(id) {
                input id=(id) type="checkbox" name=(name) value=(value) checked[self.fields.all(name).any(|one| one == value)];
                (label)
            }
        }
    }

    /// A name, in each language of its own.
    pub fn names(&self, name: &str, label: &str) -> Markup {
        html! {
            fieldset.names {
                legend { (label) }
                @for lang in Lang::ALL { (self.text(&format!("{name}.{lang}"), words::name_of(lang), None, FieldKind::Text)) }
                @if let Some(says) = self.errors.0.get(name) { p.error { "✖ " (says) } }
            }
        }
    }

    /// What is sent along unseen.
    pub fn hidden(&self, name: &str) -> Markup {
        html! { input type="hidden" name=(name) value=(self.fields.text(name)); }
    }

    fn about(&self, name: &str, hint: Option<&str>) -> Markup {
        let error = self.errors.0.get(name);
        html! {
            @if hint.is_some() || error.is_some() {
                p.about id=(format!("{name}-about")) {
                    @if let Some(error) = error { span.error { "✖ " (error) } " " }
                    @if let Some(hint) = hint { (hint) }
                }
            }
        }
    }
}
