//! Room in the facts lane: how much of it is whose, what goes when it runs out, and when people are told.
//!
//! Nothing goes that a snapshot on disk does not cover, and nothing before its tombstone is on disk. What devices and
//! strangers say never takes the room of doors, the queue and outcomes, and nothing takes that of tombstones.

use crate::{Refusal, facts_room::FactsRoom, kernel::Kernel};
use edge_journal::{DiscardRange, FactRetention, JournalError, Usage as LaneUsage};
use protocol::{
    Fact, Lane,
    fact::{EventRange, JournalFilling, JournalFull},
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// People are told this long before the room is used up: time enough to send somebody.
const FILLING: Duration = Duration::from_secs(28 * DAY.as_secs());
/// They are told again this long before.
const NEARLY_FULL: Duration = Duration::from_secs(3 * DAY.as_secs());
/// A lane that grew for less than this says nothing about the weeks to come.
const FORECAST_FROM: Duration = Duration::from_secs(3600);
/// Milliseconds between two looks for facts that can go, where there were none.
const RETRY_MS: u64 = 1000;
/// Milliseconds between two looks at how fast the lane grows.
const LOOK_MS: u64 = 60_000;

/// Who wants room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoomClass {
    /// What devices report, and what is noted of strangers.
    Notice,
    /// New work: a ticket, a door, a command, paper.
    Work,
    /// How something ended that was begun, and what the edge notes of itself.
    Ending,
}

/// Up to which size of the lane each class is served, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RoomLimits {
    notice: u64,
    work: u64,
    ending: u64,
}

impl RoomLimits {
    fn of(usage: &LaneUsage) -> Self {
        // Kept for endings: what was begun can always be ended.
        let reserve = (usage.limit / 8).min(8 << 20);
        // Kept for new work: at least the next file, since room is used up file by file.
        let share = (usage.limit / 8).max(usage.segment);
        let work = usage.limit.saturating_sub(reserve);
        Self {
            notice: work.saturating_sub(share),
            work,
            ending: usage.limit,
        }
    }

    fn of_class(&self, class: RoomClass) -> u64 {
        match class {
            RoomClass::Notice => self.notice,
            RoomClass::Work => self.work,
            RoomClass::Ending => self.ending,
        }
    }
}

impl Kernel {
    /// Whether there is room for something of a class.
    pub(crate) fn has_room(&mut self, class: RoomClass) -> bool {
        let usage = *self.room.usage.get_or_insert_with(|| self.journal.usage(Lane::Facts));
        let limits = RoomLimits::of(&usage);
        if usage.bytes <= limits.of_class(class) {
            return true;
        }
        let stage = if usage.bytes <= limits.work {
            FactsRoom::NearlyFull
        } else {
            FactsRoom::Full
        };
        self.tell_stage(stage, &usage);
        false
    }

    /// The same, as what whoever wants it is told.
    pub(crate) fn take_room(&mut self, class: RoomClass) -> Result<(), Refusal> {
        if self.has_room(class) {
            return Ok(());
        }
        Err(Refusal::Full {
            lane: Lane::Facts,
            detail: "the disk budget is used up".into(),
        })
    }

    /// Puts down that the lane is fuller than it was: once for each stage, until there is ample room again.
    fn tell_stage(&mut self, stage: FactsRoom, usage: &LaneUsage) {
        if stage <= self.room.stage {
            return;
        }
        let (lane, used, limit, hours_left) = (Lane::Facts, usage.bytes, usage.limit, self.room.hours_left);
        tracing::warn!(used, limit, ?hours_left, ?stage, "the facts lane fills up");
        let fact = match stage {
            FactsRoom::Ample => return,
            FactsRoom::Filling | FactsRoom::NearlyFull => Fact::JournalFilling(JournalFilling {
                lane,
                used,
                limit,
                hours_left,
            }),
            FactsRoom::Full => Fact::JournalFull(JournalFull { lane, used, limit }),
        };
        if self.append_own(fact).is_ok() {
            self.room.stage = stage;
        }
    }

    /// Looks how long the room will last, and lets go what is old, about once a minute.
    pub(crate) fn look_at_room(&mut self) -> Result<(), JournalError> {
        let up_ms = self.clock.up_ms();
        let is_due = self.room.looked_at.is_none_or(|at| up_ms.saturating_sub(at) >= LOOK_MS);
        let usage = self.journal.usage(Lane::Facts);
        let limits = RoomLimits::of(&usage);
        let free = limits.work.saturating_sub(usage.bytes);
        if is_due {
            self.room.looked_at = Some(up_ms);
            let growth = self.journal.growth(Lane::Facts, self.now());
            let growth = growth.filter(|growth| growth.within >= FORECAST_FROM && growth.bytes > 0);
            self.room.hours_left =
                growth.map(|growth| (free as f64 / growth.bytes as f64 * growth.within.as_secs_f64() / 3600.0) as f32);
        }
        let within = |term: Duration| {
            let hours = self.room.hours_left.map(f64::from);
            hours.is_some_and(|hours| hours * 3600.0 < term.as_secs_f64())
        };
        let stage = if usage.bytes > limits.work {
            FactsRoom::Full
        } else if usage.bytes > limits.notice || (self.is_sent_up() && within(NEARLY_FULL)) {
            FactsRoom::NearlyFull
        } else if self.is_sent_up() && within(FILLING) {
            FactsRoom::Filling
        } else {
            FactsRoom::Ample
        };
        // A quarter of the room must be used before a forecast counts: a lively first day is no trend.
        let stage = if usage.bytes < usage.limit / 4 {
            FactsRoom::Ample
        } else {
            stage
        };
        if stage > self.room.stage {
            self.tell_stage(stage, &usage);
        } else {
            self.room.stage = stage;
        }
        if is_due {
            self.let_facts_go(0, RoomUrgency::InTime)?;
        }
        Ok(())
    }

