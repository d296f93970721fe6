//! Random histories: what is added up as events come is what a rebuild makes of them, and what anybody would make of
//! them who had them in order.

use super::{called, change, dump, issued, moved, recorded, scored, ticket, transferred};
use crate::{
    Db, OrgStore, catch_up,
    catch_up::advance,
    events,
    ingest::{self, IncomingBatch},
    projection::cursor,
    projections::PROJECTIONS,
    tests::{NOW, edge, org, run},
    value::SqlParam,
};
use proptest::{prelude::*, sample::Index};
use protocol::{
    CommandId, EdgeId, Epoch, Fact, Lane, Seq, Timestamp,
    batch::{self, BatchHeader},
    fact::{CommandChange, Custom, DeviceIdentity, DropReason, EventRange, Heartbeat, ServiceSession, SettingsReport},
    frame,
    id::PersonId,
};
use std::{collections::BTreeMap, path::Path, time::Duration};

const EDGES: u8 = 2;
const EPOCHS: u32 = 2;
/// Seqs of each lane of each journal.
const SEQS: u64 = 24;

/// Which journal of which edge, and which lane.
type Line = (u8, u32, Lane);

/// What happened everywhere: the body of each seq.
type World = BTreeMap<(Line, u64), Vec<u8>>;

/// One step of a history.
#[derive(Debug, Clone)]
enum Act {
    /// A batch of these seqs of a line, known or not.
    Batch(Line, Vec<u64>),
    /// The cloud starts again; what is behind catches up by itself.
    Restart,
    /// Tables are emptied, to be made anew.
    Reset(Index),
    /// Some events' worth of catching up.
    Piece(u32),
    /// The next start finds tables that another version made.
    OtherVersion(Index),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let seqs = prop::collection::btree_set(1..=SEQS, 1..10).prop_map(|seqs| seqs.into_iter().collect());
    let act = prop_oneof![
        12 => (line(), seqs).prop_map(|(line, seqs)| Act::Batch(line, seqs)),
        1 => Just(Act::Restart),
        2 => any::<Index>().prop_map(Act::Reset),
        3 => (1..6u32).prop_map(Act::Piece),
        1 => any::<Index>().prop_map(Act::OtherVersion),
    ];
    prop::collection::vec(act, 1..24)
}

fn line() -> impl Strategy<Value = Line> {
    let lane = prop_oneof![4 => Just(Lane::Facts), 1 => Just(Lane::Telemetry)];
    (1..=EDGES, 1..=EPOCHS, lane)
}

fn world() -> impl Strategy<Value = World> {
    let facts = prop::collection::vec((fact(), 0..40u64), SEQS as usize);
    let beats = prop::collection::vec((0..1000u64, 0..6u64), SEQS as usize);
    let journals = usize::from(EDGES) * EPOCHS as usize;
    prop::collection::vec((facts, beats), journals).prop_map(|journals| {
        let mut world = World::new();
        for (number, (facts, beats)) in (0..).zip(journals) {
            let (edge, epoch) = (number % u32::from(EDGES), number / u32::from(EDGES));
            let (edge, epoch) = (u8::try_from(edge).unwrap_or(0) + 1, epoch + 1);
            for (seq, (fact, minute)) in (1..).zip(facts) {
                world.insert(((edge, epoch, Lane::Facts), seq), recorded(fact, minutes(minute)));
            }
            for (seq, (depth, minute)) in (1..).zip(beats) {
                let beat = Heartbeat {
                    journal_depth: depth,
                    ..Heartbeat::default()
                };
                let body = recorded(Fact::SiteHeartbeat(beat), minutes(minute));
                world.insert(((edge, epoch, Lane::Telemetry), seq), body);
            }
        }
        world
    })
}

fn minutes(minutes: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(minutes * 60))
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![5 => of_a_ticket(), 4 => of_a_device(), 3 => of_a_command(), 1 => tombstone()]
}

fn of_a_ticket() -> impl Strategy<Value = Fact> {
    (1..4u8, 0..9u8, 1..6u8).prop_map(|(number, kind, n)| match kind {
        0 | 1 => issued(number),
        2 => called(number),
        3 => Fact::QueueDone(served(number, n, None)),
        4 => Fact::QueueServed(served(number, n, Some("loans"))),
        5 => transferred(number, if n > 3 { "loans" } else { "cards" }),
        6 => Fact::QueueNoShow(moved(number)),
        7 => Fact::QueueCancelled(moved(number)),
        _ => scored(number, n),
    })
}

fn served(number: u8, n: u8, next: Option<&str>) -> ServiceSession {
    ServiceSession {
        ticket: ticket(number),
        service: "cash".parse().expect("a slug"),
        window: format!("window-{n}").parse().expect("a slug"),
        operator: PersonId::new(NOW, [9; 10]),
        wait_s: u64::from(n) * 60,
        serve_s: u64::from(n) * 30,
        outcome: None,
        next: next.map(|next| next.parse().expect("a slug")),
    }
}

fn of_a_device() -> impl Strategy<Value = Fact> {
    (
        prop_oneof!["gate-1", "gate-2"],
        0..8u8,
        prop::option::of("[0-9]\\.[0-9]"),
    )
        .prop_map(|(device, kind, fw)| {
            let fw = fw.as_deref();
            let found = DeviceIdentity {
                device: device.parse().expect("a slug"),
                kind: "terminal".into(),
                adapter: None,
                address: fw.map(|fw| format!("10.0.{fw}")).map(Into::into),
            };
            match kind {
                0 => Fact::DeviceDiscovered(found),
                1 => Fact::DevicePaired(found),
                2 | 3 => Fact::DeviceOnline(change(&device, None, fw)),
                4 => Fact::DeviceOffline(change(&device, Some("silent"), fw)),
                5 => Fact::DeviceRetired(change(&device, None, None)),
                6 => Fact::DeviceReported(SettingsReport {
                    device: found.device,
                    settings: BTreeMap::from([("fw".to_owned(), fw.into())]),
                }),
                _ => Fact::DeviceCustom(Custom {
                    device: found.device,
                    kind: "word".into(),
                    body: serde_json::Value::Null.into(),
                }),
            }
        })
}

