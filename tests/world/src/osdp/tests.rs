//! The simulated reader by itself, spoken to byte by byte as the recorded panel did.

use super::{Pd, PdAction};
use expect_test::{Expect, expect};
use tokio::time::Instant;

/// The recorded panel's first frames; its nonce and everything after it differ from session to session.
const FIRST_POLL: &str = "ff53650a000c021560e51f";

fn check(pd: &mut Pd, heard: &str, expected: &Expect) {
    let bytes: Vec<u8> = (0..heard.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&heard[at..at + 2], 16).unwrap())
        .collect();
    let reply = pd.hear(&bytes, Instant::now());
    let hex: String = reply.iter().map(|byte| format!("{byte:02x}")).collect();
    expected.assert_eq(&hex);
}

#[tokio::test]
async fn it_answers_a_recorded_panel_as_libosdp_did() {
    let mut pd = Pd::new(101);
    check(&mut pd, FIRST_POLL, &expect!["53e50900044106d9c8"]);
    check(&mut pd, &FIRST_POLL.replace("e51f", "e51e"), &expect![""]);
    check(&mut Pd::new(100), FIRST_POLL, &expect![""]);
}

#[tokio::test]
async fn it_does_nothing_outside_the_secure_channel() {
    let mut pd = Pd::with_key(101, [7; 16]);
    // `osdp_OUT` in a plain frame, number 0.
    let mut plain = vec![0x53, 101, 12, 0, 0x04, 0x68, 0, 5, 10, 0];
    let check = super::frame::check(&plain, 0x04);
    plain.extend(check);
    let reply = pd.hear(&plain, Instant::now());
    assert_eq!(
        reply.get(5..7),
        Some([0x41, 6].as_slice()),
        "not without the secure channel"
    );
    assert_eq!(pd.did(), [] as [PdAction; 0]);
    assert_eq!(pd.counts().refusals, 1);
}
