//! Whether the cloud's last records are this journal's own: a box restored from a copy uses numbers that are taken.
//!
//! Nothing is decided by a guess: a record that is not here any more is no proof.

use edge_kernel::Port;
use protocol::{
    Actor, Fact, Lane, LaneCursors, Seq,
    control::{JoinReply, LaneTip},
    digest::Digest,
    fact::{DropReason, EventRange},
    frame,
};

/// What the cloud has, compared with the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JournalHistory {
    /// The same events under the same numbers.
    Same,
    /// Others: the journal was restored from a copy, or a disk lost what it had promised.
    Restored,
}

/// Compares the last records that the cloud has with those of the journal. Reads files: call it off the runtime.
pub(crate) fn compare(port: &Port, joined: &JoinReply) -> JournalHistory {
    let committed = *port.committed().borrow();
    let beyond = Lane::ALL.iter().any(|lane| joined.have.of(*lane) > committed.of(*lane));
    if beyond || joined.tips.iter().any(|tip| differs(port, tip)) {
        JournalHistory::Restored
    } else {
        JournalHistory::Same
    }
}

fn differs(port: &Port, tip: &LaneTip) -> bool {
    let before = Seq(tip.seq.0.saturating_sub(1));
    let Ok(Some(records)) = port.records(tip.lane, before, 1) else {
        return false;
    };
    let first = frame::decode(&records.bytes).ok();
    first.is_some_and(|record| record.seq == tip.seq && Digest::of(record.body) != tip.hash)
}

/// Says why the next epoch does not begin with 1.
pub(crate) async fn explain(port: &Port, held: LaneCursors) {
    tracing::warn!(facts = %held.facts, "this box was restored from a copy; it goes on under the next epoch");
    for lane in Lane::ALL {
        let to_seq = held.of(lane);
        if to_seq == Seq::ZERO {
            continue;
        }
        let range = EventRange {
            lane,
            from_seq: Seq(1),
            to_seq,
            bytes: 0,
            reason: DropReason::Restored,
        };
        let told = port.record(Actor::Edge, vec![Fact::JournalDropped(range).into()]);
        if let Err(refusal) = told.await {
            tracing::warn!(%refusal, "a tombstone was not recorded");
        }
    }
}
