//! Registers over both roads: rows go down in chunks, each acknowledged before the next, and one change is one row.

use super::{
    Cloud, Device, NOW,
    channel::{Channel, listen},
    entry, org, run,
};
use cloud_store::registers::{self, RegisterProgress, RowChange};
use http::StatusCode;
use protocol::{
    control::{CloudMessage, EdgeMessage, INBOX_PATH, Inbox, OUTBOX_PATH},
    document::DocumentFault,
    register::{HeldRegister, RegisterDelta, RegisterKind, RegisterReplica, RegisterVersion, RowKey, StoredRow},
    signed_text::{Purpose, SignedText},
};
use std::{collections::BTreeMap, convert::Infallible};

/// What an edge has on its disk.
#[derive(Default)]
struct Table {
    holding: RegisterReplica,
    rows: BTreeMap<RowKey, StoredRow>,
}

impl Table {
    fn take(&mut self, delta: &RegisterDelta) -> EdgeMessage {
        let all = || Ok::<_, Infallible>(self.rows.clone().into_iter().collect());
        let taken = self.holding.take(delta, |key| Ok(self.rows.get(key).cloned()), all);
        if let Ok(Ok(taken)) = taken {
            taken.removed.iter().for_each(|key| drop(self.rows.remove(key)));
            self.rows.extend(taken.put);
            self.holding = taken.holding;
        }
        EdgeMessage::RegisterSettled {
            held: self.held(),
            error: None,
        }
    }

    fn held(&self) -> HeldRegister {
        self.holding.held(RegisterKind::Bookings.id())
    }
}

async fn write(cloud: &Cloud, device: &Device, rows: std::ops::Range<u32>) {
    let changes = rows.map(|number| RowChange {
        key: format!("row-{number}").parse().expect("a key"),
        body: Some(format!("{{\"n\":{number}}}")),
    });
    let (scope, register) = (cloud.app.store.scope(org()), RegisterKind::Bookings.id());
    registers::write(&scope, device.id, register, changes.collect(), entry())
        .await
        .expect("written");
    cloud.app.links.wake(device.id);
}

async fn progress(cloud: &Cloud, device: &Device) -> RegisterProgress {
    let (scope, register) = (cloud.app.store.scope(org()), RegisterKind::Bookings.id());
    let tracked = registers::get(&scope, device.id, register).await.expect("an answer");
    tracked.expect("a register").progress
}

fn open(cloud: &Cloud, signed: &SignedText) -> RegisterDelta {
    let trusted = [cloud.app.key.public()];
    signed
        .open::<protocol::Document>(Purpose::Document, &trusted)
        .expect_err("a register is no document");
    signed.open(Purpose::Register, &trusted).expect("signed by the cloud")
}

async fn delta(cloud: &Cloud, channel: &mut Channel) -> RegisterDelta {
    match channel.hear().await {
        Some(CloudMessage::Register { signed }) => open(cloud, &signed),
        other => panic!("no rows: {other:?}"),
    }
}

#[test]
fn rows_come_in_chunks_and_one_change_is_one_row() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        write(&cloud, &device, 0..1200).await;
        let (mut table, mut sizes) = (Table::default(), Vec::new());
        let mut channel = Channel::open(&device, listen(&cloud).await).await;
        channel.hello().await;
        loop {
            let delta = delta(&cloud, &mut channel).await;
            assert_eq!((delta.edge, delta.org), (device.id, org()));
            sizes.push(delta.rows.len());
            channel.say(&table.take(&delta)).await;
            if delta.is_last() {
                break;
            }
        }
        channel.beat().await;
        assert_eq!((sizes, table.rows.len()), (vec![500, 500, 200], 1200));
        assert_eq!(progress(&cloud, &device).await, RegisterProgress::InForce);
        write(&cloud, &device, 1200..1201).await;
        let one = delta(&cloud, &mut channel).await;
        assert_eq!((one.rows.len(), one.from), (1, RegisterVersion(1200)));
        channel.say(&table.take(&one)).await;
        channel.beat().await;
        assert_eq!(progress(&cloud, &device).await, RegisterProgress::InForce);
        // An answer that comes twice changes nothing.
        channel.say(&table.take(&one)).await;
        channel.beat().await;
        assert_eq!(progress(&cloud, &device).await, RegisterProgress::InForce);
    });
}

#[test]
fn rows_come_by_requests_where_there_is_no_socket() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        write(&cloud, &device, 0..700).await;
        let mut table = Table::default();
        while !table
            .holding
            .held(RegisterKind::Bookings.id())
            .version
            .eq(&RegisterVersion(700))
        {
            let answer = cloud
                .ask(device.request("GET", INBOX_PATH, &[], Vec::new()))
                .await
                .expect(StatusCode::OK);
            let inbox: Inbox = serde_json::from_value(answer).expect("an inbox");
            let [CloudMessage::Have { .. }, CloudMessage::Register { signed }] = inbox.messages.as_slice() else {
                panic!("{inbox:?}")
            };
            let said = serde_json::to_vec(&[table.take(&open(&cloud, signed))]).expect("JSON");
            cloud
                .ask(device.request("POST", OUTBOX_PATH, &[("content-type", "application/json")], said))
                .await
                .expect(StatusCode::NO_CONTENT);
        }
        assert_eq!(table.rows.len(), 700);
        assert_eq!(progress(&cloud, &device).await, RegisterProgress::InForce);
    });
}

#[test]
fn an_edge_that_does_not_know_a_register_is_not_asked_again_on_that_connection() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        write(&cloud, &device, 0..1).await;
        let address = listen(&cloud).await;
        let mut channel = Channel::open(&device, address).await;
        channel.hello().await;
        delta(&cloud, &mut channel).await;
        channel
            .say(&EdgeMessage::RegisterSettled {
                held: Table::default().held(),
                error: Some(DocumentFault::unsupported()),
            })
            .await;
        channel.beat().await;
        write(&cloud, &device, 1..2).await;
        channel.beat().await;
        assert_eq!(progress(&cloud, &device).await, RegisterProgress::Refused);
        let mut channel = Channel::open(&device, address).await;
        channel.hello().await;
        assert_eq!(delta(&cloud, &mut channel).await.rows.len(), 2, "it may be newer now");
        assert_eq!(cloud.app.clock.now(), NOW);
    });
}
