//! Commands, documents and devices.

use super::{NOW, body, edge, entry, event, open, org, run, store};
use crate::{
    OrgStore,
    commands::{self, CommandFilter, CommandState},
    devices::{self, DeviceStatus},
    documents::{self, DocumentState, DocumentStep, NewDocument},
    metrics::{self, Subject},
};
use expect_test::expect;
use protocol::{
    Command, CommandId, Digest, Fact, Lane, Timestamp,
    command::{Action, Reason},
    control::HeldDocument,
    document::{DocumentFault, DocumentReason},
    fact::{CommandChange, DeviceChange, DeviceIdentity, Door, Heartbeat, Metric},
};
use std::time::Duration;

fn id(number: u8) -> CommandId {
    CommandId::new(NOW, [number; 10])
}

async fn queue(scope: &OrgStore, number: u8) {
    let command = Command {
        id: id(number),
        org: org(1),
        edge: edge(1),
        device: Some("gate-1".parse().expect("a slug")),
        action: Action::AccessOpen {
            door: Door(1),
            reason: None,
        },
        by: "admin".into(),
        created: NOW,
        expires: NOW.plus(Duration::from_secs(10)),
    };
    commands::create(scope, command, entry("command.create"))
        .await
        .expect("queued");
}

fn moved(number: u8, make: fn(CommandChange) -> Fact, reason: Option<Reason>) -> Vec<u8> {
    let command_name = "access.open".to_owned();
    body(make(CommandChange {
        command: id(number),
        command_name: command_name.into(),
        device: None,
        expires: after(10),
        reason,
        detail: None,
        took_ms: Some(12),
    }))
}

async fn state(scope: &OrgStore, number: u8) -> (CommandState, Option<Reason>) {
    let found = commands::get(scope, id(number))
        .await
        .expect("an answer")
        .expect("a command");
    (found.state, found.reason)
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[test]
fn a_command_is_sent_while_fresh_and_ends_once() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        queue(&scope, 1).await;
        assert_eq!(commands::due_edges(&scope, NOW).await.expect("edges"), [edge(1)]);
        assert_eq!(commands::claim(&scope, edge(2), NOW).await.expect("due"), []);
        assert_eq!(commands::claim(&scope, edge(1), NOW).await.expect("due").len(), 1);
        assert_eq!(
            commands::claim(&scope, edge(1), after(1)).await.expect("due").len(),
            0,
            "on its way"
        );
        assert_eq!(
            commands::claim(&scope, edge(1), after(6)).await.expect("due").len(),
            1,
            "never confirmed"
        );
        commands::received(&scope, edge(1), id(1), after(6))
            .await
            .expect("filed");
        assert_eq!(commands::claim(&scope, edge(1), after(9)).await.expect("due").len(), 0);
        assert_eq!(state(&scope, 1).await.0, CommandState::Accepted);
        store(&scope, Lane::Facts, &[(1, moved(1, Fact::CommandRunning, None))]).await;
        assert_eq!(state(&scope, 1).await.0, CommandState::Running);
        store(&scope, Lane::Facts, &[(2, moved(1, Fact::CommandOk, None))]).await;
        store(
            &scope,
            Lane::Facts,
            &[(3, moved(1, Fact::CommandFailed, Some(Reason::Hardware)))],
        )
        .await;
        assert_eq!(
            state(&scope, 1).await,
            (CommandState::Ok, None),
            "the first outcome stands"
        );
    });
}

#[test]
fn a_command_that_was_never_sent_expires_here_and_is_never_sent() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        queue(&scope, 1).await;
        assert_eq!(commands::sweep(&scope, after(9)).await.expect("swept"), 0);
        assert_eq!(commands::claim(&scope, edge(1), after(10)).await.expect("due"), []);
        assert_eq!(commands::sweep(&scope, after(10)).await.expect("swept"), 1);
        assert_eq!(state(&scope, 1).await, (CommandState::Expired, Some(Reason::Expired)));
        assert_eq!(commands::sweep(&scope, after(10)).await.expect("swept"), 0);
    });
}

