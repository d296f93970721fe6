//! The turnstile adapter over real sockets and serial lines: against the simulated gate, and against PyPI `pymodbus`.
//!
//! What the board's relays did and who passed is the truth; nothing the adapter says counts.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[cfg(test)]
#[path = "turnstile/pins.rs"]
mod pins;
#[cfg(test)]
#[path = "turnstile/pymodbus.rs"]
mod pymodbus;
#[cfg(test)]
#[path = "turnstile/site.rs"]
mod site;

use adapter_sdk::{DriverError, State};
use protocol::{Outcome, Reason, command::Action};
use serde_json::json;
use site::{GateRun, KNOWN, board, online};
use std::{sync::Arc, time::Duration};
use tests_site::driver::LIMIT;
use tests_world::turnstile::{Answers, Config, Fire, Mode, PassageResult, Pulses, Side, Stranger, Turnstile};
use tokio::time::{Instant, sleep};

fn brisk() -> Config {
    Config {
        wait: Duration::from_secs(1),
        ..Config::default()
    }
}

fn both() -> [Turnstile; 2] {
    [
        Turnstile::start(brisk()).unwrap(),
        Turnstile::start_on_bus(brisk()).unwrap(),
    ]
}

/// Somebody walks through as soon as the gate gives way.
async fn walk(gate: &Turnstile, side: Side) {
    let deadline = Instant::now() + LIMIT;
    while gate.walk(side) == PassageResult::Blocked {
        assert!(Instant::now() < deadline, "the gate stays locked");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn locked(gate: &Turnstile) {
    let deadline = Instant::now() + LIMIT;
    while gate.is_free(Side::A) || gate.is_free(Side::B) {
        assert!(Instant::now() < deadline, "the gate stays free");
        sleep(Duration::from_millis(5)).await;
    }
}

fn pulses(gate: &Turnstile) -> usize {
    gate.pulses().len()
}

#[tokio::test]
async fn a_known_card_opens_once_over_tcp_and_rtu() {
    for gate in both() {
        let site = GateRun::ready(&board(gate.place()), json!({})).await;
        site.show(KNOWN);
        walk(&gate, Side::A).await;
        site.has_told(&["access.granted 1 p17", "access.entered 1 p17"]).await;
        let pulse = gate.pulses()[0];
        assert!(pulse.from >= site.when("access.granted 1 p17"), "on disk first");
        locked(&gate).await;
        site.until("the pulse is over", |_| gate.pulses()[0].lasted.is_some())
            .await;
        assert_eq!((pulses(&gate), gate.openings().len()), (1, 1));
        assert_eq!(
            gate.pulses()[0].lasted,
            Some(Duration::from_millis(200)),
            "the board's own end"
        );
        site.show(KNOWN + 1);
        site.until("it is refused", |site| site.told().len() == 3).await;
        assert_eq!(site.told()[2], "access.denied 1 unknown_key");
        assert_eq!(pulses(&gate), 1);
        site.run.stop().await;
    }
}

#[tokio::test]
async fn whoever_does_not_pass_is_not_entered_and_whoever_was_not_let_through_is_forced() {
    let config = Config {
        // Longer than it is not believed for after a lock.
        alarm: Duration::from_secs(4),
        ..brisk()
    };
    let gate = Turnstile::start(config).unwrap();
    let site = GateRun::ready(&board(gate.place()), json!({})).await;
    site.show(KNOWN);
    site.has_told(&["access.granted 1 p17", "access.not_entered 1 p17"])
        .await;
    gate.force(Side::B);
    site.until("it is forced", |site| {
        site.told().contains(&"access.forced 2".to_owned())
    })
    .await;
    site.until("the alarm is told", |site| {
        site.told().contains(&"access.forced".to_owned())
    })
    .await;

    // Two on one grant.
    let before = site.told().len();
    site.show(KNOWN);
    walk(&gate, Side::A).await;
    site.until("one entered", |site| site.told().len() == before + 2).await;
    sleep(Duration::from_millis(500)).await;
    gate.force(Side::A);
    site.until("the other did not", |site| site.told().len() == before + 3)
        .await;
    assert_eq!(
        site.told()[before..],
        ["access.granted 1 p17", "access.entered 1 p17", "access.forced 1"]
    );
    assert_eq!(pulses(&gate), 2);
    site.run.stop().await;
}

#[tokio::test]
async fn a_stuck_contact_is_told_and_taken_back() {
    let gate = Turnstile::start(brisk()).unwrap();
    let site = GateRun::ready(&board(gate.place()), json!({})).await;
    gate.stick_pass(Side::B);
    let stuck = State::Degraded {
        reason: "pass_b_stuck".to_owned(),
    };
    site.until("it is degraded", |site| site.states().contains(&stuck))
        .await;
    assert!(site.told().contains(&"access.held 2".to_owned()), "{:?}", site.told());
    gate.unstick_pass(Side::B);
    site.until("it is well", |site| site.states().last() == Some(&online()))
        .await;
    site.run.stop().await;
}

#[tokio::test]
async fn a_command_opens_once_whatever_the_board_answers() {
    for gate in both() {
        for answers in [Answers::Lost, Answers::Deaf] {
            let mut site = GateRun::ready(&board(gate.place()), json!({})).await;
            let before = gate.counts().commands;
            gate.next_write(answers);
            let outcome = site.open(1, Duration::from_secs(10)).await;
            let failed = matches!(
                &outcome,
                Outcome::Failed {
                    reason: Reason::TimedOut,
                    ..
                }
            );
            assert!(failed, "{answers:?}: {outcome:?}");
            let end = site.run.ended().await;
            assert!(matches!(end, DriverError::Lost { .. }), "{answers:?}: {end:?}");
            let heard = usize::from(answers == Answers::Lost);
            GateRun::ready(&board(gate.place()), json!({})).await.run.stop().await;
            assert_eq!(gate.counts().commands, before + heard, "{answers:?}: once, never again");
        }
        let site = GateRun::ready(&board(gate.place()), json!({})).await;
        let before = pulses(&gate);
        gate.next_write(Answers::Exception(4));
        let outcome = site.open(2, Duration::from_secs(10)).await;
        let failed = matches!(
            &outcome,
            Outcome::Failed {
                reason: Reason::Hardware,
                ..
            }
        );
        assert!(failed, "{outcome:?}");
        assert_eq!(site.open(2, Duration::ZERO).await, Outcome::Expired);
        assert_eq!(pulses(&gate), before);
        assert_eq!(
            site.open(2, Duration::from_secs(10)).await,
            Outcome::Ok { detail: None }
        );
        walk(&gate, Side::B).await;
        site.until("it is well again", |site| site.states().last() == Some(&online()))
            .await;
        assert_eq!(pulses(&gate), before + 1);
        let tested = site.ask(Action::DeviceTest {}, LIMIT).await;
        assert!(matches!(tested, Outcome::Ok { detail: Some(_) }), "{tested:?}");
        site.run.stop().await;
    }
}

#[tokio::test]
async fn power_lost_in_the_middle_of_a_pulse_brings_no_second_one() {
    for gate in both() {
        let mut site = GateRun::ready(&board(gate.place()), json!({"pulse_ms": 900})).await;
        assert_eq!(
            site.open(1, Duration::from_secs(10)).await,
            Outcome::Ok { detail: None }
        );
        gate.lose_power().await;
        let end = site.run.ended().await;
        assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
        assert!(!gate.is_free(Side::A));
        gate.get_power().await;
        let site = GateRun::ready(&board(gate.place()), json!({})).await;
        assert!(!gate.is_free(Side::A));
        assert_eq!(pulses(&gate), 1);
        site.run.stop().await;
    }
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_offline() {
    for stranger in [Stranger::Silence, Stranger::Converter] {
        let config = Config { stranger, ..brisk() };
        let gate = Turnstile::start(config).unwrap();
        let mut elsewhere = board(gate.place());
        elsewhere["unit"] = json!(9);
        let end = GateRun::start(&elsewhere, json!({})).run.ended().await;
        match stranger {
            Stranger::Silence => assert!(matches!(end, DriverError::Lost { .. }), "{end:?}"),
            Stranger::Converter => assert!(matches!(end, DriverError::Silent(_)), "{end:?}"),
        }
        assert_eq!(gate.counts().commands, 0);
    }
}

#[tokio::test]
async fn in_a_fire_nothing_is_driven_and_everything_is_said_once() {
    let config = Config {
        mode: Mode::Potential,
        ..brisk()
    };
    let gate = Turnstile::start(config).unwrap();
    let site = GateRun::ready(&board(gate.place()), json!({"mode": "potential", "passage_s": 9})).await;
    assert_eq!(
        site.open(1, Duration::from_secs(10)).await,
        Outcome::Ok { detail: None }
    );
    gate.set_fire(Fire::Burns);
    site.has_told(&["access.opened 1 remote", "access.not_entered 1", "access.opened fire"])
        .await;
    let commands = gate.counts().commands;
    let refused = site.open(2, Duration::from_secs(10)).await;
    assert!(
        matches!(
            refused,
            Outcome::Rejected {
                reason: Reason::Policy,
                ..
            }
        ),
        "{refused:?}"
    );
    site.show(KNOWN);
    assert_eq!(gate.walk(Side::A), PassageResult::Passed);
    assert_eq!(gate.walk(Side::B), PassageResult::Passed);
    sleep(Duration::from_millis(600)).await;
    gate.set_fire(Fire::Rests);
    site.has_told(&[
        "access.opened 1 remote",
        "access.not_entered 1",
        "access.opened fire",
        "access.closed fire",
    ])
    .await;
    assert_eq!(gate.counts().commands, commands);
    assert!(gate.pulses().iter().all(|pulse| pulse.lasted.is_some()), "released");
    site.run.stop().await;
}

#[tokio::test]
async fn a_held_gate_is_let_go_when_somebody_passed() {
    for pulses in [Pulses::Own, Pulses::None] {
        let config = Config {
            mode: Mode::Potential,
            pulses,
            ..brisk()
        };
        let gate = Turnstile::start(config).unwrap();
        let mut board = board(gate.place());
        if pulses == Pulses::None {
            board["pulse"] = json!("coil");
        }
        let site = GateRun::ready(&board, json!({"mode": "potential", "passage_s": 20})).await;
        site.show(KNOWN);
        walk(&gate, Side::A).await;
        site.has_told(&["access.granted 1 p17", "access.entered 1 p17"]).await;
        locked(&gate).await;
        let lasted = gate.pulses()[0].lasted.unwrap();
        assert!(lasted < Duration::from_secs(10), "{pulses:?}: {lasted:?}");
        assert_eq!(gate.openings().len(), 1);
        site.run.stop().await;
    }
}

#[tokio::test]
async fn a_board_without_pulses_of_its_own_is_made_safe_after_a_crash() {
    let config = Config {
        pulses: Pulses::None,
        ..brisk()
    };
    let gate = Turnstile::start(config).unwrap();
    let mut board = board(gate.place());
    board["pulse"] = json!("coil");
    let site = GateRun::ready(&board, json!({"pulse_ms": 300})).await;
    assert_eq!(
        site.open(1, Duration::from_secs(10)).await,
        Outcome::Ok { detail: None }
    );
    site.until("the pulse is over", |_| gate.pulses()[0].lasted.is_some())
        .await;
    assert!(gate.pulses()[0].lasted.unwrap() >= Duration::from_millis(290));
    site.until("nobody passed", |site| site.told().len() == 2).await;

    assert_eq!(
        site.open(1, Duration::from_secs(10)).await,
        Outcome::Ok { detail: None }
    );
    site.run.kill();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(gate.pulses()[1].lasted, None, "nobody ends it, as the header says");
    let site = GateRun::ready(&board, json!({})).await;
    assert!(gate.pulses()[1].lasted.is_some(), "made safe before anything else");
    assert_eq!(pulses(&gate), 2);
    site.run.stop().await;
}

#[tokio::test]
async fn pins_do_what_a_board_does_and_a_crash_lets_go() {
    for mode in [Mode::Pulse, Mode::Potential] {
        let gate = Arc::new(Turnstile::bare(Config { mode, ..brisk() }));
        let word = if mode == Mode::Pulse { "pulse" } else { "potential" };
        let site = GateRun::at_pins(&gate, json!({"mode": word}));
        site.until("it is online", |site| site.states().contains(&online()))
            .await;
        site.show(KNOWN);
        walk(&gate, Side::A).await;
        site.has_told(&["access.granted 1 p17", "access.entered 1 p17"]).await;
        locked(&gate).await;
        assert_eq!((pulses(&gate), gate.openings().len()), (1, 1));

        assert_eq!(
            site.open(2, Duration::from_secs(10)).await,
            Outcome::Ok { detail: None }
        );
        gate.set_fire(Fire::Burns);
        let fire = "access.opened fire".to_owned();
        site.until("the fire is told", |site| site.told().contains(&fire)).await;
        gate.set_fire(Fire::Rests);
        let over = "access.closed fire".to_owned();
        site.until("its end is told", |site| site.told().contains(&over)).await;

        assert_eq!(
            site.open(1, Duration::from_secs(10)).await,
            Outcome::Ok { detail: None }
        );
        site.run.kill();
        let let_go = || gate.pulses().iter().all(|pulse| pulse.lasted.is_some());
        let deadline = Instant::now() + LIMIT;
        while !let_go() {
            assert!(Instant::now() < deadline, "a pin stays active");
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(pulses(&gate), 3);
    }
}
