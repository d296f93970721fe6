//! Sentences of the voice: which recorded words a call is made of, and the set of words a tongue needs.
//!
//! A sentence uses words of its tongue's set only, so a set that is whole can say every call.

use super::numbers;
use protocol::{Lang, queue::TicketNumber};

/// A spoken language. Uzbek sounds the same in both scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SpokenLanguage {
    Uz,
    Ru,
    En,
}

/// One recorded word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stem {
    /// "Ticket", before its number.
    Ticket,
    /// "Window", before its number.
    Window,
    /// The name of a letter, `b'A'` to `b'Z'`.
    Letter(u8),
    /// A number that is one word.
    Number(u16),
    /// `одна`.
    OneFeminine,
    /// `две`.
    TwoFeminine,
    /// `тысячи`.
    ThousandsFew,
    /// `тысяч`.
    ThousandsMany,
}

impl SpokenLanguage {
    pub(crate) const ALL: [SpokenLanguage; 3] = [SpokenLanguage::Uz, SpokenLanguage::Ru, SpokenLanguage::En];

    pub(crate) fn of(lang: Lang) -> Self {
        match lang {
            Lang::UzLatn | Lang::UzCyrl => SpokenLanguage::Uz,
            Lang::Ru => SpokenLanguage::Ru,
            Lang::En => SpokenLanguage::En,
        }
    }

    /// The language it is called by.
    pub(crate) fn lang(self) -> Lang {
        match self {
            SpokenLanguage::Uz => Lang::UzLatn,
            SpokenLanguage::Ru => Lang::Ru,
            SpokenLanguage::En => Lang::En,
        }
    }

    /// Its folder in a stem set, which is its ISO 639-1 code, too.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            SpokenLanguage::Uz => "uz",
            SpokenLanguage::Ru => "ru",
            SpokenLanguage::En => "en",
        }
    }

    /// Every word its set holds.
    pub(crate) fn stems(self) -> Vec<Stem> {
        let tens = (2..10).map(|ten| ten * 10);
        let numbers: Vec<u16> = match self {
            SpokenLanguage::Uz => (0..=10).chain(tens).chain([100, 1000]).collect(),
            SpokenLanguage::En => (0..20).chain(tens).chain([100, 1000]).collect(),
            SpokenLanguage::Ru => {
                let hundreds = (1..10).map(|hundred| hundred * 100);
                (0..20).chain(tens).chain(hundreds).chain([1000]).collect()
            }
        };
        let counted: &[Stem] = match self {
            SpokenLanguage::Uz | SpokenLanguage::En => &[],
            SpokenLanguage::Ru => &[
                Stem::OneFeminine,
                Stem::TwoFeminine,
                Stem::ThousandsFew,
                Stem::ThousandsMany,
            ],
        };
        let letters = (b'A'..=b'Z').map(Stem::Letter);
        let words = [Stem::Ticket, Stem::Window].into_iter().chain(letters);
        words
            .chain(numbers.into_iter().map(Stem::Number))
            .chain(counted.iter().copied())
            .collect()
    }
}

impl Stem {
    /// Name of its clip, without `.wav`: `ticket`, `letter-k`, `21`, `1000-few`.
    pub(crate) fn file(self) -> String {
        match self {
            Stem::Ticket => "ticket".to_owned(),
            Stem::Window => "window".to_owned(),
            Stem::Letter(letter) => format!("letter-{}", char::from(letter.to_ascii_lowercase())),
            Stem::Number(number) => number.to_string(),
            Stem::OneFeminine => "1-feminine".to_owned(),
            Stem::TwoFeminine => "2-feminine".to_owned(),
            Stem::ThousandsFew => "1000-few".to_owned(),
            Stem::ThousandsMany => "1000-many".to_owned(),
        }
    }
}

/// "Ticket K twenty one, window three".
pub(crate) fn call(tongue: SpokenLanguage, ticket: TicketNumber, window: u16) -> Vec<Stem> {
    let letters = ticket.prefix.to_string();
    let mut said = vec![Stem::Ticket];
    said.extend(letters.bytes().map(Stem::Letter));
    said.extend(numbers::number(tongue, ticket.count));
    said.push(Stem::Window);
    said.extend(numbers::number(tongue, window.into()));
    said
}
