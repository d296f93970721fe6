//! Against PyPI `pymodbus`, both ways.

use crate::{
    both, pulses,
    site::{GateRun, KNOWN},
};
use adapter_sdk::DriverError;
use protocol::Outcome;
use serde_json::{Value, json};
use std::time::Duration;
use tests_site::driver::LIMIT;
use tests_world::{peers, pty::Pty};

#[tokio::test]
async fn pymodbus_serves_a_gate_over_tcp() {
    let script = peers::script("pymodbus_gate.py").unwrap().arg("tcp");
    let mut script = script.start().unwrap();
    let address = script.listening("modbus", LIMIT).await.unwrap();
    let served = json!({"host": "127.0.0.1", "port": address.port(), "unit": 7, "pulse": "coil"});
    pymodbus_sees_one_pulse(&mut script, &served).await;

    let stranger = json!({"host": "127.0.0.1", "port": address.port(), "unit": 8});
    let end = GateRun::start(&stranger, json!({})).run.ended().await;
    assert!(
        matches!(end, DriverError::Protocol(_)),
        "it answers with an exception: {end:?}"
    );
}

#[tokio::test]
async fn pymodbus_serves_a_gate_over_rtu() {
    let (ours, theirs) = (Pty::open().unwrap(), Pty::open().unwrap());
    let served = json!({"serial": ours.path(), "unit": 7, "pulse": "coil"});
    let script = peers::script("pymodbus_gate.py").unwrap().named("pymodbus_gate_rtu");
    let mut script = script.arg("rtu").arg(theirs.path()).start().unwrap();
    let cable = tokio::spawn(join(ours, theirs));
    script.says("ready", LIMIT).await.unwrap();
    pymodbus_sees_one_pulse(&mut script, &served).await;
    cable.abort();
}

/// What `pymodbus` was told, and what the adapter read from it.
async fn pymodbus_sees_one_pulse(script: &mut tests_world::process::Program, served: &Value) {
    let inputs = json!({"pass_a": {"at": 0}, "pass_b": {"at": 1}});
    let site = GateRun::ready(served, json!({"inputs": inputs, "passage_s": 2})).await;
    site.show(KNOWN);
    site.has_told(&["access.granted 1 p17", "access.entered 1 p17"]).await;
    assert_eq!(
        site.open(2, Duration::from_secs(10)).await,
        Outcome::Ok { detail: None }
    );
    site.until("the other side too", |site| {
        site.told().contains(&"access.entered 2".to_owned())
    })
    .await;
    site.run.stop().await;
    let said = |coil: &str| script.lines().iter().filter(|line| *line == coil).count();
    assert_eq!((said("coil 0 on"), said("coil 1 on")), (1, 1), "{:?}", script.lines());
    assert!(
        said("coil 0 off") >= 3 && said("coil 1 off") >= 3,
        "at the start, after the pulse, at the end"
    );
}

#[tokio::test]
async fn pymodbus_works_the_simulated_board_over_tcp_and_rtu() {
    use tests_world::turnstile::Place;
    for gate in both() {
        let (way, place) = match gate.place() {
            Place::Tcp(address) => ("tcp", address.port().to_string()),
            Place::Rtu(path) => ("rtu", path.clone()),
            Place::Bare => panic!("it has a board"),
        };
        let script = peers::script("pymodbus_board.py")
            .unwrap()
            .named(&format!("pymodbus_board_{way}"));
        let mut script = script.arg(way).arg(place).start().unwrap();
        for line in [
            "connected True",
            "inputs [True, True, True, False, False, True]",
            "on True",
            "coils [False, True, False, False]",
            "off True",
            "both True",
            "none True",
            "beyond 2",
            "words 1",
            "flash 02000003",
            "free",
        ] {
            script.says(line, LIMIT).await.unwrap();
        }
        assert!(script.ended(LIMIT).await.unwrap().success());
        let lasted = gate.pulses().last().unwrap().lasted;
        assert!(
            lasted.is_none_or(|lasted| lasted == Duration::from_millis(300)),
            "{lasted:?}"
        );
        assert_eq!((pulses(&gate), gate.counts().strange), (4, 0));
    }
}

/// A cable between two serial ports.
async fn join(mut one: Pty, mut other: Pty) {
    loop {
        tokio::select! {
            bytes = one.read() => other.write(&bytes.unwrap()).await.unwrap(),
            bytes = other.read() => one.write(&bytes.unwrap()).await.unwrap(),
        }
    }
}
