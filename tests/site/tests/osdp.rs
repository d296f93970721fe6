//! OSDP readers over a serial line: our panel accepted by a reader of somebody else's, our simulated reader by a panel of
//! somebody else's, and both with each other when things go wrong.
//!
//! What readers were given and did, and how often the gate opened, is the truth; nothing the adapter says counts alone.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[cfg(test)]
#[path = "osdp/site.rs"]
mod site;

use protocol::{Outcome, Reason};
use site::{CARD, GateRun, KEY, new_reader, reader};
use std::time::Duration;
use tests_site::driver::LIMIT;
use tests_world::{
    osdp::{Bus, Pd, PdAction},
    peers::{Venv, script_of},
    process::Program,
};

/// PyPI `libosdp` as a reader, and where its bus is.
async fn libosdp(key: &str) -> (Program, String) {
    let script = script_of(Venv::OsdpReader, "osdp/libosdp_reader.py").unwrap();
    let mut script = script.named(&format!("libosdp-{key:.4}")).arg(key).start().unwrap();
    let port = script.says("port ", LIMIT).await.unwrap();
    (script, port.trim_start_matches("port ").to_owned())
}

async fn expect(program: &mut Program, lines: &[&str]) {
    for line in lines {
        program.says(line, LIMIT).await.unwrap();
    }
}

#[tokio::test]
async fn libosdp_is_read_over_the_secure_channel_and_shows_what_was_decided() {
    let (mut libosdp, port) = libosdp(KEY).await;
    let site = GateRun::start(&port, &[reader(101, "a")]);
    expect(&mut libosdp, &["secure", "light 2", "beep 1", "accepted"]).await;
    site.until("the gate opened", |notes| notes.openings == [1, 0]).await;
    assert_eq!(
        site.notes().facts.first().map(String::as_str),
        Some("access.granted 17")
    );
    assert_eq!(site.notes().states, ["online"]);
}

#[tokio::test]
async fn libosdp_takes_its_key_during_its_enrolment() {
    let (mut libosdp, port) = libosdp("new").await;
    let site = GateRun::start(&port, &[new_reader(101, "b")]);
    expect(&mut libosdp, &[&format!("key {KEY}"), "secure", "light 2", "accepted"]).await;
    site.until("the gate opened", |notes| notes.openings == [0, 1]).await;
    assert_eq!(site.notes().states, ["online"]);
    let lines = libosdp.lines();
    assert!(
        lines.iter().any(|line| line.contains("SC Active with SCBK-D")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.ends_with("SC Active")), "{lines:?}");
}

#[tokio::test]
async fn libosdp_opens_the_gate_with_its_own_output() {
    let (mut libosdp, port) = libosdp(KEY).await;
    let _site = GateRun::start_without_relays(&port, &[reader(101, "a")]);
    // Off at the beginning of the session, on for two tenths of a second for the card.
    expect(
        &mut libosdp,
        &["output 0 1 0", "secure", "output 0 5 2", "light 2", "accepted"],
    )
    .await;
}

