//! Placeholder stems, spoken by espeak-ng until people have recorded better ones.
//!
//! Never overwrites a clip that is there: what an installer brought stays.

use super::{
    phrase::{SpokenLanguage, Stem},
    stems::{Stems, put},
};
use std::{
    io,
    process::{Command, Stdio},
};

/// Words a minute: slower than espeak-ng's own 175, for a hall with an echo.
const PACE: &str = "140";

const LETTERS: [[&str; 26]; 3] = [
    [
        "a", "be", "se", "de", "e", "ef", "ge", "he", "i", "je", "ke", "el", "em", "en", "o", "pe", "qu", "er", "es",
        "te", "u", "ve", "dabl ve", "iks", "ye", "ze",
    ],
    [
        "а",
        "бэ",
        "цэ",
        "дэ",
        "е",
        "эф",
        "гэ",
        "аш",
        "и",
        "жи",
        "ка",
        "эль",
        "эм",
        "эн",
        "о",
        "пэ",
        "ку",
        "эр",
        "эс",
        "тэ",
        "у",
        "вэ",
        "дубль вэ",
        "икс",
        "игрек",
        "зэт",
    ],
    [
        "eigh",
        "bee",
        "see",
        "dee",
        "ee",
        "eff",
        "gee",
        "aitch",
        "eye",
        "jay",
        "kay",
        "ell",
        "em",
        "en",
        "oh",
        "pee",
        "cue",
        "are",
        "ess",
        "tee",
        "you",
        "vee",
        "double you",
        "ex",
        "why",
        "zed",
    ],
];

/// Makes what is missing; how many clips that were. Without espeak-ng an error of kind `NotFound`.
pub(crate) fn make(stems: &Stems) -> io::Result<usize> {
    let mut made = 0;
    for tongue in SpokenLanguage::ALL {
        for stem in stems.missing(tongue) {
            let spoken = Command::new("espeak-ng")
                .args(["-v", tongue.code(), "-s", PACE, "--stdout", "--"])
                .arg(text(tongue, stem))
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .output()?;
            if !spoken.status.success() {
                return Err(io::Error::other("espeak-ng failed"));
            }
            put(&stems.path(tongue, stem), &spoken.stdout)?;
            made += 1;
        }
    }
    Ok(made)
}

/// What is said: the list a speaker reads from when recording a set, too.
pub(crate) fn text(tongue: SpokenLanguage, stem: Stem) -> &'static str {
    match (stem, tongue) {
        (Stem::Ticket, SpokenLanguage::Uz) => "chipta",
        (Stem::Ticket, SpokenLanguage::Ru) => "билет",
        (Stem::Ticket, SpokenLanguage::En) => "ticket",
        (Stem::Window, SpokenLanguage::Uz) => "oyna",
        (Stem::Window, SpokenLanguage::Ru) => "окно",
        (Stem::Window, SpokenLanguage::En) => "window",
        (Stem::Letter(letter), _) => letter_name(tongue, letter),
        (Stem::Number(number), SpokenLanguage::Uz) => uz(number),
        (Stem::Number(number), SpokenLanguage::Ru) => ru(number),
        (Stem::Number(number), SpokenLanguage::En) => en(number),
        (Stem::OneFeminine, _) => "одна",
        (Stem::TwoFeminine, _) => "две",
        (Stem::ThousandsFew, _) => "тысячи",
        (Stem::ThousandsMany, _) => "тысяч",
    }
}

fn letter_name(tongue: SpokenLanguage, letter: u8) -> &'static str {
    let [uz, ru, en] = &LETTERS;
    let names = match tongue {
        SpokenLanguage::Uz => uz,
        SpokenLanguage::Ru => ru,
        SpokenLanguage::En => en,
    };
    names.get(usize::from(letter.wrapping_sub(b'A'))).copied().unwrap_or("")
}

fn among(number: u16, units: &[&'static str], tens: &[&'static str]) -> Option<&'static str> {
    let number = usize::from(number);
    units.get(number).copied().or_else(|| {
        let whole = number % 10 == 0;
        whole
            .then(|| tens.get((number / 10).checked_sub(1)?).copied())
            .flatten()
    })
}

fn uz(number: u16) -> &'static str {
    let units = [
        "nol", "bir", "ikki", "uch", "toʻrt", "besh", "olti", "yetti", "sakkiz", "toʻqqiz",
    ];
    let tens = [
        "oʻn", "yigirma", "oʻttiz", "qirq", "ellik", "oltmish", "yetmish", "sakson", "toʻqson", "yuz",
    ];
    match number {
        1000 => "ming",
        _ => among(number, &units, &tens).unwrap_or(""),
    }
}

fn ru(number: u16) -> &'static str {
    let units = [
        "ноль",
        "один",
        "два",
        "три",
        "четыре",
        "пять",
        "шесть",
        "семь",
        "восемь",
        "девять",
        "десять",
        "одиннадцать",
        "двенадцать",
        "тринадцать",
        "четырнадцать",
        "пятнадцать",
        "шестнадцать",
        "семнадцать",
        "восемнадцать",
        "девятнадцать",
    ];
    let tens = [
        "десять",
        "двадцать",
        "тридцать",
        "сорок",
        "пятьдесят",
        "шестьдесят",
        "семьдесят",
        "восемьдесят",
        "девяносто",
    ];
    let hundreds = [
        "сто",
        "двести",
        "триста",
        "четыреста",
        "пятьсот",
        "шестьсот",
        "семьсот",
        "восемьсот",
        "девятьсот",
        "тысяча",
    ];
    if number >= 100 {
        let hundred = usize::from(number / 100).checked_sub(1);
        return hundred.and_then(|at| hundreds.get(at)).copied().unwrap_or("");
    }
    among(number, &units, &tens).unwrap_or("")
}

fn en(number: u16) -> &'static str {
    let units = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    let tens = [
        "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
    ];
    match number {
        1000 => "thousand",
        _ => among(number, &units, &tens).unwrap_or(""),
    }
}
