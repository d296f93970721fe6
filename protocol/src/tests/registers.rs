//! Registers: whatever is cut, lost, doubled or damaged, the edge's table is the cloud's in the end.

use crate::{
    Digest, EdgeId, OrgId, Timestamp,
    register::{
        DeltaError, DeltaPlan, DeltaRejection, HeldRegister, MAX_ROWS, RegisterDelta, RegisterHash, RegisterId,
        RegisterKind, RegisterReplica, RegisterState, RegisterVersion, Row, RowKey, StoredRow, next, take_chunk,
    },
};
use expect_test::expect;
use proptest::prelude::*;
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

/// The cloud's table, with what it believes the edge to hold.
#[derive(Default)]
struct CloudTable {
    state: RegisterState,
    rows: BTreeMap<RowKey, (RegisterVersion, Option<String>)>,
    held: Option<HeldRegister>,
    clock: i64,
}

/// What is on the edge's disk.
#[derive(Default)]
struct EdgeTable {
    holding: RegisterReplica,
    rows: BTreeMap<RowKey, StoredRow>,
}

fn register() -> RegisterId {
    RegisterKind::Bookings.id()
}

fn key(number: u16) -> RowKey {
    format!("row-{number}").parse().expect("a key")
}

impl CloudTable {
    fn write(&mut self, key: RowKey, body: Option<String>) {
        let hash = self.state.hash;
        let without = match self.rows.get(&key) {
            Some((version, Some(body))) => hash.without(&key, *version, body),
            Some((_, None)) | None => hash,
        };
        let version = self.state.version.next();
        let hash = body.as_ref().map_or(without, |body| without.with(&key, version, body));
        (self.state.version, self.state.hash) = (version, hash);
        self.rows.insert(key, (version, body));
    }

    fn forget_deletions(&mut self) {
        let gone = self.rows.values().filter(|(_, body)| body.is_none());
        let floor = gone.map(|(version, _)| *version).max().unwrap_or_default();
        self.state.floor = self.state.floor.max(floor);
        self.rows.retain(|_, (_, body)| body.is_some());
    }

    fn delta(&mut self) -> Option<RegisterDelta> {
        let from = match next(&self.state, self.held.as_ref()) {
            DeltaPlan::Nothing => return None,
            DeltaPlan::After(version) => version,
            DeltaPlan::Everything => RegisterVersion::NONE,
        };
        let mut rows: Vec<Row> = self
            .rows
            .iter()
            .filter(|(_, (version, body))| *version > from && (body.is_some() || from > RegisterVersion::NONE))
            .map(|(key, (version, body))| Row {
                key: key.clone(),
                version: *version,
                body: body.clone().map(|body| RawValue::from_string(body).expect("JSON")),
            })
            .collect();
        rows.sort_by_key(|row| row.version);
        let latest = self.state.version;
        let (rows, to) = take_chunk(rows, latest);
        self.clock += 1;
        Some(RegisterDelta {
            register: register(),
            org: OrgId::new(Timestamp::from_millis(1), [1; 10]),
            edge: EdgeId::new(Timestamp::from_millis(1), [1; 10]),
            issued: Timestamp::from_millis(self.clock),
            from,
            to,
            latest,
            hash: self.state.hash,
            rows,
        })
    }
}

impl EdgeTable {
    fn take(&mut self, delta: &RegisterDelta) -> Result<usize, DeltaRejection> {
        delta.check().expect("it holds together");
        let all = || Ok::<_, Infallible>(self.rows.clone().into_iter().collect());
        let taken = self.holding.take(delta, |key| Ok(self.rows.get(key).cloned()), all);
        let taken = match taken {
            Ok(taken) => taken?,
            Err(never) => match never {},
        };
        for key in taken.removed {
            self.rows.remove(&key);
        }
        self.rows.extend(taken.put);
        self.holding = taken.holding;
        Ok(delta.rows.len())
    }

    fn restart(&mut self) {
        self.holding = std::mem::take(&mut self.holding).counted(&self.rows);
    }

    fn held(&self) -> HeldRegister {
        self.holding.held(register())
    }
}

/// Delivers until nothing is left to say; how many rows travelled.
fn deliver(cloud: &mut CloudTable, edge: &mut EdgeTable) -> usize {
    let mut travelled = 0;
    for _ in 0..1000 {
        let Some(delta) = cloud.delta() else { return travelled };
        travelled += edge.take(&delta).unwrap_or_default();
        cloud.held = Some(edge.held());
    }
    panic!("it never ends: {:?}, {:?}", cloud.state, edge.holding);
}

