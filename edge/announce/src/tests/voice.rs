//! The voice: every number is said right, nothing overlaps, and clips of any maker are joined.

use super::word::word;
use crate::voice::{
    announcement_queue::{AnnouncementQueue, AnnouncerAction},
    numbers::number,
    phrase::{self, SpokenLanguage, Stem},
    placeholder,
    stems::Stems,
    wav::{Clip, InvalidClip},
};
use expect_test::{Expect, expect};
use protocol::Lang;
use std::collections::BTreeSet;

fn check(tongue: SpokenLanguage, ticket: &str, window: u16, said: &Expect) {
    let stems = phrase::call(tongue, ticket.parse().expect("a number"), window);
    let words: Vec<_> = stems.iter().map(|stem| placeholder::text(tongue, *stem)).collect();
    said.assert_eq(&words.join(" "));
}

#[test]
fn calls_are_said_as_people_say_them() {
    check(SpokenLanguage::Uz, "K-001", 3, &expect!["chipta ke bir oyna uch"]);
    check(
        SpokenLanguage::Uz,
        "K-119",
        12,
        &expect!["chipta ke yuz oʻn toʻqqiz oyna oʻn ikki"],
    );
    check(
        SpokenLanguage::Uz,
        "AB-1240",
        20,
        &expect!["chipta a be bir ming ikki yuz qirq oyna yigirma"],
    );
    check(SpokenLanguage::Ru, "K-001", 1, &expect!["билет ка один окно один"]);
    check(
        SpokenLanguage::Ru,
        "O-219",
        40,
        &expect!["билет о двести девятнадцать окно сорок"],
    );
    check(
        SpokenLanguage::Ru,
        "K-1002",
        2,
        &expect!["билет ка одна тысяча два окно два"],
    );
    check(
        SpokenLanguage::Ru,
        "K-2600",
        2,
        &expect!["билет ка две тысячи шестьсот окно два"],
    );
    check(
        SpokenLanguage::Ru,
        "K-5021",
        2,
        &expect!["билет ка пять тысяч двадцать один окно два"],
    );
    check(
        SpokenLanguage::En,
        "K-999",
        110,
        &expect!["ticket kay nine hundred ninety nine window one hundred ten"],
    );
    check(
        SpokenLanguage::En,
        "K-12345",
        7,
        &expect!["ticket kay one two three four five window seven"],
    );
}

/// What the words add up to, read by the rules of counting and nothing else.
fn counted(stems: &[Stem]) -> u32 {
    let (mut whole, mut part) = (0, 0);
    for stem in stems {
        match stem {
            Stem::Number(100) => part = part.max(1) * 100,
            Stem::Number(1000) | Stem::ThousandsFew | Stem::ThousandsMany => {
                whole += part.max(1) * 1000;
                part = 0;
            }
            Stem::Number(one) => part += u32::from(*one),
            Stem::OneFeminine => part += 1,
            Stem::TwoFeminine => part += 2,
            Stem::Ticket | Stem::Window | Stem::Letter(_) => panic!("{stem:?} is no number"),
        }
    }
    whole + part
}

#[test]
fn every_number_is_said_as_what_it_is_with_words_of_the_set() {
    for tongue in SpokenLanguage::ALL {
        let set: BTreeSet<_> = tongue.stems().into_iter().collect();
        for count in 0..=9_999 {
            let said = number(tongue, count);
            assert_eq!(counted(&said), count, "{tongue:?} {said:?}");
            assert!(
                said.iter().all(|stem| set.contains(stem)),
                "{tongue:?} {count} {said:?}"
            );
            let grows = said.windows(2).all(|pair| pair[0] != pair[1]);
            assert!(grows, "{tongue:?} {count} stammers: {said:?}");
        }
    }
}

#[test]
fn every_word_has_a_text_and_a_file_of_its_own() {
    let sizes: Vec<_> = SpokenLanguage::ALL.map(|tongue| tongue.stems().len()).into();
    // 21 numbers, 42 and 30, each with 26 letters, "ticket" and "window".
    assert_eq!(sizes, [49, 70, 58]);
    for tongue in SpokenLanguage::ALL {
        let stems = tongue.stems();
        let files: BTreeSet<_> = stems.iter().map(|stem| stem.file()).collect();
        assert_eq!(files.len(), stems.len());
        for stem in stems {
            assert!(!placeholder::text(tongue, stem).is_empty(), "{tongue:?} {stem:?}");
        }
    }
}

#[test]
fn clips_of_any_maker_come_out_alike() {
    for (rate, channels) in [(22_050, 1), (44_100, 2), (48_000, 1), (8_000, 2)] {
        let clip = Clip::parse(&word(500, rate, channels)).expect("a clip");
        assert!((498..=500).contains(&clip.ms()), "{rate} {channels}: {} ms", clip.ms());
        let again = Clip::parse(&clip.file()).expect("our own file");
        assert_eq!(again, clip);
    }
    assert!(Clip::chime().ms() > 1000);
}

