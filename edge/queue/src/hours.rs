//! When a service takes tickets: its hours or the branch's, holidays, and what somebody decided by hand for today.
//!
//! A clock that is not trusted closes nothing: a branch does not stop serving because a box lost the time.

use crate::{Moment, Queue, QueueSetup};
use protocol::{
    ClockState, Timestamp,
    fact::ServiceAvailability,
    id::ServiceId,
    queue::{Branch, Day, Hours, Service, Weekday},
};

/// Days that are looked through for the next opening.
const DAYS_AHEAD: i32 = 14;

/// Whether a service takes tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceStatus {
    /// It does.
    Open,
    /// It does not.
    Closed {
        /// When it will, where that is within two weeks.
        opens_at: Option<Timestamp>,
    },
}

impl Queue {
    /// Whether a service takes tickets now. One the branch does not have never does.
    pub fn status(&self, setup: &QueueSetup, service: &ServiceId, now: Moment) -> ServiceStatus {
        let found = setup
            .branch
            .as_deref()
            .and_then(|branch| Some((branch, branch.service(service)?)));
        let Some((branch, known)) = found else {
            return ServiceStatus::Closed { opens_at: None };
        };
        let today = now.day();
        let by_hours = |from: Timestamp| opening(branch, known, now, from);
        match by_hand(self, service, now) {
            ServiceAvailability::Open => ServiceStatus::Open,
            ServiceAvailability::Closed => {
                let tomorrow = start(today.plus(1), 0, now.offset_seconds);
                ServiceStatus::Closed {
                    opens_at: by_hours(tomorrow),
                }
            }
            ServiceAvailability::ByHours if now.clock == ClockState::Estimated => ServiceStatus::Open,
            ServiceAvailability::ByHours if is_open(branch, known, now) => ServiceStatus::Open,
            ServiceAvailability::ByHours => ServiceStatus::Closed {
                opens_at: by_hours(now.at),
            },
        }
    }
}

/// What somebody decided by hand, today.
pub(crate) fn by_hand(queue: &Queue, service: &ServiceId, now: Moment) -> ServiceAvailability {
    let turned = queue.stored.lines.get(service).and_then(|line| line.turned);
    match turned {
        Some((open, at)) if Day::at(at, now.offset_seconds) == now.day() => open,
        Some(_) | None => ServiceAvailability::ByHours,
    }
}

fn hours<'a>(branch: &'a Branch, service: &'a Service) -> &'a Hours {
    service.hours.as_ref().unwrap_or(&branch.draft().hours)
}

fn is_open(branch: &Branch, service: &Service, now: Moment) -> bool {
    let today = now.day();
    !branch.draft().holidays.contains(&today) && hours(branch, service).holds(Weekday::of(today), now.time_of_day())
}

/// The first opening after `from`.
fn opening(branch: &Branch, service: &Service, now: Moment, from: Timestamp) -> Option<Timestamp> {
    let hours = hours(branch, service);
    let days = (0..=DAYS_AHEAD).map(|ahead| now.day().plus(ahead));
    let worked = days.filter(|day| !branch.draft().holidays.contains(day));
    let starts = worked.flat_map(|day| {
        let whole_day = hours.is_always().then_some(0);
        let slots = hours.on(Weekday::of(day)).iter().map(|slot| slot.from.minutes);
        let starts = whole_day.into_iter().chain(slots);
        starts.map(move |minutes| start(day, minutes, now.offset_seconds))
    });
    let mut starts = starts.filter(|start| *start >= from);
    starts.next()
}

fn start(day: Day, minutes: u16, offset_seconds: i32) -> Timestamp {
    let local_s = i64::from(day.since_epoch) * 86_400 + i64::from(minutes) * 60;
    Timestamp::from_millis(local_s.saturating_sub(i64::from(offset_seconds)).saturating_mul(1000))
}