fn assert_same(cloud: &CloudTable, edge: &EdgeTable) {
    let wanted: BTreeMap<&RowKey, (RegisterVersion, &str)> = cloud
        .rows
        .iter()
        .filter_map(|(key, (version, body))| Some((key, (*version, body.as_deref()?))))
        .collect();
    let there: BTreeMap<&RowKey, (RegisterVersion, &str)> = edge
        .rows
        .iter()
        .map(|(key, row)| (key, (row.version, row.body.as_str())))
        .collect();
    assert_eq!(there, wanted);
    assert_eq!(
        (edge.held().version, edge.held().hash),
        (cloud.state.version, cloud.state.hash)
    );
}

#[derive(Debug, Clone)]
enum Step {
    Write(u16),
    WriteLarge(u16),
    Delete(u16),
    Deliver,
    LoseDelta,
    LoseAnswer,
    DeliverTwice,
    Replay,
    Restart,
    LoseRow(u16),
    LoseTable,
    ForgetDeletions,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let row = 0..12_u16;
    let step = prop_oneof![
        6 => row.clone().prop_map(Step::Write),
        2 => row.clone().prop_map(Step::WriteLarge),
        3 => row.clone().prop_map(Step::Delete),
        5 => Just(Step::Deliver),
        2 => Just(Step::LoseDelta),
        2 => Just(Step::LoseAnswer),
        2 => Just(Step::DeliverTwice),
        2 => Just(Step::Replay),
        2 => Just(Step::Restart),
        1 => row.prop_map(Step::LoseRow),
        1 => Just(Step::LoseTable),
        1 => Just(Step::ForgetDeletions),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_edges_table_is_the_clouds_in_the_end(steps in steps()) {
        let (mut cloud, mut edge) = (CloudTable::default(), EdgeTable::default());
        let mut sent: Vec<RegisterDelta> = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            match step {
                Step::Write(row) => cloud.write(key(row), Some(format!("{{\"n\":{at}}}"))),
                Step::WriteLarge(row) => cloud.write(key(row), Some(format!("\"{at}{}\"", "x".repeat(100 << 10)))),
                Step::Delete(row) => cloud.write(key(row), None),
                Step::Deliver => if let Some(delta) = cloud.delta() {
                    let _ = edge.take(&delta);
                    cloud.held = Some(edge.held());
                    sent.push(delta);
                },
                Step::LoseDelta => sent.extend(cloud.delta()),
                Step::LoseAnswer => if let Some(delta) = cloud.delta() {
                    let _ = edge.take(&delta);
                    sent.push(delta);
                },
                Step::DeliverTwice => if let Some(delta) = cloud.delta() {
                    let _ = (edge.take(&delta), edge.take(&delta));
                    cloud.held = Some(edge.held());
                },
                // An old one comes once more: from a buffer on the way, or from somebody who kept it.
                Step::Replay => if let Some(delta) = sent.get(at % sent.len().max(1)) {
                    let _ = edge.take(delta);
                    cloud.held = Some(edge.held());
                },
                Step::Restart => {
                    edge.restart();
                    cloud.held = Some(edge.held());
                }
                Step::LoseRow(row) => { edge.rows.remove(&key(row)); }
                Step::LoseTable => edge = EdgeTable::default(),
                Step::ForgetDeletions => cloud.forget_deletions(),
            }
        }
        edge.restart();
        cloud.held = Some(edge.held());
        deliver(&mut cloud, &mut edge);
        assert_same(&cloud, &edge);
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order(rows in prop::collection::vec((0..50_u16, ".{0,20}"), 1..20)) {
        let distinct: BTreeSet<u16> = rows.iter().map(|(row, _)| *row).collect();
        prop_assume!(distinct.len() == rows.len());
        let with = |hash: RegisterHash, (row, body): &(u16, String)| hash.with(&key(*row), RegisterVersion(1), body);
        let there = rows.iter().fold(RegisterHash::default(), with);
        let back = rows.iter().rev().fold(RegisterHash::default(), with);
        assert_eq!(there, back);
        let none = rows.iter().fold(there, |hash, (row, body)| hash.without(&key(*row), RegisterVersion(1), body));
        assert_eq!(none, RegisterHash::default());
        assert_eq!(there.to_string().parse::<Digest>().map(|digest| *digest.as_bytes()), Ok(*there.as_bytes()));
    }
}

#[test]
fn one_new_booking_among_five_thousand_is_one_row() {
    let (mut cloud, mut edge) = (CloudTable::default(), EdgeTable::default());
    for number in 0..5000 {
        cloud.write(key(number), Some(format!("{{\"n\":{number}}}")));
    }
    assert_eq!(deliver(&mut cloud, &mut edge), 5000);
    assert_same(&cloud, &edge);
    cloud.write(key(5000), Some("{}".into()));
    assert_eq!(deliver(&mut cloud, &mut edge), 1);
    assert_same(&cloud, &edge);
}

#[test]
fn a_resync_goes_on_where_it_was_cut_and_nothing_is_missing_meanwhile() {
    let (mut cloud, mut edge) = (CloudTable::default(), EdgeTable::default());
    for number in 0..1200 {
        cloud.write(key(number), Some("1".into()));
    }
    deliver(&mut cloud, &mut edge);
    let first = edge.holding.in_force_since();
    assert!(first.is_some());
    // The edge lost one row, and the cloud deleted another whose deletion it has forgotten since.
    edge.rows.remove(&key(7));
    cloud.write(key(8), None);
    cloud.forget_deletions();
    edge.restart();
    cloud.held = Some(edge.held());
    let chunk = cloud.delta().expect("it begins anew");
    assert_eq!((chunk.from, chunk.rows.len()), (RegisterVersion::NONE, MAX_ROWS));
    edge.take(&chunk).expect("taken");
    assert_eq!(
        edge.rows.len(),
        1200,
        "what was in force still is, and the lost row is back"
    );
    edge.restart();
    cloud.held = Some(edge.held());
    let chunk = cloud.delta().expect("it goes on");
    assert_eq!(chunk.from, edge.held().version);
    assert!(chunk.from > RegisterVersion::NONE, "not from the beginning");
    deliver(&mut cloud, &mut edge);
    assert_same(&cloud, &edge);
    assert_eq!(edge.holding.in_force_since(), first);
}

#[test]
fn a_resync_from_before_the_last_is_not_taken() {
    let (mut cloud, mut edge) = (CloudTable::default(), EdgeTable::default());
    cloud.write(key(1), Some("1".into()));
    let old = cloud.delta().expect("the first");
    cloud.write(key(1), None);
    deliver(&mut cloud, &mut edge);
    assert_eq!(edge.take(&old), Err(DeltaRejection::Stale));
    assert_same(&cloud, &edge);
}

#[test]
fn a_delta_that_does_not_hold_together_is_refused() {
    let mut cloud = CloudTable::default();
    for number in 0..3 {
        cloud.write(key(number), Some("1".into()));
    }
    let good = cloud.delta().expect("rows");
    assert_eq!(good.check(), Ok(()));
    let mut bad = good.clone();
    bad.rows.reverse();
    assert_eq!(bad.check(), Err(DeltaError::Order));
    let mut bad = good.clone();
    bad.to = RegisterVersion(2);
    assert_eq!(bad.check(), Err(DeltaError::Order));
    let mut bad = good;
    bad.rows = vec![bad.rows[0].clone(); MAX_ROWS + 1];
    assert_eq!(bad.check(), Err(DeltaError::TooManyRows(MAX_ROWS + 1)));
}

#[test]
fn a_delta_on_the_wire() {
    let mut cloud = CloudTable::default();
    cloud.write(key(1), Some("{\"b\":1,\"a\":[2]}".into()));
    cloud.write(key(2), Some("1".into()));
    cloud.held = Some(HeldRegister {
        register: register(),
        version: RegisterVersion(1),
        hash: RegisterHash::default(),
        resync_since: None,
    });
    cloud.write(key(2), None);
    let delta = cloud.delta().expect("rows");
    let text = serde_json::to_string(&delta).expect("JSON");
    expect![[r#"{"register":"bookings","org":"00000000-0001-7101-8101-010101010101","edge":"00000000-0001-7101-8101-010101010101","issued":1,"from":1,"to":3,"latest":3,"hash":"HASH","rows":[{"key":"row-2","version":3}]}"#]]
    .assert_eq(&text.replace(&delta.hash.to_string(), "HASH"));
    assert_eq!(serde_json::from_str::<RegisterDelta>(&text).expect("the same"), delta);
    cloud.held = None;
    let text = serde_json::to_string(&cloud.delta().expect("everything")).expect("JSON");
    assert!(
        text.contains(r#"{"key":"row-1","version":1,"body":{"b":1,"a":[2]}}"#),
        "{text}"
    );
}

#[test]
fn a_row_of_bookings_is_checked() {
    let kind = RegisterKind::of(&register()).expect("in the table");
    let id = "01a0c450-6c00-7101-8101-010101010101";
    let body = |id: &str| format!(r#"{{"id":"{id}","service":"cash","at":1,"code_hash":"ab"}}"#);
    let key: RowKey = id.parse().expect("a key");
    assert_eq!(kind.check(&key, &body(id)), Ok(()));
    let other = kind
        .check(&"other".parse().expect("a key"), &body(id))
        .expect_err("another key");
    assert_eq!(other.to_string(), "id: is not the row's key");
    let bad = kind.check(&key, r#"{"id":7}"#).expect_err("no booking");
    assert_eq!(bad.path(), "id");
    for bad in ["", "a b", "a\0b", "ʻ", &"x".repeat(97)] {
        assert!(bad.parse::<RowKey>().is_err(), "{bad:?}");
    }
}