#[tokio::test]
async fn a_readers_output_opens_once_and_neither_late_nor_behind_a_dead_line() {
    let key = u128::from_str_radix(KEY, 16).unwrap().to_be_bytes();
    let bus = Bus::start(vec![Pd::with_key(1, key)]).unwrap();
    let site = GateRun::start_without_relays(bus.path(), &[reader(1, "a")]);
    let pulses = || {
        let did = bus.readers()[0].did().to_vec();
        did.iter().filter(|did| matches!(did, PdAction::Pulse(0, 2))).count()
    };
    site.is("online").await;
    site.until("it is in a session", |_| bus.readers()[0].counts().polls > 0)
        .await;
    assert!(matches!(site.open(LIMIT).await, Outcome::Ok { .. }));
    assert_eq!(pulses(), 1);
    // Nobody sees here who passes: its time is over when one more order is not one too many.
    let over = async {
        while site.open(Duration::ZERO).await != Outcome::Expired {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, over).await.expect("its time is over");
    bus.readers()[0].unplug();
    site.is("reader_offline").await;
    let offline = site.open(Duration::from_secs(3)).await;
    assert!(
        matches!(
            offline,
            Outcome::Failed {
                reason: Reason::Offline,
                ..
            }
        ),
        "{offline:?}"
    );
    bus.readers()[0].plug_in();
    site.is("online").await;
    bus.readers()[0].card_26(CARD.0, CARD.1);
    site.until("the card opened", |_| pulses() == 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(pulses(), 2, "what was asked for while it was away opened nothing later");
}

#[tokio::test]
async fn libosdp_with_another_key_or_none_is_not_believed() {
    for (key, word) in [
        ("00112233445566778899aabbccddeef0", "reader_wrong_key"),
        ("new", "reader_default_key"),
    ] {
        let (libosdp, port) = libosdp(key).await;
        let site = GateRun::start(&port, &[reader(101, "a")]);
        site.is(word).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let lines = libosdp.lines();
        let challenges = lines.iter().filter(|line| line.contains("CMD: CHLNG")).count();
        assert_eq!(challenges, 2, "left in peace: {lines:?}");
        assert!(
            !lines
                .iter()
                .any(|line| line.contains("SC Active") || line.starts_with("key")),
            "{lines:?}"
        );
        assert!(site.notes().facts.is_empty(), "{:?}", site.notes());
    }
}

#[tokio::test]
async fn a_panel_of_somebody_else_accepts_the_simulated_reader() {
    let bus = Bus::start(vec![Pd::new(101)]).unwrap();
    let script = script_of(Venv::OsdpPanel, "osdp/osdp_panel.py").unwrap();
    let mut panel = script.arg(bus.path()).start().unwrap();
    expect(
        &mut panel,
        &[
            "secure",
            "identity 00068e 12345",
            "status False False",
            "lit True",
            "pulsed True",
        ],
    )
    .await;
    bus.readers()[0].card_26(CARD.0, CARD.1);
    expect(&mut panel, &["card 101 26 0606c040"]).await;
    assert!(panel.ended(LIMIT).await.unwrap().success());
    let readers = bus.readers();
    assert_eq!(readers[0].did(), [PdAction::Light(1), PdAction::Pulse(0, 30)]);
    assert_eq!((readers[0].counts().keys, readers[0].counts().sessions), (1, 2));
    assert!(readers[0].key().is_some_and(|key| key != *b"0123456789:;<=>?"));
}

#[tokio::test]
async fn two_readers_on_one_bus_each_open_their_side_whatever_gets_lost() {
    let key = u128::from_str_radix(KEY, 16).unwrap().to_be_bytes();
    let bus = Bus::start(vec![Pd::with_key(1, key), Pd::new(2)]).unwrap();
    let site = GateRun::start(bus.path(), &[reader(1, "a"), new_reader(2, "b")]);
    site.is("online").await;
    site.until("both are in a session", |_| {
        bus.readers().iter().all(|reader| reader.counts().polls > 0)
    })
    .await;
    assert_eq!(bus.readers()[1].key(), Some(key), "it was given its key");

    bus.readers()[0].card_26(CARD.0, CARD.1);
    site.until("side A opened", |notes| notes.openings == [1, 0]).await;
    bus.readers()[1].lose_answers(2);
    bus.readers()[1].card_26(CARD.0, CARD.1);
    site.until("side B opened", |notes| notes.openings == [1, 1]).await;
    bus.readers()[0].be_busy(5);
    bus.readers()[0].card_26(9, 9);
    site.until("a stranger was refused", |notes| {
        notes.facts.iter().any(|fact| fact == "access.denied")
    })
    .await;
    let refused = [
        PdAction::Light(2),
        PdAction::Beep(1),
        PdAction::Light(1),
        PdAction::Beep(3),
    ];
    site.until("who saw it at the reader", |_| bus.readers()[0].did() == refused)
        .await;
    assert_eq!(site.notes().openings, [1, 1]);
    assert_eq!(site.notes().states, ["online"], "nobody noticed");

    bus.readers()[0].unplug();
    site.is("reader_offline").await;
    bus.readers()[0].plug_in();
    site.is("online").await;
    bus.readers()[1].open_case();
    site.is("reader_tamper").await;
    bus.readers()[1].close_case();
    site.is("online").await;
    let readers = bus.readers();
    assert_eq!(readers[0].did(), refused);
    assert_eq!(readers[1].did(), [PdAction::Light(2), PdAction::Beep(1)]);
    assert!(
        readers[1].counts().repeats >= 1,
        "what got lost was answered again, not done again"
    );
}
