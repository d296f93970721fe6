//! A form's fields, as they were sent or as they are in force, with what is wrong at each.

use crate::{request::Fields, words};
use maud::{Markup, html};
use protocol::{Lang, queue::NotABranch};
use std::collections::BTreeMap;

/// What is wrong, by name of the field.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Errors(BTreeMap<String, String>);

impl Errors {
    pub(super) fn add(&mut self, name: impl Into<String>, says: impl Into<String>) {
        self.0.entry(name.into()).or_insert_with(|| says.into());
    }
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Why a draft is no branch, at the field it is about.
    pub(super) fn add_not_a_branch(&mut self, lang: Lang, error: &NotABranch) {
        let says = if error.what.contains("twice") {
            words::err_twice(lang)
        } else {
            words::err_limits(lang)
        };
        self.add(error.key.clone(), says);
    }
    /// What is wrong with a list or a row as a whole, for which there is no field of its own.
    pub(super) fn under(&self, list: &str, fields: &[String]) -> Option<&str> {
        let of_list = |name: &&String| name.as_str() == list || (name.starts_with(list) && !fields.contains(name));
        let name = self.0.keys().find(of_list)?;
        self.0.get(name).map(String::as_str)
    }
}

/// Draws fields.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) lang: Lang,
    pub(super) fields: &'a Fields,
    pub(super) errors: &'a Errors,
}

/// What kind of text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line.
    Text,
    /// A whole number.
    Number,
    /// Something nobody may read over a shoulder.
    Secret,
    /// Digits that are typed once, e.g. a code.
    Digits,
}

impl Form<'_> {
    /// A field of one line, its label and hint, and what is wrong with it.
    pub(super) fn text(&self, name: &str, label: &str, hint: Option<&str>, kind: Kind) -> Markup {
        let (kind, mode, fill) = match kind {
            Kind::Text => ("text", None, "off"),
            Kind::Number => ("text", Some("numeric"), "off"),
            Kind::Secret => ("password", None, "new-password"),
            Kind::Digits => ("text", Some("numeric"), "one-time-code"),
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
    pub(super) fn choice(&self, name: &str, label: &str, options: &[(String, String)]) -> Markup {
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
    pub(super) fn tick(&self, name: &str, value: &str, label: &str) -> Markup {
        let id = format!("{name}-{value}");
        html! {
            label.tick for=(id) {
                input id=(id) type="checkbox" name=(name) value=(value) checked[self.fields.all(name).any(|one| one == value)];
                (label)
            }
        }
    }

    /// A name, in each language of its own.
    pub(super) fn names(&self, name: &str, label: &str) -> Markup {
        html! {
            fieldset.names {
                legend { (label) }
                @for lang in Lang::ALL { (self.text(&format!("{name}.{lang}"), words::name_of(lang), None, Kind::Text)) }
                @if let Some(says) = self.errors.0.get(name) { p.error { "✖ " (says) } }
            }
        }
    }

    /// What is sent along unseen.
    pub(super) fn kept(&self, name: &str) -> Markup {
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
