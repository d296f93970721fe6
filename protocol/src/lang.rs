//! The languages of a front of house, and names given in several of them.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A language people are spoken to in; its text form is its BCP 47 tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Lang {
    /// Uzbek in Latin script.
    #[default]
    #[serde(rename = "uz-Latn")]
    UzLatn,
    /// Uzbek in Cyrillic script.
    #[serde(rename = "uz-Cyrl")]
    UzCyrl,
    /// Russian.
    #[serde(rename = "ru")]
    Ru,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// Every language, in the order screens offer them.
    pub const ALL: [Lang; 4] = [Lang::UzLatn, Lang::UzCyrl, Lang::Ru, Lang::En];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::UzLatn => "uz-Latn",
            Lang::UzCyrl => "uz-Cyrl",
            Lang::Ru => "ru",
            Lang::En => "en",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// No language we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no language we speak: uz-Latn, uz-Cyrl, ru or en")]
pub struct UnknownLang;

impl FromStr for Lang {
    type Err = UnknownLang;
    fn from_str(text: &str) -> Result<Self, UnknownLang> {
        Lang::ALL.into_iter().find(|lang| lang.tag() == text).ok_or(UnknownLang)
    }
}

/// A name or text in one language at least; others fall back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Lang, String>", into = "BTreeMap<Lang, String>")]
pub struct Names(BTreeMap<Lang, String>);

/// A name given in no language, an empty one, or one that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is given in one language at least, with 1 to {} characters", Names::LONGEST)]
pub struct NamesError;

impl Names {
    /// Characters at most.
    pub const LONGEST: usize = 200;

    /// A name that is the same in all languages.
    pub fn of(text: impl Into<String>) -> Result<Self, NamesError> {
        Self::try_from(BTreeMap::from([(Lang::UzLatn, text.into())]))
    }
    /// In `lang`, else in the first language it is given in.
    pub fn get(&self, lang: Lang) -> &str {
        self.0
            .get(&lang)
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
    /// As given, by language.
    pub fn given(&self) -> &BTreeMap<Lang, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<Lang, String>> for Names {
    type Error = NamesError;
    fn try_from(names: BTreeMap<Lang, String>) -> Result<Self, NamesError> {
        let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= Self::LONGEST;
        if !names.is_empty() && names.values().all(fits) {
            Ok(Self(names))
        } else {
            Err(NamesError)
        }
    }
}

impl From<Names> for BTreeMap<Lang, String> {
    fn from(names: Names) -> Self {
        names.0
    }
}
