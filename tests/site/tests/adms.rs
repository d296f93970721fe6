//! Terminals that push, at a real edge with a real cloud: approved by hand, heard once, obeying in time.
//!
//! What the terminal wrote into its log, whom it knows and how often its door opened is the truth; nothing anybody else
//! says counts.

#[cfg(test)]
#[path = "adms/recorded.rs"]
mod recorded;
#[cfg(test)]
#[path = "adms/site.rs"]
mod site;

use anyhow::ensure;
use serde_json::json;
use site::{TerminalScenario, known, wanted};
use std::time::Duration;
use tests_site::wait::{LONG, SOON, until};
use tests_world::adms::{CommandReplies, Config, RowUpload, User};
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_nobody_added_is_told_of_once_and_heard_only_when_it_is_added() {
    let mut lobby = TerminalScenario::open("adms-approval", Config::default()).await;
    until("it was turned away a few times", SOON, || async {
        ensure!(lobby.terminal.counts().refused >= 5);
        Ok(())
    })
    .await
    .unwrap();
    until("the cloud shows what was found", SOON, || {
        lobby.has_status("discovered")
    })
    .await
    .unwrap();
    let history = lobby.scenario.history().await.unwrap();
    assert_eq!(history.of("device.discovered").count(), 1);
    assert_eq!(history.of("auth.failed").count(), 1, "once a minute");
    assert_eq!(history.of("access.granted").count(), 0);
    assert!(lobby.terminal.fetched().is_empty());

    // Told of once, restarts included.
    lobby.scenario.edge.stop().await.unwrap();
    lobby.restart().await;
    let refused = lobby.terminal.counts().refused;
    until("it was turned away again", SOON, || async {
        ensure!(lobby.terminal.counts().refused > refused + 2);
        Ok(())
    })
    .await
    .unwrap();

    lobby.approve(json!({})).await;
    until("every row is in the cloud, once", LONG, || lobby.complete())
        .await
        .unwrap();
    assert!(lobby.terminal.counts().broken > 0, "some could not be read");
    assert!(lobby.terminal.greeting().contains("\nStamp=0\n"));
    assert!(lobby.terminal.off_ms().abs() < 2000, "its clock is the edge's");
    lobby.terminal.punch("17", 15, 0);
    until("what happens now is there", SOON, || lobby.complete())
        .await
        .unwrap();
    let history = lobby.scenario.history().await.unwrap();
    assert_eq!(history.of("device.discovered").count(), 1);
    let newest = history.of("access.granted").last().unwrap();
    assert!(!newest.replay, "it happened just now");
    lobby.scenario.edge.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_lost_or_doubled_whenever_the_edge_is_killed() {
    let config = Config {
        telling: RowUpload::InOrder,
        rows_at_once: 3,
        ..Config::default()
    };
    let mut lobby = TerminalScenario::open("adms-kills", config).await;
    lobby.approve(json!({})).await;
    for kill in 0..12_u32 {
        for person in 0..6_u32 {
            lobby.terminal.punch(&(2000 + kill * 10 + person).to_string(), 15, 0);
            sleep(Duration::from_millis(u64::from(40 + kill * 7))).await;
        }
        lobby.scenario.edge.kill().await.unwrap();
        lobby.terminal.punch(&(2000 + kill * 10 + 9).to_string(), 2, 1);
        lobby.restart().await;
    }
    until("every row is in the cloud, once", LONG, || lobby.complete())
        .await
        .unwrap();
    assert!(
        lobby.terminal.counts().unheard > 0,
        "some answer was lost with the edge"
    );
    lobby.scenario.history().await.unwrap().check_lanes().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_brought_in_line_in_full_and_by_what_changed() {
    let mut lobby = TerminalScenario::open("adms-people", Config::default()).await;
    lobby
        .approve(json!({"people": [
            {"person": "17", "name": "Мария", "card": 7_000_002, "pin": "4321"},
            {"person": "2002", "name": "Ҳулкар", "pin": "99"},
        ]}))
        .await;
    let expected = wanted(&[
        ("17", "Мария", 7_000_002, "4321"),
        ("2002", "Ҳулкар", 0, "99"),
        ("404", "Admin", 0, ""),
    ]);
    until("it knows whom it must know, and its administrator", SOON, || async {
        ensure!(known(&lobby.terminal) == expected, "{:?}", known(&lobby.terminal));
        Ok(())
    })
    .await
    .unwrap();

    // Somebody enrolled at the device itself is removed again.
    lobby.terminal.enrol(User {
        person: "66".to_owned(),
        name: "Stranger".to_owned(),
        rights: 0,
        pin: String::new(),
        card: 1,
    });
    until("the stranger is gone", SOON, || async {
        ensure!(known(&lobby.terminal) == expected, "{:?}", known(&lobby.terminal));
        Ok(())
    })
    .await
    .unwrap();

    let before = lobby.terminal.fetched().len();
    lobby
        .configure(json!({"people": [{"person": "17", "name": "Мария", "card": 7_000_002, "pin": "4321"}]}))
        .await;
    let expected = wanted(&[("17", "Мария", 7_000_002, "4321"), ("404", "Admin", 0, "")]);
    until("who was taken off the list is gone", SOON, || async {
        ensure!(known(&lobby.terminal) == expected, "{:?}", known(&lobby.terminal));
        Ok(())
    })
    .await
    .unwrap();
    let fetched = lobby.terminal.fetched().split_off(before);
    assert_eq!(
        fetched,
        ["DATA QUERY USERINFO", "DATA DELETE USERINFO PIN=2002"],
        "only what changed"
    );
    assert!(
        !lobby
            .terminal
            .fetched()
            .iter()
            .any(|command| command.starts_with("Shell"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_refuses_is_degraded_and_says_so() {
    let config = Config {
        answering: CommandReplies::Refusing,
        telling: RowUpload::InOrder,
        ..Config::default()
    };
    let lobby = TerminalScenario::open("adms-refusal", config).await;
    lobby.add(json!({"people": []})).await;
    let found = until("it is degraded", SOON, || lobby.status("degraded"))
        .await
        .unwrap();
    assert_eq!(
        found.get("reason").and_then(|reason| reason.as_str()),
        Some("people_refused")
    );
    let outcome = lobby.order("device.time.sync", json!({}), 20).await;
    assert_eq!(outcome, ("failed".to_owned(), Some("unsupported".to_owned())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_opens_when_the_terminal_asks_in_time_and_never_later() {
    let mut lobby = TerminalScenario::open("adms-door", Config::default()).await;
    lobby.approve(json!({"unlock": "ac_unlock"})).await;
    let ok = ("ok".to_owned(), None);
    assert_eq!(lobby.order("access.open", json!({"door": 1}), 20).await, ok);
    assert_eq!(lobby.terminal.openings().len(), 1);
    assert_eq!(lobby.order("device.test", json!({}), 20).await, ok);
    assert_eq!(lobby.order("device.time.sync", json!({}), 20).await, ok);
    until("it registered again", SOON, || async {
        ensure!(lobby.terminal.counts().registered >= 2);
        Ok(())
    })
    .await
    .unwrap();

    lobby.terminal.go_offline();
    sleep(Duration::from_millis(500)).await;
    let late = lobby.order("access.open", json!({"door": 1}), 5).await;
    assert_eq!(late.0, "expired");
    lobby.lead();
    lobby.terminal.punch("17", 15, 0);
    until("it is back", SOON, || lobby.complete()).await.unwrap();
    assert_eq!(lobby.order("device.reboot", json!({}), 20).await, ok);
    until("it rebooted and came back", SOON, || async {
        ensure!(lobby.terminal.counts().reboots == 1 && lobby.terminal.counts().registered >= 3);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(
        lobby.terminal.openings().len(),
        1,
        "what was too late was never fetched"
    );
    lobby.scenario.edge.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stands_at_the_box_sees_who_called_and_can_test_it() {
    let mut lobby = TerminalScenario::open("adms-fieldwork", Config::default()).await;
    until("it was turned away", SOON, || async {
        ensure!(lobby.terminal.counts().refused >= 2);
        Ok(())
    })
    .await
    .unwrap();
    let errand = [
        "devices",
        "discover",
        "--net",
        "127.0.0.1/32",
        "--seconds",
        "1",
        "--json",
    ];
    let (status, said) = lobby.scenario.edge.errand(&errand).await.unwrap();
    let said = said.join("\n");
    assert!(status.success() && said.contains("\"by\": \"call\""), "{said}");
    assert!(
        said.contains("BJ2C194460123") && said.contains("adapter zkteco-adms"),
        "{said}"
    );

    lobby.approve(json!({})).await;
    let (status, said) = lobby
        .scenario
        .edge
        .errand(&["devices", "test", site::DEVICE])
        .await
        .unwrap();
    let said = said.join("\n");
    assert!(status.success(), "{said}");
    assert!(
        said.contains(&format!("{}: terminal, zkteco-adms", site::DEVICE)),
        "{said}"
    );
    assert!(
        said.contains("test: ok, serial BJ2C194460123, firmware ZAM180-NF-Ver1.1.17, 3 users"),
        "{said}"
    );
    let (status, said) = lobby
        .scenario
        .edge
        .errand(&["devices", "test", "nobody"])
        .await
        .unwrap();
    assert!(!status.success(), "{said:?}");

    // Without an agent, by the document it has kept.
    lobby.scenario.edge.stop().await.unwrap();
    let (status, said) = lobby
        .scenario
        .edge
        .errand(&["devices", "test", site::DEVICE])
        .await
        .unwrap();
    let said = said.join("\n");
    assert!(!status.success() && said.contains("calls the box by itself"), "{said}");
}
