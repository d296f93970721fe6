//! Random histories against a model, with the power cut or the process killed between any two operations of the disk:
//! every committed record and every checkpointed value is there afterwards, in order, and nothing is invented.

use crate::{
    Disk, Journal, JournalError, JournalOptions, PackedState, Snapshot, Table,
    sim::{Fault, SimDisk},
};
use proptest::prelude::*;
use protocol::{Epoch, Lane, LaneCursors, Seq, Timestamp, frame};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug, Clone)]
enum Op {
    Append(Lane, u16),
    Commit(Lane),
    /// A commit while the disk is broken, rolled back where it failed.
    FailingCommit(Lane, Fault),
    Rollback(Lane),
    Put(Table, u8),
    Remove(Table, u8),
    Checkpoint {
        snapshot: bool,
    },
    Advance(Lane, u8),
    Trim,
    Discard,
    Reopen,
    Kill,
    PowerCut,
    /// Some operations from now all of them fail, and then this happens.
    Fuse(u8, CrashKind),
}

#[derive(Debug, Clone, Copy)]
enum CrashKind {
    Kill,
    PowerCut,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let lane = || prop_oneof![Just(Lane::Facts), Just(Lane::Telemetry)];
    let table = || prop_oneof![Just(Table::Meta), Just(Table::Documents)];
    let ending = prop_oneof![Just(CrashKind::Kill), Just(CrashKind::PowerCut)];
    let fault = prop_oneof![Just(Fault::Full), Just(Fault::SyncFails), Just(Fault::ReadOnly)];
    let op = prop_oneof![
        20 => (lane(), 1..900_u16).prop_map(|(lane, size)| Op::Append(lane, size)),
        10 => lane().prop_map(Op::Commit),
        1 => (lane(), fault).prop_map(|(lane, fault)| Op::FailingCommit(lane, fault)),
        1 => lane().prop_map(Op::Rollback),
        3 => (table(), 0..4_u8).prop_map(|(table, key)| Op::Put(table, key)),
        1 => (table(), 0..4_u8).prop_map(|(table, key)| Op::Remove(table, key)),
        3 => any::<bool>().prop_map(|snapshot| Op::Checkpoint { snapshot }),
        2 => (lane(), 0..8_u8).prop_map(|(lane, back)| Op::Advance(lane, back)),
        1 => Just(Op::Trim),
        1 => Just(Op::Discard),
        1 => Just(Op::Reopen),
        1 => Just(Op::Kill),
        2 => Just(Op::PowerCut),
        2 => (0..24_u8, ending).prop_map(|(operations, ending)| Op::Fuse(operations, ending)),
    ];
    proptest::collection::vec(op, 1..120)
}

proptest! {
    #[test]
    fn nothing_committed_is_lost_and_nothing_is_invented(seed: u64, ops in ops()) {
        let mut world = JournalModel::new(seed);
        for op in ops {
            world.play(&op);
        }
        world.disk.power_cut();
        world.reopen();
    }
}

type Values = BTreeMap<(Table, String), Vec<u8>>;

#[derive(Default)]
struct LaneModel {
    committed: BTreeMap<Seq, Vec<u8>>,
    waiting: Vec<(Seq, Vec<u8>)>,
    /// Last seq that a tombstone explains.
    discarded: Seq,
}

