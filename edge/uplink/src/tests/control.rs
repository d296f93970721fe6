//! The control channel: commands, documents, heartbeats, dead peers, and the REST road.

use super::{
    site::{Site, state},
    stub::{Stub, edge, org},
    stub_state::{NOW, Sockets, StubState},
};
use crate::{ControlTransport, LinkState};
use protocol::{
    Command, CommandId, Document,
    command::Action,
    control::{CloudMessage, EdgeMessage, HelloVersion},
    document::{DocumentFault, DocumentReason},
    key::SecretKey,
    register::{RegisterDelta, RegisterHash, RegisterKind, RegisterVersion, Row},
    signed_text::{Purpose, SignedText},
};
use serde_json::{json, value::RawValue};
use std::time::Duration;
use tokio::time::Instant;

fn command(number: u8, key: &SecretKey) -> (CommandId, CloudMessage) {
    let id = CommandId::new(NOW, [number; 10]);
    let command = Command {
        id,
        org: org(),
        edge: edge(),
        device: None,
        action: Action::JournalFlush {},
        by: "admin".into(),
        created: NOW,
        expires: NOW.plus(Duration::from_secs(10)),
    };
    (
        id,
        CloudMessage::Command {
            signed: SignedText::seal(Purpose::Command, &command, key).unwrap(),
        },
    )
}

fn document(version: u64, body: serde_json::Value, key: &SecretKey) -> CloudMessage {
    document_of("lobby-gate-1", version, body, key)
}

fn document_of(device: &str, version: u64, body: serde_json::Value, key: &SecretKey) -> CloudMessage {
    let document = Document {
        id: format!("device/{device}").parse().unwrap(),
        version,
        org: org(),
        edge: edge(),
        published: NOW,
        requires_restart: false,
        withdrawn: false,
        body,
    };
    CloudMessage::Document {
        signed: SignedText::seal(Purpose::Document, &document, key).unwrap(),
    }
}

async fn settled(stub: &Stub, wanted: u64) -> Option<DocumentFault> {
    let found = |said: &EdgeMessage| {
        let EdgeMessage::DocumentSettled { version, error, .. } = said else {
            return None;
        };
        (*version == wanted).then(|| error.clone())
    };
    stub.until(|world| world.heard.iter().any(|said| found(said).is_some()))
        .await;
    stub.see(|world| world.heard.iter().find_map(found)).unwrap()
}

fn received(id: CommandId) -> EdgeMessage {
    EdgeMessage::CommandReceived { command: id }
}

async fn conversation(via: ControlTransport, sockets: Sockets) {
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| world.sockets = sockets);
    let uplink = site.link(&stub).await;
    state(&uplink, |state| state == LinkState::Up { via }).await;
    let (id, said) = command(1, &stub.command);
    stub.change(|world| world.say.extend([said.clone(), said]));
    stub.until(|world| world.heard.iter().filter(|said| **said == received(id)).count() == 2)
        .await;
    let (forged, said) = command(2, &SecretKey::from_seed(&[8; 32]));
    // A key that nobody told of: the edge joins once more to hear of it, and once it comes again it is refused.
    let joins = stub.see(|world| world.attempts.len());
    stub.change(|world| world.say.push_back(said.clone()));
    stub.until(|world| world.attempts.len() > joins).await;
    stub.change(|world| world.say.push_back(said));
    stub.until(|world| world.heard.contains(&received(forged))).await;
    assert_eq!(stub.see(|world| world.attempts.len()), joins + 1, "once for a key");
    stub.until(|world| outcomes(world, id) > 0).await;
    stub.change(|world| world.say.push_back(document(1, json!({"door": 1}), &stub.command)));
    assert_eq!(settled(&stub, 1).await, None);
    stub.change(|world| world.say.push_back(document(2, json!({"bad": 1}), &stub.command)));
    assert_eq!(
        settled(&stub, 2).await,
        Some(DocumentFault::new(DocumentReason::Failed, "bad settings"))
    );
    site.beat.send_modify(|beat| beat.cpu = Some(12.5));
    let hot = |said: &EdgeMessage| matches!(said, EdgeMessage::Heartbeat { heartbeat } if heartbeat.cpu == Some(12.5));
    stub.until(|world| world.heard.iter().any(hot)).await;
    let held = site.port.read::<edge_kernel::Roster>().await.unwrap().state.held();
    assert_eq!(held.iter().map(|held| held.version).collect::<Vec<_>>(), [1]);
    assert_eq!(stub.see(|world| outcomes(world, id)), 1, "sent twice, carried out once");
}

