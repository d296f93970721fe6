//! Numbers as they are said: which words, in which order, in each tongue.
//!
//! A number is the name of a ticket or a window here, so it is said in the plain (masculine) form; only the thousands of
//! Russian, which are counted, take the feminine.

use super::phrase::{SpokenLanguage, Stem};

/// The greatest number said as one; a longer one is said digit by digit.
pub(crate) const GREATEST: u32 = 9_999;

/// The words of a number.
pub(crate) fn number(tongue: SpokenLanguage, number: u32) -> Vec<Stem> {
    let mut said = Vec::new();
    if number > GREATEST {
        let digits = number.to_string();
        said.extend(
            digits
                .bytes()
                .map(|digit| Stem::Number(u16::from(digit.saturating_sub(b'0')))),
        );
    } else if number == 0 {
        said.push(Stem::Number(0));
    } else {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        thousands(tongue, number / 1000, &mut said);
        below_thousand(tongue, number % 1000, &mut said);
    }
    said
}

fn thousands(tongue: SpokenLanguage, thousands: u16, said: &mut Vec<Stem>) {
    match (tongue, thousands) {
        (_, 0) => {}
        (SpokenLanguage::Ru, 1) => said.extend([Stem::OneFeminine, Stem::Number(1000)]),
        (SpokenLanguage::Ru, 2) => said.extend([Stem::TwoFeminine, Stem::ThousandsFew]),
        (SpokenLanguage::Ru, 3 | 4) => said.extend([Stem::Number(thousands), Stem::ThousandsFew]),
        (SpokenLanguage::Ru, _) => said.extend([Stem::Number(thousands), Stem::ThousandsMany]),
        (SpokenLanguage::Uz | SpokenLanguage::En, _) => said.extend([Stem::Number(thousands), Stem::Number(1000)]),
    }
}

fn below_thousand(tongue: SpokenLanguage, number: u16, said: &mut Vec<Stem>) {
    let (hundreds, rest) = (number / 100, number % 100);
    match tongue {
        _ if hundreds == 0 => {}
        SpokenLanguage::Ru => said.push(Stem::Number(hundreds * 100)),
        // Plain `yuz` for one hundred, as people say it; `ikki yuz` from there on.
        SpokenLanguage::Uz if hundreds == 1 => said.push(Stem::Number(100)),
        SpokenLanguage::Uz | SpokenLanguage::En => said.extend([Stem::Number(hundreds), Stem::Number(100)]),
    }
    below_hundred(tongue, rest, said);
}

fn below_hundred(tongue: SpokenLanguage, number: u16, said: &mut Vec<Stem>) {
    let one_word = match tongue {
        // `oʻn bir`: Uzbek has no words of its own for 11 to 19.
        SpokenLanguage::Uz => number < 10,
        SpokenLanguage::Ru | SpokenLanguage::En => number < 20,
    };
    match (number, one_word) {
        (0, _) => {}
        (_, true) => said.push(Stem::Number(number)),
        (_, false) => {
            said.push(Stem::Number(number / 10 * 10));
            if !number.is_multiple_of(10) {
                said.push(Stem::Number(number % 10));
            }
        }
    }
}