struct JournalModel {
    disk: SimDisk,
    options: JournalOptions,
    journal: Option<Journal>,
    lanes: [LaneModel; 2],
    values: Values,
    /// As of the last checkpoint, and as of one that failed half-way.
    durable: Vec<Checkpointed>,
    counter: u64,
    boot: u64,
    /// What happens when the fuse is through.
    ending: CrashKind,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Checkpointed {
    values: Values,
    cursor: LaneCursors,
    snapshot: Seq,
}

impl JournalModel {
    fn new(seed: u64) -> Self {
        let mut options = JournalOptions::new("sim", Epoch(1));
        options.segment_bytes = 4096;
        options.telemetry_budget = 12 << 10;
        let mut world = Self {
            disk: SimDisk::new(seed),
            options,
            journal: None,
            lanes: Default::default(),
            values: Values::new(),
            durable: vec![Checkpointed::default()],
            counter: 0,
            boot: 0,
            ending: CrashKind::PowerCut,
        };
        world.reopen();
        world
    }

    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    fn play(&mut self, op: &Op) {
        match op {
            Op::Append(lane, size) => self.append(*lane, *size),
            Op::Commit(lane) => self.commit(*lane),
            Op::FailingCommit(lane, fault) => self.failing_commit(*lane, *fault),
            Op::Rollback(lane) => {
                self.journal().rollback(*lane);
                self.lanes[*lane as usize].waiting.clear();
            }
            Op::Put(table, key) => {
                self.counter += 1;
                let (key, value) = (format!("key{key}"), self.counter.to_string().into_bytes());
                self.journal().put(*table, &key, value.clone());
                self.values.insert((*table, key), value);
            }
            Op::Remove(table, key) => {
                self.journal().remove(*table, &format!("key{key}"));
                self.values.remove(&(*table, format!("key{key}")));
            }
            Op::Checkpoint { snapshot } => self.checkpoint(*snapshot),
            Op::Advance(lane, back) => {
                let have = Seq(self.journal().committed(*lane).0.saturating_sub(u64::from(*back)));
                let have = self.journal().cursor().with(*lane, have);
                self.journal().advance(have);
            }
            Op::Trim => {
                let done = self.journal().trim();
                self.after(&done);
            }
            Op::Discard => self.discard(),
            Op::Reopen => {
                self.journal = None;
                self.reopen();
            }
            Op::Kill => self.end(CrashKind::Kill),
            Op::PowerCut => self.end(CrashKind::PowerCut),
            Op::Fuse(operations, ending) => {
                self.disk.cut_power_at(u64::from(*operations));
                self.ending = *ending;
            }
        }
    }

    fn append(&mut self, lane: Lane, size: u16) {
        self.counter += 1;
        let body = format!(
            "{{\"n\":{},\"pad\":\"{}\"}}",
            self.counter,
            "x".repeat(usize::from(size))
        )
        .into_bytes();
        let seq = self.journal().append(lane, &body).unwrap();
        self.lanes[lane as usize].waiting.push((seq, body));
    }

    fn commit(&mut self, lane: Lane) {
        match self.journal().commit(lane) {
            Ok(()) => {
                let model = &mut self.lanes[lane as usize];
                model.committed.extend(model.waiting.drain(..));
            }
            Err(error) => self.after(&Err(error)),
        }
    }

    fn failing_commit(&mut self, lane: Lane, fault: Fault) {
        self.disk.set_fault(fault);
        let done = self.journal().commit(lane);
        self.disk.set_fault(Fault::None);
        let model = &mut self.lanes[lane as usize];
        match done {
            Ok(()) => model.committed.extend(model.waiting.drain(..)),
            Err(error) if self.disk.list().is_err() => self.after(&Err(error)),
            Err(_) => {
                self.journal().rollback(lane);
                self.lanes[lane as usize].waiting.clear();
            }
        }
    }

    fn checkpoint(&mut self, snapshot: bool) {
        let upto = self.journal().committed(Lane::Facts);
        let snapshot = snapshot.then(|| Snapshot {
            app: "app".to_owned(),
            upto,
            state: Some(PackedState::pack(upto.to_string().as_bytes()).unwrap()),
        });
        let next = Checkpointed {
            values: self.values.clone(),
            cursor: self.journal().cursor(),
            snapshot: snapshot
                .as_ref()
                .map_or(self.durable[0].snapshot, |snapshot| snapshot.upto),
        };
        match self.journal().checkpoint(snapshot.as_slice()) {
            Ok(()) => self.durable = vec![next],
            Err(error) => {
                self.durable.push(next);
                self.after(&Err(error));
            }
        }
    }

    fn discard(&mut self) {
        let Some(doomed) = self
            .journal()
            .expired_telemetry(Timestamp::from_millis(1_700_000_000_000))
        else {
            return;
        };
        let model = &mut self.lanes[doomed.lane as usize];
        model.discarded = model.discarded.max(doomed.to);
        // What else waits for a checkpoint becomes durable with it.
        let next = Checkpointed {
            values: self.values.clone(),
            ..self.durable[0].clone()
        };
        match self.journal().discard(&doomed) {
            Ok(()) => self.durable = vec![next],
            Err(error) => {
                self.durable.push(next);
                self.after(&Err(error));
            }
        }
    }