    /// Whether a cloud fetches the facts.
    fn is_sent_up(&self) -> bool {
        self.trust.me.is_some()
    }

    /// Makes room in the facts lane where the next file would have none, after a batch.
    pub(crate) fn make_room(&mut self) -> Result<(), JournalError> {
        let usage = self.journal.usage(Lane::Facts);
        let limits = RoomLimits::of(&usage);
        // Room for the next file, so that not even devices meet the end of it; then some more, so that tombstones are few.
        let over = (usage.bytes + usage.segment).saturating_sub(limits.notice);
        let up_ms = self.clock.up_ms();
        let rested = self
            .room
            .in_vain_at
            .is_none_or(|at| up_ms.saturating_sub(at) >= RETRY_MS);
        if over == 0 || !rested {
            return Ok(());
        }
        self.let_facts_go(over + usage.limit / 16, RoomUrgency::of(&usage, &limits))
    }

    /// Lets facts go that the cloud does not have: those that are old where there is none, and for lack of room.
    fn let_facts_go(&mut self, free: u64, urgency: RoomUrgency) -> Result<(), JournalError> {
        let kept_for = self.limits.facts_kept_for;
        let (expire_after, keep_for) = if self.is_sent_up() {
            (None, kept_for)
        } else {
            (Some(kept_for), Duration::ZERO)
        };
        let retention = FactRetention {
            expire_after,
            keep_for,
            free,
        };
        let Some(doomed) = self.journal.expired_facts(self.now(), retention) else {
            if free > 0 {
                self.room.in_vain_at = Some(self.clock.up_ms());
            }
            return Ok(());
        };
        self.room.in_vain_at = None;
        if doomed.to > self.journal.covered() {
            self.cover_facts(urgency)?;
        }
        if doomed.to <= self.journal.covered() {
            self.drop_events(&doomed)?;
        }
        Ok(())
    }

    /// Has snapshots made that facts can go behind; here and now where somebody would be refused otherwise.
    fn cover_facts(&mut self, urgency: RoomUrgency) -> Result<(), JournalError> {
        match urgency {
            RoomUrgency::SomebodyIsRefused => {
                self.waiting.supersede();
                // Twice: facts are kept since the snapshots before the last.
                self.checkpoint_whole()?;
                self.checkpoint_whole()
            }
            RoomUrgency::InTime => {
                self.waiting.want_snapshots();
                Ok(())
            }
        }
    }

    /// Makes room in the telemetry lane.
    pub(crate) fn trim_telemetry(&mut self) -> Result<(), JournalError> {
        while let Some(doomed) = self.journal.expired_telemetry(self.now()) {
            if self.drop_events(&doomed)? == Tombstone::NotWritten {
                break;
            }
        }
        Ok(())
    }

    /// The tombstone first, then the segments: nothing is dropped without one.
    fn drop_events(&mut self, doomed: &DiscardRange) -> Result<Tombstone, JournalError> {
        let (lane, from_seq, to_seq, bytes) = (doomed.lane, doomed.from, doomed.to, doomed.bytes);
        tracing::warn!(%lane, %from_seq, %to_seq, reason = ?doomed.reason, "letting the oldest events go");
        let dropped = EventRange {
            lane,
            from_seq,
            to_seq,
            bytes,
            reason: doomed.reason,
        };
        if self.append_own(Fact::JournalDropped(dropped)).is_err() {
            return Ok(Tombstone::NotWritten);
        }
        let before = self.journal.committed(Lane::Facts);
        self.commit(Lane::Facts)?;
        if self.journal.committed(Lane::Facts) == before {
            return Ok(Tombstone::NotWritten);
        }
        self.journal.discard(doomed)?;
        self.room.forget_usage();
        Ok(Tombstone::Written)
    }
}

/// Whether somebody is refused meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RoomUrgency {
    InTime,
    SomebodyIsRefused,
}

impl RoomUrgency {
    const fn of(usage: &LaneUsage, limits: &RoomLimits) -> Self {
        if usage.bytes > limits.notice {
            RoomUrgency::SomebodyIsRefused
        } else {
            RoomUrgency::InTime
        }
    }
}

/// Whether the reason for a gap is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tombstone {
    Written,
    NotWritten,
}
