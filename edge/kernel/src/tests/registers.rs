//! Registers: rows are on disk before anybody is told, the queue has them, and a damaged table is said to be one.

use super::rig::{Rig, me};
use crate::{Refusal, RegisterSettlement, Table, queue::Queue};
use protocol::{
    Timestamp,
    document::{DocumentFault, DocumentReason},
    id::BookingId,
    queue::{Booking, Bookings},
    register::{RegisterDelta, RegisterHash, RegisterKind, RegisterVersion, Row, RowKey},
    signed_text::{Purpose, SignedText},
};
use serde_json::value::RawValue;

fn booking(number: u16) -> Booking {
    let mut entropy = [0; 10];
    entropy[..2].copy_from_slice(&number.to_be_bytes());
    Booking {
        id: BookingId::new(Timestamp::from_millis(1), entropy),
        service: "cash".parse().expect("a slug"),
        at: Timestamp::from_millis(i64::from(number)),
        code_hash: format!("{number:064x}").into(),
    }
}

fn key(number: u16) -> RowKey {
    booking(number).id.to_string().parse().expect("a key")
}

fn body(number: u16) -> String {
    serde_json::to_string(&booking(number)).expect("JSON")
}

/// The hash of a table in which booking N was written as version N.
fn hash(numbers: impl IntoIterator<Item = u16>) -> RegisterHash {
    numbers.into_iter().fold(RegisterHash::default(), |hash, number| {
        hash.with(&key(number), RegisterVersion(u64::from(number)), &body(number))
    })
}

fn row(number: u16) -> Row {
    Row {
        key: key(number),
        version: RegisterVersion(u64::from(number)),
        body: Some(RawValue::from_string(body(number)).expect("JSON")),
    }
}

/// Bookings `from + 1` to `to`; the register is at `latest`.
fn delta(from: u16, to: u16, latest: u16) -> RegisterDelta {
    RegisterDelta {
        register: RegisterKind::Bookings.id(),
        org: me().org,
        edge: me().edge,
        issued: Timestamp::from_millis(i64::from(latest)),
        from: RegisterVersion(u64::from(from)),
        to: RegisterVersion(u64::from(to)),
        latest: RegisterVersion(u64::from(latest)),
        hash: hash(1..=latest),
        rows: (from + 1..=to).map(row).collect(),
    }
}

fn seal(delta: &RegisterDelta) -> SignedText {
    SignedText::seal(Purpose::Register, delta, &super::rig::cloud()).expect("JSON")
}

async fn take(rig: &Rig, delta: &RegisterDelta) -> RegisterSettlement {
    rig.port.register(seal(delta)).await.expect("believed")
}

async fn booked(rig: &Rig) -> Vec<i64> {
    let setup = rig.port.read::<Queue>().await.expect("the kernel lives").setup;
    let mut at: Vec<i64> = setup.bookings.values().map(|booking| booking.at.as_millis()).collect();
    at.sort_unstable();
    at
}

#[tokio::test]
async fn rows_survive_a_power_cut_and_the_queue_has_them_once_all_are_there() {
    let rig = Rig::new(1);
    let first = take(&rig, &delta(0, 2, 3)).await;
    assert_eq!((first.held.version, first.error), (RegisterVersion(2), None));
    assert_eq!(first.held.resync_since, Some(RegisterVersion(3)));
    assert_eq!(booked(&rig).await, [0_i64; 0], "not a part of the table");
    let rig = rig.power_cut();
    assert_eq!(rig.port.registers().await.expect("the kernel lives"), [first.held]);
    let whole = take(&rig, &delta(2, 3, 3)).await;
    assert_eq!((whole.held.hash, whole.held.resync_since), (hash(1..=3), None));
    assert_eq!(booked(&rig).await, [1, 2, 3]);
    let rig = rig.power_cut();
    assert_eq!(booked(&rig).await, [1, 2, 3]);
    let mut change = delta(3, 4, 5);
    change.rows.push(Row {
        key: key(1),
        version: RegisterVersion(5),
        body: None,
    });
    (change.to, change.hash) = (RegisterVersion(5), hash(2..=4));
    let changed = take(&rig, &change).await;
    assert_eq!(
        (changed.held.version, changed.held.hash),
        (RegisterVersion(5), hash(2..=4))
    );
    assert_eq!(booked(&rig).await, [2, 3, 4]);
    assert_eq!(take(&rig, &change).await, changed, "the same once more changes nothing");
    let rig = rig.power_cut();
    assert_eq!(booked(&rig).await, [2, 3, 4]);
}

