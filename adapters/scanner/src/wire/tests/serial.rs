//! Bytes.

use super::told;
use crate::wire::serial::SerialDecoder;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(bytes: &[u8], expect: Expect) {
    let mut sent = SerialDecoder::new(8);
    let mut said: Vec<String> = bytes
        .iter()
        .filter_map(|byte| sent.take(*byte))
        .map(|read| told(&read))
        .collect();
    said.extend(sent.partial().abandon().map(|why| format!("left {why:?}")));
    expect.assert_eq(&said.join(", "));
}

#[test]
fn cr_lf_or_both_end_a_code() {
    check(
        b"K-001\rK-002\nK-003\r\nK-004\n\r\r\n",
        expect!["K-001, K-002, K-003, K-004"],
    );
}

#[test]
fn what_does_not_end_is_left() {
    check(b"K-001\rK-0", expect!["K-001, left Broken"]);
    check(b"\xff", expect!["left Unprintable"]);
    check(b"", expect![""]);
}

#[test]
fn what_is_not_ascii_is_no_code() {
    check("Қ-1\rK-2\r".as_bytes(), expect!["Unprintable, K-2"]);
    check(
        b"\x02K-1\x03\rK\t1\rK\x7f\rK\0\r!~ \r",
        expect!["Unprintable, Unprintable, Unprintable, Unprintable, !~ "],
    );
}

#[test]
fn a_code_that_is_too_long_is_none() {
    check(b"12345678\r123456789\r1\r", expect!["12345678, TooLong, 1"]);
}

proptest! {
    #[test]
    fn codes_come_out_as_they_were_sent(codes in prop::collection::vec("[ -~]{1,8}", 0..9), end in "(\r|\n|\r\n)") {
        let mut sent = SerialDecoder::new(8);
        let bytes = codes.iter().flat_map(|code| [code.as_str(), end.as_str()]).collect::<String>().into_bytes();
        let said: Vec<String> = bytes.iter().filter_map(|byte| sent.take(*byte)).map(|read| told(&read)).collect();
        prop_assert_eq!(said, codes);
        prop_assert!(!sent.partial().is_open());
    }
}