/// How often a command was carried out, by what is stored.
fn outcomes(world: &StubState, id: CommandId) -> usize {
    let bodies = world.stored.values().map(|body| String::from_utf8_lossy(body));
    bodies
        .filter(|body| body.contains("command.ok") && body.contains(&id.to_string()))
        .count()
}

#[tokio::test]
async fn commands_and_documents_come_by_socket() {
    conversation(ControlTransport::Socket, Sockets::Open).await;
}

#[tokio::test]
async fn commands_and_documents_come_by_requests_where_sockets_are_forbidden() {
    conversation(ControlTransport::Rest, Sockets::Forbidden).await;
}

fn rows(from: u64, keys: &[&str], key: &SecretKey) -> CloudMessage {
    let versions = (from + 1..).map(RegisterVersion);
    let rows: Vec<Row> = versions
        .zip(keys)
        .map(|(version, key)| Row {
            key: key.parse().unwrap(),
            version,
            body: Some(RawValue::from_string("1".into()).unwrap()),
        })
        .collect();
    let to = RegisterVersion(from + keys.len() as u64);
    let delta = RegisterDelta {
        register: RegisterKind::Bookings.id(),
        org: org(),
        edge: edge(),
        issued: NOW,
        from: RegisterVersion(from),
        to,
        latest: to.next(),
        hash: RegisterHash::default(),
        rows,
    };
    CloudMessage::Register {
        signed: SignedText::seal(Purpose::Register, &delta, key).unwrap(),
    }
}

async fn rows_come(via: ControlTransport, sockets: Sockets) {
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| world.sockets = sockets);
    let uplink = site.link(&stub).await;
    state(&uplink, |state| state == LinkState::Up { via }).await;
    let settled = async |wanted: u64| {
        let version = |said: &EdgeMessage| {
            if let EdgeMessage::RegisterSettled { held, error: None } = said {
                Some(held.version.0)
            } else {
                None
            }
        };
        stub.until(|world| world.heard.iter().any(|said| version(said) == Some(wanted)))
            .await;
    };
    let first = rows(0, &["a", "b"], &stub.command);
    stub.change(|world| world.say.push_back(first));
    settled(2).await;
    // Not the cloud's, and one that begins elsewhere: neither changes anything, the second is answered.
    let forged = rows(2, &["x"], &SecretKey::from_seed(&[8; 32]));
    let joins = stub.see(|world| world.attempts.len());
    stub.change(|world| world.say.push_back(forged.clone()));
    stub.until(|world| world.attempts.len() > joins).await;
    let (elsewhere, second) = (rows(7, &["y"], &stub.command), rows(2, &["c"], &stub.command));
    stub.change(|world| world.say.extend([forged, elsewhere, second]));
    settled(3).await;
    let held = site.port.registers().await.unwrap();
    assert_eq!(held.iter().map(|held| held.version.0).collect::<Vec<_>>(), [3]);
    if via == ControlTransport::Rest {
        // The road is changed now and then: each conversation begins with what is held.
        let says = |said: &EdgeMessage| matches!(said, EdgeMessage::Hello { registers, .. } if *registers == held);
        stub.until(|world| world.heard.iter().any(says)).await;
    }
}

#[tokio::test]
async fn rows_come_by_socket() {
    rows_come(ControlTransport::Socket, Sockets::Open).await;
}

#[tokio::test]
async fn rows_come_by_requests_where_sockets_are_forbidden() {
    rows_come(ControlTransport::Rest, Sockets::Forbidden).await;
}

#[tokio::test]
async fn no_number_of_documents_keeps_a_command_waiting() {
    let (stub, site) = (Stub::start().await, Site::new());
    let _uplink = site.link(&stub).await;
    let stuck = |number: u32| document_of(&format!("gate-{number}"), 1, json!({"stuck": 1}), &stub.command);
    let (id, said) = command(1, &stub.command);
    stub.change(|world| world.say.extend((0..200).map(stuck).chain([said])));
    stub.until(|world| world.heard.contains(&received(id))).await;
    stub.until(|world| outcomes(world, id) == 1).await;
}

