//! Which seqs of a lane are missing, and what a batch does about it.
//!
//! Everything up to the cursor is either stored or in a gap; nothing above it is stored. A batch that reaches back into
//! a gap (an import, a retry after a restored database) fills it.

use protocol::Seq;

/// A range of missing seqs, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeqRange {
    pub(super) from: Seq,
    pub(super) to: Seq,
}

impl SeqRange {
    fn holds(self, seq: Seq) -> bool {
        self.from <= seq && seq <= self.to
    }
    fn len(self) -> u64 {
        self.to.0.saturating_sub(self.from.0).saturating_add(1)
    }
}

/// What becomes of a lane.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LanePlan {
    /// Records to be stored, by their place in the batch.
    pub(super) fresh: Vec<usize>,
    /// The cursor afterwards.
    pub(super) have: Seq,
    /// Gaps that are no longer what they were.
    pub(super) closed: Vec<SeqRange>,
    /// Gaps to be noted.
    pub(super) opened: Vec<SeqRange>,
    /// Seqs skipped by this batch.
    pub(super) skipped: u64,
}

/// Decides, from the cursor, the known gaps that the batch may touch, and the batch's seqs in growing order.
pub(super) fn plan(have: Seq, gaps: &[SeqRange], seqs: impl Iterator<Item = Seq>) -> LanePlan {
    let mut plan = LanePlan {
        fresh: Vec::new(),
        have,
        closed: Vec::new(),
        opened: Vec::new(),
        skipped: 0,
    };
    let mut filled = Vec::new();
    for (index, seq) in seqs.enumerate() {
        if seq > plan.have {
            let skipped = SeqRange {
                from: plan.have.next(),
                to: Seq(seq.0.saturating_sub(1)),
            };
            if skipped.from <= skipped.to {
                plan.skipped = plan.skipped.saturating_add(skipped.len());
                plan.opened.push(skipped);
            }
            plan.have = seq;
            plan.fresh.push(index);
        } else if gaps.iter().any(|gap| gap.holds(seq)) {
            filled.push(seq);
            plan.fresh.push(index);
        }
    }
    for gap in gaps.iter().filter(|gap| filled.iter().any(|seq| gap.holds(*seq))) {
        plan.closed.push(*gap);
        plan.opened.extend(remainder(*gap, &filled));
    }
    plan
}

/// What is left of a gap once `filled`, in growing order, has been stored.
fn remainder(gap: SeqRange, filled: &[Seq]) -> Vec<SeqRange> {
    let mut left = Vec::new();
    let mut next = gap.from;
    for seq in filled.iter().filter(|seq| gap.holds(**seq)) {
        if *seq > next {
            left.push(SeqRange {
                from: next,
                to: Seq(seq.0.saturating_sub(1)),
            });
        }
        next = seq.next();
    }
    if next <= gap.to {
        left.push(SeqRange { from: next, to: gap.to });
    }
    left
}
