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
    /// What lies from `from` to before `end`; none: nothing.
    fn between(from: Seq, end: Seq) -> Option<Self> {
        (from < end).then(|| Self {
            from,
            to: Seq(end.0.saturating_sub(1)),
        })
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

/// Decides, from the cursor, the known gaps that the batch may touch, and the batch's seqs; both in growing order, and
/// passed over once.
pub(super) fn plan(have: Seq, gaps: &[SeqRange], seqs: impl Iterator<Item = Seq>) -> LanePlan {
    let mut plan = LanePlan {
        fresh: Vec::new(),
        have,
        closed: Vec::new(),
        opened: Vec::new(),
        skipped: 0,
    };
    let mut gaps = gaps.iter().copied().map(PartialGap::new);
    let mut gap = gaps.next();
    for (index, seq) in seqs.enumerate() {
        if seq > plan.have {
            if let Some(skipped) = SeqRange::between(plan.have.next(), seq) {
                plan.skipped = plan.skipped.saturating_add(skipped.len());
                plan.opened.push(skipped);
            }
            plan.have = seq;
            plan.fresh.push(index);
            continue;
        }
        while let Some(passed) = gap.take_if(|gap| gap.whole.to < seq) {
            passed.leave(&mut plan);
            gap = gaps.next();
        }
        if let Some(gap) = gap.as_mut().filter(|gap| gap.whole.from <= seq) {
            gap.fill(seq, &mut plan);
            plan.fresh.push(index);
        }
    }
    if let Some(last) = gap {
        last.leave(&mut plan);
    }
    plan
}

/// A gap while the batch's seqs pass over it.
#[derive(Debug)]
struct PartialGap {
    whole: SeqRange,
    /// The first seq that is not accounted for yet; that of the gap itself where nothing of it was filled.
    next: Seq,
}

impl PartialGap {
    fn new(whole: SeqRange) -> Self {
        Self {
            whole,
            next: whole.from,
        }
    }
    /// A seq of it is stored now; what lies before that stays missing.
    fn fill(&mut self, seq: Seq, plan: &mut LanePlan) {
        plan.opened.extend(SeqRange::between(self.next, seq));
        self.next = seq.next();
    }
    /// Nothing more of it comes.
    fn leave(self, plan: &mut LanePlan) {
        if self.next > self.whole.from {
            plan.closed.push(self.whole);
            plan.opened.extend(SeqRange::between(self.next, self.whole.to.next()));
        }
    }
}