#[tokio::test]
async fn documents_that_queue_have_their_turn() {
    let (stub, site) = (Stub::start().await, Site::new());
    let _uplink = site.link(&stub).await;
    let good = |number: u64| document_of(&format!("gate-{number}"), number, json!({}), &stub.command);
    stub.change(|world| world.say.extend((1..=100).map(good)));
    for version in 1..=100 {
        assert_eq!(settled(&stub, version).await, None);
    }
}

#[tokio::test]
async fn sockets_are_tried_again_once_they_may_work() {
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| world.sockets = Sockets::Forbidden);
    let uplink = site.link(&stub).await;
    state(&uplink, |state| {
        state
            == LinkState::Up {
                via: ControlTransport::Rest,
            }
    })
    .await;
    stub.change(|world| world.sockets = Sockets::Open);
    state(&uplink, |state| {
        state
            == LinkState::Up {
                via: ControlTransport::Socket,
            }
    })
    .await;
}

#[tokio::test]
async fn an_inbox_that_is_empty_at_once_is_not_asked_without_pause() {
    let (stub, mut site) = (Stub::start().await, Site::new());
    (site.settings.timing.backoff, site.settings.timing.socket_retry) =
        (Duration::from_millis(200), Duration::from_secs(60));
    stub.change(|world| (world.sockets, world.hasty) = (Sockets::Forbidden, true));
    let began = Instant::now();
    let _uplink = site.link(&stub).await;
    stub.until(|world| world.polls >= 6).await;
    assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_mute_peer_is_given_up_and_after_three_the_rest_road_is_taken() {
    let (stub, mut site) = (Stub::start().await, Site::new());
    site.settings.timing.silence = Duration::from_millis(200);
    stub.change(|world| world.sockets = Sockets::Mute);
    let uplink = site.link(&stub).await;
    stub.until(|world| world.polls > 0).await;
    assert_eq!(stub.see(|world| world.upgrades), 3);
    state(&uplink, |state| {
        state
            == LinkState::Up {
                via: ControlTransport::Rest,
            }
    })
    .await;
}

#[tokio::test]
async fn being_turned_away_on_the_socket_stops_everything() {
    let (stub, site) = (Stub::start().await, Site::new());
    let uplink = site.link(&stub).await;
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    stub.change(|world| {
        world.quarantined = true;
        world.say.push_back(CloudMessage::Refused {
            reason: "quarantined".into(),
        });
    });
    state(&uplink, |state| matches!(state, LinkState::TurnedAway(_))).await;
}

#[test]
fn fuzz_what_the_cloud_says() {
    bolero::check!().with_type::<String>().for_each(|text| {
        let _ = crate::control::parse(text);
    });
    assert_eq!(crate::control::parse(r#"{"type":"dance","tempo":120}"#), None);
}

async fn lists_when_asked(via: ControlTransport, sockets: Sockets) {
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| {
        world.sockets = sockets;
        world.hello = HelloVersion::DIGEST;
    });
    let _uplink = site.link(&stub).await;
    let digested = |said: &EdgeMessage| matches!(said, EdgeMessage::Hello { documents, documents_digest: Some(_), .. } if documents.is_empty());
    stub.until(|world| world.heard.iter().any(digested)).await;
    if via == ControlTransport::Socket {
        stub.change(|world| world.say.push_back(CloudMessage::ListDocuments { after: None }));
    }
    let listed = |said: &EdgeMessage| {
        matches!(
            said,
            EdgeMessage::HeldDocuments {
                after: None,
                upto: None,
                ..
            }
        )
    };
    stub.until(|world| world.heard.iter().any(listed)).await;
}

#[tokio::test]
async fn a_cloud_that_knows_digests_is_told_one_and_asks_for_the_list() {
    lists_when_asked(ControlTransport::Socket, Sockets::Open).await;
}

#[tokio::test]
async fn by_requests_the_list_comes_unasked() {
    lists_when_asked(ControlTransport::Rest, Sockets::Forbidden).await;
}
