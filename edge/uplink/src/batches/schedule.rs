//! Where each lane stands, what is due next, and what failures teach. Pure: time and randomness come in.
//!
//! A lane's place never lies behind what the cloud has, and moves back only to what the cloud itself says it lacks.

use crate::settings::Timing;
use edge_backoff::Backoff;
use protocol::{Lane, LaneCursors, Seq};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of records in a batch before compression; some thousands of events. Far below [`protocol::batch::MAX_WIRE`]
/// even if nothing compresses, and small enough for a board with little memory.
pub(crate) const CHUNK: usize = 1 << 20;
/// However slow the line, smaller batches would only waste it.
const SLOWEST: usize = 16 << 10;
/// Below this a batch is one record, whatever its size.
const SMALLEST: usize = 256;

#[derive(Debug)]
pub(crate) struct Schedule {
    facts: LaneSchedule,
    telemetry: LaneSchedule,
    /// Telemetry waits until then.
    telemetry_at: Instant,
    interval: Duration,
    stuck_for: Duration,
    backoff: Backoff,
    /// Nothing is sent before this.
    pause: Instant,
}

/// One lane.
#[derive(Debug)]
struct LaneSchedule {
    at: Seq,
    chunk: usize,
    /// Where the cloud stayed behind when it was last offered what it lacks.
    stalled_at: Option<Seq>,
    /// Up to where damage was explained.
    explained: Seq,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Flowing,
    /// One record is refused.
    Stuck {
        until: Instant,
    },
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchRefusal {
    /// Try a smaller batch.
    Smaller,
    /// It is down to one record.
    Stuck,
    /// The same record again.
    StillStuck,
}

impl Schedule {
    pub(crate) fn new(have: LaneCursors, timing: &Timing, now: Instant) -> Self {
        Self {
            facts: LaneSchedule::at(have.facts),
            telemetry: LaneSchedule::at(have.telemetry),
            telemetry_at: now,
            interval: timing.interval,
            stuck_for: timing.ceiling,
            backoff: Backoff::new(timing.backoff, timing.ceiling),
            pause: now,
        }
    }

    pub(crate) fn position(&self, lane: Lane) -> Seq {
        self.of(lane).at
    }
    pub(crate) fn chunk(&self, lane: Lane) -> usize {
        self.of(lane).chunk
    }

    /// The cloud has this much, by whatever way it came there.
    pub(crate) fn cloud_has(&mut self, have: LaneCursors) {
        for lane in Lane::ALL {
            let own = self.of_mut(lane);
            own.at = own.at.max(have.of(lane));
        }
    }

    /// The lane to serve now.
    pub(crate) fn due(&self, committed: LaneCursors, now: Instant) -> Option<Lane> {
        let open = |lane: Lane| committed.of(lane) > self.of(lane).at && self.of(lane).open(now);
        if now < self.pause {
            None
        } else if open(Lane::Facts) {
            Some(Lane::Facts)
        } else {
            (now >= self.telemetry_at && open(Lane::Telemetry)).then_some(Lane::Telemetry)
        }
    }

    /// When to look again where no new fact comes before. Facts up to `facts` have been seen.
    pub(crate) fn wake_at(&mut self, facts: Seq, now: Instant) -> Instant {
        if now < self.pause {
            return self.pause;
        }
        if now >= self.telemetry_at {
            self.telemetry_at = now + self.interval;
        }
        let stuck = [&self.facts, &self.telemetry]
            .into_iter()
            .filter_map(|own| match own.state {
                State::Stuck { until } => Some(until),
                State::Flowing => None,
            });
        let waiting = (facts > self.facts.at && self.facts.state == State::Flowing).then_some(now);
        stuck.chain(waiting).fold(self.telemetry_at, Instant::min)
    }

    /// Whatever waits is to be sent now.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.telemetry_at = now;
        self.pause = now;
    }

    /// The journal had nothing after the lane's place, whatever it said was committed.
    pub(crate) fn nothing(&mut self, lane: Lane, now: Instant) {
        self.of_mut(lane).state = State::Stuck {
            until: now + Duration::from_secs(1),
        };
    }

    /// Goes on behind damage; true: for the first time, so that it needs a tombstone.
    pub(crate) fn skip(&mut self, lane: Lane, to: Seq) -> bool {
        let own = self.of_mut(lane);
        own.at = own.at.max(to);
        let first = to > own.explained;
        own.explained = own.explained.max(to);
        first
    }

    /// What lies between a lane's place and the first record there is, where the cloud had confirmed it: let go of then, and
    /// lost by the cloud since. Said once; the lane goes on behind it.
    pub(crate) fn let_go(&mut self, lane: Lane, first: Seq, confirmed: Seq) -> Option<(Seq, Seq)> {
        let from = self.position(lane).next();
        let to = Seq(first.0.saturating_sub(1)).min(confirmed);
        (from <= to && self.skip(lane, to)).then_some((from, to))
    }

    /// The cloud took a batch.
    pub(crate) fn stored(&mut self, lane: Lane, first: Seq, last: Seq, have: LaneCursors, now: Instant) {
        self.backoff.reset();
        self.pause = now;
        let own = self.of_mut(lane);
        own.state = State::Flowing;
        // Slowly, for each step too far costs a refusal or a timeout.
        own.chunk = (own.chunk + own.chunk / 8 + SMALLEST).min(CHUNK);
        let has = have.of(lane);
        let lacks = has.next() < first && own.stalled_at != Some(has);
        if lacks {
            // A hole that no tombstone has explained yet, or a cloud restored from an old copy: offer it all once.
            own.stalled_at = Some(has);
            own.at = has;
        } else {
            own.at = last.max(has);
        }
    }

    /// Nothing came of it, through no fault of the batch. Gives how long nothing is sent.
    pub(crate) fn failed(&mut self, now: Instant, random: u32) -> Duration {
        let wait = self.backoff.after_failure(random);
        self.pause = now + wait;
        wait
    }

    /// The line is too slow for a batch of this size.
    pub(crate) fn too_slow(&mut self, lane: Lane) {
        let own = self.of_mut(lane);
        own.chunk = (own.chunk / 2).max(SLOWEST.min(own.chunk));
    }

    /// The cloud does not want this batch.
    pub(crate) fn refused(&mut self, lane: Lane, first: Seq, last: Seq, now: Instant) -> BatchRefusal {
        let until = now + self.stuck_for;
        let own = self.of_mut(lane);
        if first < last && own.chunk > SMALLEST {
            own.chunk /= 2;
            return BatchRefusal::Smaller;
        }
        let before = std::mem::replace(&mut own.state, State::Stuck { until });
        if before == State::Flowing {
            BatchRefusal::Stuck
        } else {
            BatchRefusal::StillStuck
        }
    }

    fn of(&self, lane: Lane) -> &LaneSchedule {
        match lane {
            Lane::Facts => &self.facts,
            Lane::Telemetry => &self.telemetry,
        }
    }
    fn of_mut(&mut self, lane: Lane) -> &mut LaneSchedule {
        match lane {
            Lane::Facts => &mut self.facts,
            Lane::Telemetry => &mut self.telemetry,
        }
    }
}

impl LaneSchedule {
    fn at(at: Seq) -> Self {
        Self {
            at,
            chunk: CHUNK,
            stalled_at: None,
            explained: Seq::ZERO,
            state: State::Flowing,
        }
    }
    fn open(&self, now: Instant) -> bool {
        match self.state {
            State::Flowing => true,
            State::Stuck { until } => now >= until,
        }
    }
}
