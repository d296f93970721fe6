//! For build scripts: makes one function of each entry of a crate's `words.toml`, so that a text that is missing in a
//! language fails the build of the crate whose screen it is on.
//!
//! Nothing is guessed: a language left out, a plural form too few, a placeholder too many, or a letter of the wrong
//! alphabet ends the build with the entry's name.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};
use toml::{Table, Value};

/// What a build script ends with.
pub type BuildResult<T = ()> = Result<T, Box<dyn Error>>;

/// Who may call the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Every crate: the texts that several areas share.
    Everybody,
    /// The crate itself.
    ThisCrate,
}

/// A language: its tag, its variant of `Lang`, the plural forms whole numbers have in it (CLDR), and its alphabet.
struct LanguageSpec {
    tag: &'static str,
    variant: &'static str,
    forms: &'static [&'static str],
    alphabet: Alphabet,
}

#[derive(Clone, Copy, PartialEq)]
enum Alphabet {
    Latin,
    UzbekLatin,
    Cyrillic,
}

const LANGUAGES: [LanguageSpec; 4] = [
    LanguageSpec {
        tag: "uz-Latn",
        variant: "UzLatn",
        forms: &["one", "other"],
        alphabet: Alphabet::UzbekLatin,
    },
    LanguageSpec {
        tag: "uz-Cyrl",
        variant: "UzCyrl",
        forms: &["one", "other"],
        alphabet: Alphabet::Cyrillic,
    },
    LanguageSpec {
        tag: "ru",
        variant: "Ru",
        forms: &["one", "few", "many"],
        alphabet: Alphabet::Cyrillic,
    },
    LanguageSpec {
        tag: "en",
        variant: "En",
        forms: &["one", "other"],
        alphabet: Alphabet::Latin,
    },
];

/// Words in Latin letters that stand in Cyrillic texts as they are.
const KEPT_IN_LATIN: &[&str] = &[
    "QR", "PIN", "SMS", "IP", "ID", "F1", "F8", "A", "Z", "Ostona", "UZ", "RU", "EN", "OK", "MP4", "PNG", "JPEG", "WAV",
];

/// Every plural form of CLDR that a language of ours has.
const FORMS: [&str; 4] = ["one", "few", "many", "other"];

/// Reads `words.toml` beside the build script and writes `words.rs` to where the build's output goes. The file that
/// includes it has `Lang` and `plural` in scope.
pub fn build(callers: Visibility) -> BuildResult {
    let mut stdout = std::io::stdout();
    std::io::Write::write_all(&mut stdout, b"cargo::rerun-if-changed=words.toml\n")?;
    let code = functions(&fs::read_to_string("words.toml")?, callers)?;
    let out = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    fs::write(Path::new(&out).join("words.rs"), code)?;
    Ok(())
}

/// The code made of a catalogue.
fn functions(catalogue: &str, callers: Visibility) -> BuildResult<String> {
    let table: Table = toml::from_str(catalogue)?;
    let mut code = String::new();
    for (key, entry) in &table {
        let entry = entry.as_table().ok_or_else(|| format!("{key} is no table"))?;
        function(&mut code, key, entry, callers).map_err(|error| format!("words.toml: {key}: {error}"))?;
    }
    Ok(code)
}

/// `fn ahead(lang: Lang, n: u32) -> String`, or `fn start(lang: Lang) -> &'static str` where nothing is filled in.
fn function(code: &mut String, key: &str, entry: &Table, callers: Visibility) -> BuildResult {
    let known = |name: &str| LANGUAGES.iter().any(|language| language.tag == name);
    let mut places = Vec::new();
    for (name, kind) in entry.iter().filter(|(name, _)| !known(name)) {
        let kind = match kind.as_str() {
            Some("count" | "number") => "u32",
            Some("text") => "impl std::fmt::Display",
            _ => return Err(format!("{name} is neither a language nor a count, number or text").into()),
        };
        places.push((name.as_str(), kind));
    }
    let count = entry
        .iter()
        .find(|(_, kind)| kind.as_str() == Some("count"))
        .map(|(name, _)| name.as_str());
    let mut arms = String::new();
    for language in &LANGUAGES {
        let text = entry
            .get(language.tag)
            .ok_or_else(|| format!("{} is missing", language.tag))?;
        let arm = arm(language, text, count, &places).map_err(|error| format!("{}: {error}", language.tag))?;
        writeln!(arms, "        Lang::{} => {arm},", language.variant)?;
    }
    let arguments: String = places.iter().map(|(name, kind)| format!(", {name}: {kind}")).collect();
    let result = if places.is_empty() { "&'static str" } else { "String" };
    let visible = match callers {
        Visibility::Everybody => "pub",
        Visibility::ThisCrate => "pub(crate)",
    };
    // The English text is what a caller looks for.
    let about = format!("{:?}", entry.get("en").ok_or("en is missing")?.to_string());
    writeln!(
        code,
        "#[doc = {about}]\n{visible} fn {key}(lang: Lang{arguments}) -> {result} {{\n    match lang {{\n{arms}    }}\n}}"
    )?;
    Ok(())
}