#[tokio::test]
async fn a_damaged_table_shows_and_is_made_whole_while_the_rest_stays_in_force() {
    let rig = Rig::new(2);
    take(&rig, &delta(0, 3, 3)).await;
    let lost = format!("bookings\0{}", key(2));
    rig.port.store(Table::Registers, lost, None).await.expect("gone");
    let rig = rig.power_cut();
    let held = rig.port.registers().await.expect("the kernel lives");
    assert_eq!(held[0].version, RegisterVersion(3));
    assert_ne!(held[0].hash, hash(1..=3), "the cloud sees that something is missing");
    assert_eq!(booked(&rig).await, [1, 3]);
    let begun = take(&rig, &delta(0, 1, 3)).await;
    assert_eq!(begun.held.version, RegisterVersion(1));
    assert_eq!(booked(&rig).await, [1, 3], "what was in force still is");
    let whole = take(&rig, &delta(1, 3, 3)).await;
    assert_eq!((whole.held.version, whole.held.hash), (RegisterVersion(3), hash(1..=3)));
    assert_eq!(booked(&rig).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_resync_ends_what_the_cloud_has_no_more() {
    let rig = Rig::new(3);
    take(&rig, &delta(0, 3, 3)).await;
    let mut anew = delta(0, 3, 4);
    anew.rows.remove(1);
    (anew.to, anew.hash) = (RegisterVersion(4), hash([1, 3]));
    let whole = take(&rig, &anew).await;
    assert_eq!(
        (whole.held.version, whole.held.hash),
        (RegisterVersion(4), hash([1, 3]))
    );
    assert_eq!(booked(&rig).await, [1, 3]);
    let wrong = RegisterDelta {
        hash: hash([1]),
        ..delta(4, 5, 5)
    };
    assert_eq!(
        take(&rig, &wrong).await.held.version,
        RegisterVersion::NONE,
        "once more, all of it"
    );
    assert_eq!(booked(&rig).await, [1, 3, 5]);
}

#[tokio::test]
async fn rows_for_others_and_unknown_registers_change_nothing() {
    let rig = Rig::new(4);
    let other = RegisterDelta {
        edge: protocol::EdgeId::new(Timestamp::from_millis(9), [9; 10]),
        ..delta(0, 1, 1)
    };
    assert!(matches!(
        rig.port.register(seal(&other)).await,
        Err(Refusal::Untrusted(_))
    ));
    let forged = SignedText::seal(Purpose::Document, &delta(0, 1, 1), &super::rig::cloud()).expect("JSON");
    assert!(matches!(rig.port.register(forged).await, Err(Refusal::Untrusted(_))));
    let unknown = RegisterDelta {
        register: "badges".parse().expect("a slug"),
        ..delta(0, 1, 1)
    };
    assert_eq!(take(&rig, &unknown).await.error, Some(DocumentFault::unsupported()));
    take(&rig, &delta(0, 1, 2)).await;
    let elsewhere = take(&rig, &delta(4, 5, 5)).await;
    assert_eq!((elsewhere.held.version, elsewhere.error), (RegisterVersion(1), None));
    let older = take(&rig, &delta(0, 1, 1)).await;
    assert_eq!(older.error.map(|fault| fault.reason), Some(DocumentReason::Untrusted));
    assert!(rig.told().is_empty());
}

#[tokio::test]
async fn the_document_of_before_counts_until_the_register_is_there() {
    let rig = Rig::new(5);
    let document = protocol::Document {
        id: "bookings/branch".parse().expect("an id"),
        body: serde_json::to_value(Bookings {
            bookings: vec![booking(7)],
        })
        .expect("JSON"),
        ..super::rig::document(1, serde_json::Value::Null)
    };
    let settled = rig.port.document(super::rig::seal(&document)).await.expect("believed");
    assert_eq!(settled.error, None);
    assert_eq!(booked(&rig).await, [7]);
    take(&rig, &delta(0, 1, 2)).await;
    assert_eq!(booked(&rig).await, [7], "half a table counts for nothing");
    let rig = rig.power_cut();
    assert_eq!(booked(&rig).await, [7]);
    take(&rig, &delta(1, 2, 2)).await;
    assert_eq!(booked(&rig).await, [1, 2]);
    let rig = rig.power_cut();
    assert_eq!(booked(&rig).await, [1, 2]);
}