fn of_a_command() -> impl Strategy<Value = Fact> {
    (1..4u8, 0..5u8, 0..100u64).prop_map(|(number, kind, took)| {
        let step = CommandChange {
            command: CommandId::new(NOW, [number; 10]),
            command_name: "access.open".to_owned().into(),
            device: None,
            expires: NOW,
            reason: None,
            detail: Some(format!("took {took}")),
            took_ms: Some(took),
        };
        match kind {
            0 => Fact::CommandAccepted(step),
            1 => Fact::CommandRunning(step),
            2 => Fact::CommandOk(step),
            3 => Fact::CommandExpired(step),
            _ => Fact::CommandFailed(step),
        }
    })
}

fn tombstone() -> impl Strategy<Value = Fact> {
    (1..SEQS, 0..4u64, any::<bool>()).prop_map(|(from, more, budget)| {
        Fact::JournalDropped(EventRange {
            lane: Lane::Facts,
            from_seq: Seq(from),
            to_seq: Seq(from + more),
            bytes: 1,
            reason: if budget { DropReason::Budget } else { DropReason::Age },
        })
    })
}

fn records((number, epoch, lane): Line, records: &[(u64, &[u8])]) -> IncomingBatch {
    let mut bytes = Vec::new();
    for (seq, body) in records {
        frame::encode(&mut bytes, Seq(*seq), body).expect("a record");
    }
    let header = BatchHeader {
        edge: edge(number),
        epoch: Epoch(epoch),
        lane,
        first: Seq(records[0].0),
        last: Seq(records[records.len() - 1].0),
        sent_at: NOW,
    };
    IncomingBatch::read(batch::encode(&header, &bytes).expect("a batch")).expect("a batch")
}

async fn store(scope: &OrgStore, line: Line, of: &[(u64, &[u8])]) {
    ingest::store(scope, records(line, of), NOW).await.expect("stored");
}

/// Everything stored in `scope`, told to another organisation in order, each line at once.
async fn retell(scope: &OrgStore, to: &OrgStore) {
    let mut lines: BTreeMap<(EdgeId, u32, Lane), BTreeMap<u64, Vec<u8>>> = BTreeMap::new();
    for event in events::stored_after(scope, 0, u32::MAX).await.expect("events") {
        let line = lines.entry((event.edge, event.epoch.0, event.lane)).or_default();
        line.insert(event.seq.0, event.body);
    }
    for ((id, epoch, lane), of) in lines {
        let number = (1..=EDGES).find(|number| edge(*number) == id).expect("an edge");
        let of: Vec<(u64, &[u8])> = of.iter().map(|(seq, body)| (*seq, body.as_slice())).collect();
        store(to, (number, epoch, lane), &of).await;
    }
}

async fn act(db: Db, dir: &Path, world: &World, act: Act) -> Db {
    let scope = db.scope(org(1));
    match act {
        Act::Batch(line, seqs) => {
            let of: Vec<(u64, &[u8])> = seqs.iter().map(|seq| (*seq, world[&(line, *seq)].as_slice())).collect();
            store(&scope, line, &of).await;
            db
        }
        Act::Restart => {
            drop(scope);
            restart(db, dir)
        }
        Act::Reset(index) => {
            let definition = index.get(PROJECTIONS);
            let reset = scope.write(move |tx| cursor::reset(tx, definition)).await;
            reset.expect("emptied");
            db
        }
        Act::Piece(most) => {
            scope.write(move |tx| advance(tx, most)).await.expect("a piece");
            db
        }
        Act::OtherVersion(index) => {
            let name = index.get(PROJECTIONS).name;
            let sql = "UPDATE projection SET version = 0 WHERE name = $1";
            let aged = scope.write(move |tx| tx.execute(sql, &[SqlParam::from(name)])).await;
            aged.expect("aged");
            drop(scope);
            restart(db, dir)
        }
    }
}

fn restart(db: Db, dir: &Path) -> Db {
    db.close();
    Db::open(dir).expect("a store")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_rebuilt_projection_is_the_one_that_was_added_up(world in world(), acts in acts()) {
        let dir = tempfile::tempdir().expect("a directory");
        let (added_up, rebuilt, in_order) = run(async {
            let mut db = Db::open(dir.path()).expect("a store");
            for one in acts {
                db = act(db, dir.path(), &world, one).await;
            }
            let scope = db.scope(org(1));
            catch_up::catch_up(&scope).await.expect("caught up");
            let added_up = dump(&scope).await;
            for definition in PROJECTIONS {
                scope.write(move |tx| cursor::reset(tx, definition)).await.expect("emptied");
            }
            while !scope.write(|tx| advance(tx, 7)).await.expect("a piece").is_current() {}
            let rebuilt = dump(&scope).await;
            let other = db.scope(org(2));
            retell(&scope, &other).await;
            (added_up, rebuilt, dump(&other).await)
        });
        prop_assert_eq!(&added_up, &rebuilt);
        prop_assert_eq!(&rebuilt, &in_order);
    }
}