    /// Only the fuse makes anything fail here; then everything starts again.
    fn after(&mut self, done: &Result<(), JournalError>) {
        if done.is_err() {
            self.end(self.ending);
        }
    }

    fn end(&mut self, ending: CrashKind) {
        match ending {
            CrashKind::Kill => self.disk.kill(),
            CrashKind::PowerCut => self.disk.power_cut(),
        }
        self.reopen();
    }

    fn reopen(&mut self) {
        self.journal = None;
        let disk = || Arc::new(self.disk.clone());
        let (journal, recovery) = match Journal::open_on(disk(), self.options.clone()) {
            Ok(opened) => opened,
            Err(_) => {
                match self.ending {
                    CrashKind::Kill => self.disk.kill(),
                    CrashKind::PowerCut => self.disk.power_cut(),
                }
                Journal::open_on(disk(), self.options.clone()).unwrap()
            }
        };
        assert!(recovery.boot > self.boot);
        self.boot = recovery.boot;
        assert_eq!(recovery.lost, []);
        self.journal = Some(journal);
        self.check_state();
        for lane in Lane::ALL {
            self.check_lane(lane);
        }
    }

    fn check_state(&mut self) {
        let journal = self.journal.as_ref().unwrap();
        let values = [Table::Meta, Table::Documents]
            .into_iter()
            .flat_map(|table| {
                journal
                    .scan(table)
                    .unwrap()
                    .into_iter()
                    .map(move |(key, value)| ((table, key), value))
            })
            .collect::<Values>();
        let snapshot = journal.snapshots().unwrap().pop().map_or(Seq::ZERO, |snapshot| {
            let state = snapshot.state.unwrap().unpack().unwrap();
            assert_eq!(state, snapshot.upto.to_string().into_bytes());
            snapshot.upto
        });
        let found = Checkpointed {
            values,
            cursor: journal.cursor(),
            snapshot,
        };
        assert!(
            self.durable.contains(&found),
            "{found:#?} is none of {:#?}",
            self.durable
        );
        self.values = found.values.clone();
        self.durable = vec![found];
    }

    fn check_lane(&mut self, lane: Lane) {
        let found = read_all(self.journal.as_ref().unwrap(), lane);
        let model = &mut self.lanes[lane as usize];
        for (seq, body) in &found {
            let expected = model.committed.get(seq);
            let waiting = model
                .waiting
                .iter()
                .find(|(other, _)| other == seq)
                .map(|(_, body)| body);
            assert_eq!(
                Some(body),
                expected.or(waiting),
                "record {seq} of {lane} was never appended so"
            );
        }
        let durable = &self.durable[0];
        let unneeded = match lane {
            Lane::Facts => durable.cursor.facts.min(durable.snapshot),
            Lane::Telemetry => durable.cursor.telemetry.max(model.discarded),
        };
        for seq in model.committed.keys().filter(|seq| **seq > unneeded) {
            assert!(found.contains_key(seq), "record {seq} of {lane} is lost");
        }
        for (seq, next) in found.keys().zip(found.keys().skip(1)) {
            assert!(
                seq.next() == *next || *next <= unneeded.next(),
                "a gap between {seq} and {next} of {lane}"
            );
        }
        model.committed = found;
        model.waiting.clear();
        let last = self.journal.as_ref().unwrap().last(lane);
        assert!(model.committed.keys().all(|seq| *seq <= last));
    }
}

fn read_all(journal: &Journal, lane: Lane) -> BTreeMap<Seq, Vec<u8>> {
    let (reader, mut after, mut all) = (journal.reader(), Seq::ZERO, BTreeMap::new());
    while let Some(records) = reader.after(lane, after, 1500).unwrap() {
        for frame in frame::decode_all(&records.bytes) {
            let frame = frame.unwrap();
            assert!(frame.seq > after);
            after = frame.seq;
            all.insert(frame.seq, frame.body.to_vec());
        }
        assert_eq!(after, records.last);
    }
    all
}