#[test]
fn the_edge_has_the_last_word_on_what_was_sent() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        queue(&scope, 1).await;
        commands::claim(&scope, edge(1), NOW).await.expect("due");
        assert_eq!(
            commands::sweep(&scope, after(60)).await.expect("swept"),
            0,
            "the edge may have it"
        );
        assert_eq!(commands::sweep(&scope, after(3600)).await.expect("swept"), 1);
        assert_eq!(state(&scope, 1).await.0, CommandState::Expired);
        store(&scope, Lane::Facts, &[(1, moved(1, Fact::CommandOk, None))]).await;
        assert_eq!(state(&scope, 1).await, (CommandState::Ok, None));
        let ok = CommandFilter {
            state: Some(CommandState::Ok),
            limit: 10,
            ..CommandFilter::default()
        };
        assert_eq!(commands::list(&scope, ok).await.expect("commands").len(), 1);
    });
}

async fn publish(scope: &OrgStore, number: u64) -> protocol::Document {
    let id = "device/gate-1".parse().expect("an id");
    let body = serde_json::json!({ "n": number });
    let new = NewDocument {
        edge: edge(1),
        id,
        published: NOW,
        requires_restart: false,
        withdrawn: false,
        body,
    };
    documents::publish(scope, new, entry("document.publish"))
        .await
        .expect("published")
}

#[test]
fn documents_go_up_by_one_and_come_down_once() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let (first, second) = (publish(&scope, 1).await, publish(&scope, 2).await);
        assert_eq!((first.version, second.version), (1, 2));
        assert_eq!(documents::due_edges(&scope).await.expect("edges"), [edge(1)]);
        assert_eq!(
            documents::claim(&scope, edge(1), NOW).await.expect("due"),
            std::slice::from_ref(&second),
            "the last version only"
        );
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due"), []);
        assert_eq!(documents::due_edges(&scope).await.expect("edges"), []);
        // The connection broke before the edge had it: it says hello with nothing in hand.
        documents::reconcile(&scope, edge(1), Vec::new().into(), NOW)
            .await
            .expect("compared");
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due").len(), 1);
        let held = HeldDocument {
            document: second.id.clone(),
            version: 2,
            hash: second.hash(),
        };
        documents::reconcile(&scope, edge(1), vec![held].into(), NOW)
            .await
            .expect("compared");
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due"), []);
        let states: Vec<DocumentState> = documents::list(&scope, edge(1))
            .await
            .expect("documents")
            .iter()
            .map(|found| found.state)
            .collect();
        assert_eq!(states, [DocumentState::Applied]);
    });
}

#[test]
fn a_document_that_fails_is_not_sent_again_and_says_why() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let document = publish(&scope, 1).await;
        documents::claim(&scope, edge(1), NOW).await.expect("due");
        let told = |hash: Digest| {
            let error = Some(DocumentFault::new(DocumentReason::Failed, "no such door"));
            DocumentStep {
                document: document.id.clone(),
                version: 1,
                hash,
                error,
            }
        };
        documents::settle(&scope, edge(1), told(Digest::of(b"of another body")), NOW)
            .await
            .expect("filed");
        let latest = || documents::latest(&scope, edge(1), document.id.clone());
        assert_eq!(
            latest().await.expect("an answer").map(|found| found.state),
            Some(DocumentState::Delivered)
        );
        documents::settle(&scope, edge(1), told(document.hash()), NOW)
            .await
            .expect("filed");
        let found = latest().await.expect("an answer").expect("a document");
        assert_eq!(
            (found.state, found.reason.as_deref()),
            (DocumentState::Failed, Some("failed: no such door"))
        );
        documents::reconcile(&scope, edge(1), Vec::new().into(), NOW)
            .await
            .expect("compared");
        assert_eq!(documents::claim(&scope, edge(1), NOW).await.expect("due"), []);
    });
}

fn change(make: fn(DeviceChange) -> Fact, reason: &str) -> Vec<u8> {
    let device = "gate-1".parse().expect("a slug");
    body(make(DeviceChange {
        device,
        reason: Some(reason.into()),
        fw: Some("1.2".into()),
    }))
}