#[test]
fn what_is_no_clip_is_told_apart() {
    let good = word(100, 22_050, 1);
    for (bytes, why) in [
        (b"MP3".to_vec(), InvalidClip::NotWave),
        (good[..20].to_vec(), InvalidClip::CutOff),
        (word(0, 22_050, 1), InvalidClip::Empty),
        (word(100, 96_000, 1), InvalidClip::Form),
        (word(100, 22_050, 3), InvalidClip::Form),
        (word(10_100, 8_000, 1), InvalidClip::TooLong),
    ] {
        assert_eq!(Clip::parse(&bytes), Err(why));
    }
}

#[test]
fn fuzz_clips() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(clip) = Clip::parse(bytes) {
            assert_eq!(Clip::parse(&clip.file()), Ok(clip));
        }
    });
}

proptest::proptest! {
    #[test]
    fn what_is_joined_is_as_long_as_its_parts(lens in proptest::collection::vec(1_u32..2000, 1..20)) {
        let mut whole = Clip::default();
        lens.iter().for_each(|ms| whole.push(&Clip::silence(*ms)));
        let sum: u64 = lens.iter().map(|ms| u64::from(*ms)).sum();
        proptest::prop_assert!(whole.ms() <= sum && whole.ms() + lens.len() as u64 >= sum);
    }
}

#[test]
fn a_set_says_what_it_can_and_never_half_a_sentence() {
    let dir = tempfile::tempdir().expect("a directory");
    let stems = Stems::new(dir.path());
    let langs = [Lang::UzLatn, Lang::UzCyrl, Lang::Ru];
    let ticket = "K-021".parse().expect("a number");
    let bare = stems.call(&langs, ticket, 3);
    assert!(bare.langs.is_empty() && bare.clip == Clip::chime(), "the chime alone");
    for name in [
        "uz/ticket",
        "uz/letter-k",
        "uz/20",
        "uz/1",
        "uz/window",
        "uz/3",
        "ru/ticket",
    ] {
        stems.keep(&format!("{name}.wav"), &word(300, 22_050, 1)).expect("kept");
    }
    let said = stems.call(&langs, ticket, 3);
    assert_eq!(
        said.langs,
        [Lang::UzLatn],
        "once, though both scripts are asked for; Russian lacks words"
    );
    assert!(said.clip.ms() > bare.clip.ms() + 6 * 300);
    stems.keep("chime.wav", &word(100, 22_050, 1)).expect("kept");
    assert!(stems.call(&[], ticket, 3).clip.ms() <= 100);
}

#[test]
fn nothing_is_kept_outside_the_set() {
    let dir = tempfile::tempdir().expect("a directory");
    let stems = Stems::new(dir.path());
    for name in [
        "../uz/1.wav",
        "uz/../../x.wav",
        "de/1.wav",
        "uz/11.wav",
        "uz/1.mp3",
        "uz/",
        "",
        "/etc/x.wav",
    ] {
        assert!(stems.keep(name, &word(10, 22_050, 1)).is_err(), "{name}");
    }
    assert!(stems.keep("uz/1.wav", b"no sound").is_err());
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 0);
}

#[test]
fn turns_are_taken_one_after_the_other_and_repeated_once() {
    let mut turns = AnnouncementQueue::default();
    let same = |one: &(u8, u8), other: &(u8, u8)| one.0 == other.0;
    turns.add((1, 0), same);
    turns.add((2, 0), same);
    assert_eq!(turns.next(0), AnnouncerAction::Say((1, 0)));
    turns.schedule_repeat((1, 1), 4_000);
    assert_eq!(turns.next(4_000), AnnouncerAction::Say((2, 0)));
    turns.schedule_repeat((2, 1), 8_000);
    assert_eq!(turns.next(8_000), AnnouncerAction::At(12_000));
    assert_eq!(
        turns.next(12_000),
        AnnouncerAction::Say((1, 1)),
        "a second time, not a third"
    );
    turns.add((2, 0), same);
    assert_eq!(
        turns.next(12_500),
        AnnouncerAction::Say((2, 0)),
        "a recall replaces the repeat"
    );
    assert_eq!(turns.next(20_000), AnnouncerAction::Rest);
}

#[test]
fn placeholders_are_spoken_where_espeak_ng_is_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let stems = Stems::new(dir.path());
    stems.keep("uz/1.wav", &word(100, 22_050, 1)).expect("kept");
    match placeholder::make(&stems) {
        Ok(made) => {
            assert_eq!(made, 49 + 70 + 58 - 1, "all but the one that was there");
            let sound = stems.call(
                &[Lang::UzLatn, Lang::Ru, Lang::En],
                "K-345".parse().expect("a number"),
                12,
            );
            assert_eq!(sound.langs, [Lang::UzLatn, Lang::Ru, Lang::En]);
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
    }
}
