//! What printers say of themselves, as recorded and as the manuals have it.

use crate::wire::{
    escpos::status::{EscPosReply, EscPosReplyParser, of_answers, of_frame},
    ipp::{self, IppResponse},
    zpl,
};
use expect_test::{Expect, expect};

fn heard(bytes: &[u8]) -> Vec<EscPosReply> {
    let mut listener = EscPosReplyParser::default();
    listener.feed(bytes);
    std::iter::from_fn(|| listener.next_reply()).collect()
}

#[test]
fn answers_frames_and_noise_are_told_apart() {
    // A status frame between two answers, the answer to GS r after XON, and half a frame that a whole one follows.
    let bytes = [
        0x12, 0x10, 0, 0, 0x0f, 0x16, 0x11, 0x00, 0x18, 0x00, 0x1c, 0x10, 0x0c, 0x0f,
    ];
    expect!["[Now(18), Status([16, 0, 0, 15]), Now(22), Done(0), Done(0)]"].assert_eq(&format!("{:?}", heard(&bytes)));
    assert_eq!(heard(&[0x10, 0, 0]), [], "not whole yet");
    assert_eq!(
        heard(&[0x10, 0, 0x10, 0, 0, 0x0f]),
        [EscPosReply::Done(0), EscPosReply::Status([0x10, 0, 0, 0x0f])],
        "a frame that was cut off swallows no other"
    );
}

#[test]
fn every_bit_has_its_word() {
    let answers = |bytes: [u8; 4]| of_answers(bytes).in_words();
    let frame = |bytes: [u8; 4]| of_frame(bytes).in_words();
    let table = [
        ("fine", answers([0x12, 0x12, 0x12, 0x12]), frame([0x10, 0, 0, 0x0f])),
        ("low", answers([0x12, 0x12, 0x12, 0x1e]), frame([0x10, 0, 0x03, 0x0f])),
        ("out", answers([0x1a, 0x32, 0x12, 0x72]), frame([0x18, 0, 0x0f, 0x0f])),
        ("open", answers([0x1a, 0x16, 0x12, 0x12]), frame([0x38, 0, 0, 0x0f])),
        (
            "cutter",
            answers([0x1a, 0x52, 0x1a, 0x12]),
            frame([0x18, 0x08, 0, 0x0f]),
        ),
        ("hot", answers([0x1a, 0x52, 0x52, 0x12]), frame([0x18, 0x40, 0, 0x0f])),
        (
            "broken",
            answers([0x1a, 0x52, 0x32, 0x12]),
            frame([0x18, 0x20, 0, 0x0f]),
        ),
        ("offline", answers([0x1a, 0x12, 0x12, 0x12]), frame([0x18, 0, 0, 0x0f])),
    ];
    let lines: Vec<String> = table
        .iter()
        .map(|(name, asked, unasked)| {
            assert_eq!(asked, unasked, "{name}");
            format!("{name}: {asked}")
        })
        .collect();
    expect![[r#"
        fine: paper ok, cover closed
        low: paper low, cover closed
        out: no paper, cover closed
        open: paper ok, cover open
        cutter: paper ok, cover closed, cutter
        hot: paper ok, cover closed, head_hot
        broken: paper ok, cover closed, broken
        offline: paper ok, cover closed, offline"#]]
    .assert_eq(&lines.join("\n"));
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check_zpl(status: &str, expect: Expect) {
    let mut listener = zpl::ZplStatusParser::default();
    listener.feed(status.as_bytes());
    let text = match listener.status() {
        Ok(Some(status)) => format!("{}, {} waiting", status.look.in_words(), status.waiting),
        Ok(None) => "more must come".to_owned(),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&text);
}

#[test]
fn a_label_printer_says_how_it_is_in_three_lines() {
    let whole = |first: &str, second: &str| format!("\u{2}{first}\u{3}\r\n\u{2}{second}\u{3}\r\n\u{2}1234,0\u{3}\r\n");
    let fine = "001,0,0,1245,000,0,0,0,000,0,0,0,0,0,0,1,2,6,0,00000000,1,000";
    let (first, second) = ("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,6,0,00000000,1,000");
    check_zpl(&whole(first, second), expect!["paper ok, cover closed, 0 waiting"]);
    check_zpl(
        &whole("030,1,1,1245,001,0,0,0,000,0,0,0", second),
        expect!["no paper, cover closed, 1 waiting"],
    );
    check_zpl(
        &whole("030,0,1,1245,000,0,0,0,000,0,0,0", "000,0,1,0,0,2,6,0,00000001,1,000"),
        expect!["paper ok, cover open, 1 waiting"],
    );
    check_zpl(
        &whole("030,0,1,1245,000,0,0,0,000,0,0,0", second),
        expect!["paper ok, cover closed, paused, 0 waiting"],
    );
    check_zpl(
        &whole("030,0,0,1245,000,0,0,0,000,0,0,1", second),
        expect!["paper ok, cover closed, head_hot, 0 waiting"],
    );
    let most = u64::MAX;
    check_zpl(
        &whole(
            &format!("030,0,0,1245,{most},0,0,0,000,0,0,0"),
            &second.replace("00000000", "00000001"),
        ),
        expect!["paper ok, cover closed, 18446744073709551615 waiting"],
    );
    check_zpl(&whole(fine, "x"), expect!["a status without its fields"]);
    check_zpl("\u{2}030,0\u{3}", expect!["more must come"]);
    check_zpl(&"9".repeat(600), expect!["a status of more than 512 bytes"]);
}

/// An answer with one group: name, tag, value.
fn answer(status: u16, attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![2, 0];
    bytes.extend_from_slice(&status.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1, 4]);
    for (name, tag, value) in attributes {
        bytes.push(*tag);
        bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
        bytes.extend_from_slice(value);
    }
    bytes.push(3);
    bytes
}

#[test]
fn an_ipp_printer_s_reasons_are_understood_with_their_suffixes() {
    let look = |reasons: &[&str]| {
        let mut attributes: Vec<(&str, u8, &[u8])> = vec![("printer-state", 0x23, &[0, 0, 0, 5])];
        for (place, reason) in reasons.iter().enumerate() {
            let name = if place == 0 { "printer-state-reasons" } else { "" };
            attributes.push((name, 0x44, reason.as_bytes()));
        }
        let bytes = answer(0, &attributes);
        let answer = IppResponse::parse(&bytes).expect("an answer");
        for cut in 0..bytes.len() {
            assert!(IppResponse::parse(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        ipp::look(&answer).in_words()
    };
    let lines = [
        look(&["none"]),
        look(&["media-empty-error", "marker-supply-low-warning"]),
        look(&["media-low-warning"]),
        look(&["cover-open"]),
        look(&["media-jam-error"]),
        look(&["paused"]),
    ];
    expect![[r#"
        paper ok, cover closed, broken
        no paper, cover closed
        paper low, cover closed, broken
        paper ok, cover open
        paper ok, cover closed, jam
        paper ok, cover closed, paused"#]]
    .assert_eq(&lines.join("\n"));
}