/// What stands behind `Lang::… =>`.
fn arm(language: &LanguageSpec, text: &Value, count: Option<&str>, places: &[(&str, &str)]) -> BuildResult<String> {
    match (text, count) {
        (Value::String(text), _) => literal(language, text, places),
        (Value::Table(forms), Some(count)) => {
            let mut found: Vec<&str> = forms.keys().map(String::as_str).collect();
            let mut wanted = language.forms.to_vec();
            found.sort_unstable();
            wanted.sort_unstable();
            if found != wanted {
                return Err(format!("has the forms {found:?}, not {wanted:?}").into());
            }
            let (last, others) = language.forms.split_last().ok_or("no forms")?;
            let mut arms = String::new();
            for form in others.iter().chain([last]) {
                let text = forms.get(*form).and_then(Value::as_str).ok_or("a form is no text")?;
                // The last form stands for all that the language does not have, too.
                let absent = FORMS.iter().filter(|one| !language.forms.contains(one) && form == last);
                let pattern: Vec<String> = [form].into_iter().chain(absent).map(|one| titled(one)).collect();
                let pattern = pattern.join(" | ");
                write!(arms, "{pattern} => {}, ", literal(language, text, places)?)?;
            }
            Ok(format!("match plural::form(lang, {count}) {{ {arms}}}"))
        }
        _ => Err("is neither a text nor forms of a count".into()),
    }
}

/// `one` → `plural::PluralForm::One`.
fn titled(form: &str) -> String {
    let mut letters = form.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("plural::PluralForm::{}{}", first.to_uppercase(), letters.as_str())
    })
}

/// A text as Rust writes it; with places, as a call of `format!`, which checks their names.
fn literal(language: &LanguageSpec, text: &str, places: &[(&str, &str)]) -> BuildResult<String> {
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    let mut plain = text.to_owned();
    for (name, _) in places {
        let place = format!("{{{name}}}");
        // A form like "one person" may leave its number out, a text may not.
        plain = plain.replace(&place, " ");
    }
    if plain.contains(['{', '}']) {
        return Err(format!("{text:?} has a place that is not declared").into());
    }
    letters(language.alphabet, &plain)?;
    Ok(if places.is_empty() {
        format!("{text:?}")
    } else {
        let unused: String = places
            .iter()
            .filter(|(name, _)| !text.contains(&format!("{{{name}}}")))
            .map(|(name, _)| format!("let _ = &{name}; "))
            .collect();
        format!("{{ {unused}format!({text:?}) }}")
    })
}

/// Apostrophes are letters (U+02BB, U+02BC) in Uzbek, and no alphabet borrows from another.
fn letters(alphabet: Alphabet, text: &str) -> BuildResult {
    let wrong = match alphabet {
        Alphabet::UzbekLatin => text
            .chars()
            .find(|c| matches!(c, '\'' | '‘' | '’' | '`') || is_cyrillic(*c)),
        Alphabet::Latin => text.chars().find(|c| is_cyrillic(*c)),
        Alphabet::Cyrillic => text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !KEPT_IN_LATIN.contains(word))
            .find_map(|word| word.chars().find(char::is_ascii_alphabetic)),
    };
    match wrong {
        Some(letter) => Err(format!("{letter:?} does not belong in {text:?}").into()),
        None => Ok(()),
    }
}

fn is_cyrillic(letter: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&letter)
}

#[cfg(test)]
mod tests;
