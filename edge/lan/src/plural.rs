//! Which plural form a whole number takes: the cardinal rules of CLDR for the languages we speak. For the functions
//! that `edge-words` makes.

use protocol::Lang;

/// A plural form, by CLDR's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluralForm {
    /// `1 person`, `21 минута`.
    One,
    /// `3 минуты`.
    Few,
    /// `5 минут`.
    Many,
    /// Everything else.
    Other,
}

/// The form of `n` things. Russian's `other` is for fractions and never comes of a whole number.
pub const fn form(lang: Lang, n: u32) -> PluralForm {
    match lang {
        Lang::UzLatn | Lang::UzCyrl | Lang::En => match n {
            1 => PluralForm::One,
            _ => PluralForm::Other,
        },
        Lang::Ru => match (n % 10, n % 100) {
            (1, tens) if tens != 11 => PluralForm::One,
            (2..=4, tens) if tens < 12 || tens > 14 => PluralForm::Few,
            _ => PluralForm::Many,
        },
    }
}