#[test]
fn devices_follow_their_events_and_old_news_changes_nothing() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let found = DeviceIdentity {
            device: "gate-1".parse().expect("a slug"),
            kind: "terminal".into(),
            adapter: Some("hikvision".parse().expect("a slug")),
            address: Some("10.0.0.7:80".into()),
        };
        store(
            &scope,
            Lane::Facts,
            &[
                (1, body(Fact::DevicePaired(found))),
                (2, change(Fact::DeviceOnline, "-")),
            ],
        )
        .await;
        store(&scope, Lane::Facts, &[(5, change(Fact::DeviceOffline, "silent"))]).await;
        // Fills a gap: older than what is known.
        store(&scope, Lane::Facts, &[(3, change(Fact::DeviceDegraded, "clock_drift"))]).await;
        let devices = devices::list(&scope, Some(edge(1))).await.expect("devices");
        let [device] = devices.as_slice() else {
            panic!("{devices:?}")
        };
        assert_eq!(device.status, DeviceStatus::Offline);
        expect![[r#"
            "terminal hikvision 10.0.0.7:80 silent 1.2"
        "#]]
        .assert_debug_eq(&format!(
            "{} {} {} {} {}",
            device.kind.as_ref().map_or("?", |text| text.as_str()),
            device.adapter.as_ref().map_or("?", |adapter| adapter.as_str()),
            device.address.as_ref().map_or("?", |text| text.as_str()),
            device.reason.as_ref().map_or("?", |text| text.as_str()),
            device.fw.as_ref().map_or("?", |text| text.as_str()),
        ));
    });
}

#[test]
fn figures_over_time_come_from_events() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let device: protocol::DeviceId = "gate-1".parse().expect("a slug");
        let metric = |cpu, at| {
            let metric = Metric {
                device: Some(device.clone()),
                cpu: Some(cpu),
                ..Metric::default()
            };
            let mut event = event(Fact::DeviceMetric(metric), at);
            event.actor = protocol::Actor::Device { id: device.clone() };
            event.encode().expect("JSON")
        };
        let beat = Fact::SiteHeartbeat(Heartbeat {
            journal_depth: 7,
            ..Heartbeat::default()
        });
        let records = [(1, metric(10.0, NOW)), (2, metric(20.0, after(60))), (3, body(beat))];
        store(&scope, Lane::Telemetry, &records).await;
        let of_device = (edge(1), Subject::Device(device.clone()));
        let points = metrics::series(&scope, of_device, (NOW, after(600)), 10)
            .await
            .expect("points");
        assert_eq!(
            points.iter().map(|point| point.values["cpu"]).collect::<Vec<_>>(),
            [10.0, 20.0]
        );
        let points = metrics::series(&scope, (edge(1), Subject::Edge), (NOW, after(600)), 10)
            .await
            .expect("points");
        assert_eq!(
            points
                .iter()
                .map(|point| point.values["journal_depth"])
                .collect::<Vec<_>>(),
            [7.0]
        );
        let statuses = devices::statuses(&scope).await.expect("heartbeats");
        assert_eq!(
            statuses
                .iter()
                .map(|status| status.heartbeat.journal_depth)
                .collect::<Vec<_>>(),
            [7]
        );
    });
}

#[test]
fn what_waits_is_handed_out_in_lots() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        for number in 0..120 {
            queue(&scope, number).await;
        }
        let mut handed_out = Vec::new();
        for expected in [50, 50, 20, 0] {
            let lot = commands::claim(&scope, edge(1), NOW).await.expect("due");
            assert_eq!(lot.len(), expected);
            handed_out.extend(lot.into_iter().map(|command| command.id));
        }
        let mut all: Vec<_> = (0..120).map(id).collect();
        all.sort();
        assert!(handed_out == all, "each once, oldest first");
    });
}

#[test]
fn a_restored_cloud_publishes_anew_what_the_edge_holds_in_a_later_version() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let last = publish(&scope, 1).await;
        let held = HeldDocument {
            document: last.id.clone(),
            version: 7,
            hash: Digest::of(b"what the copy does not have"),
        };
        documents::reconcile(&scope, edge(1), vec![held].into(), NOW)
            .await
            .expect("reconciled");
        let due = documents::claim(&scope, edge(1), NOW).await.expect("due");
        assert_eq!(due.len(), 1);
        assert_eq!((due[0].version, &due[0].body), (8, &last.body));
    });
}
