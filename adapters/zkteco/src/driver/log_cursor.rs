//! How far the device's log is on disk, and what of it is new.
//!
//! Records are numbered here, for the device does not: see the crate's header. A number is given out once per log.

use super::{
    session::ZkSession,
    session_setup::{self, ZkIdentity},
    store,
};
use crate::{
    meaning::{self, RecordPosition},
    settings::Settings,
    wire::{
        attendance::{AttendanceLayout, AttendanceRecord, LENGTH_FIELD, RecordPerson},
        bulk,
        frame::code,
        sizes::Sizes,
        time, user,
    },
};
use adapter_sdk::{DeviceSerial, DriverError, LogContinuity, LogPosition, ObservedFact, ReplayState};
use protocol::{DeviceId, text::PersonNumber};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Records of one second are told apart by so many numbers.
const PER_SECOND: u64 = 4096;
/// Live events whose record was not found yet.
const HEARD: usize = 64;
/// A record that is not there after this time was read before its event came.
const HEARD_FOR: Duration = Duration::from_secs(5);
/// A log that overwrites itself is read whole no more often than this.
const WHOLE: Duration = Duration::from_secs(60);

/// The device's log as far as we have it.
#[derive(Debug)]
pub(super) struct ZkLogCursor<'a> {
    settings: &'a Settings,
    device: &'a DeviceId,
    serial: &'a DeviceSerial,
    /// Everything up to here is on disk.
    position: LogPosition,
    /// Number of the newest record read.
    numbered: u64,
    /// Records read.
    read: u32,
    /// People by their slot, for records that hold nothing better.
    slots: BTreeMap<u16, PersonNumber>,
    /// Live events whose record was not read yet.
    live_events: Vec<(AttendanceRecord, Instant)>,
    /// When the log was last read whole.
    last_full_read: Instant,
}

/// What was read, not passed on yet.
#[derive(Debug)]
pub(super) struct NewRecords {
    layout: AttendanceLayout,
    bytes: Vec<u8>,
    /// The log goes on where it was, or began anew.
    pub(super) found: LogContinuity,
}

impl NewRecords {
    /// The records in pages of so many.
    pub(super) fn pages(&self, records: usize) -> impl Iterator<Item = &[u8]> {
        let width = usize::try_from(self.layout.width()).unwrap_or(usize::MAX);
        self.bytes.chunks(records.saturating_mul(width))
    }
}

impl<'a> ZkLogCursor<'a> {
    /// The cursor in the device's log, at the mark where that belongs to this very device.
    pub(super) fn new(
        settings: &'a Settings,
        device: &'a DeviceId,
        known: &'a ZkIdentity,
        mark: Option<LogPosition>,
    ) -> Self {
        let serial = &known.serial;
        Self {
            settings,
            device,
            serial,
            position: LogPosition::resume(serial, mark),
            numbered: 0,
            read: 0,
            slots: BTreeMap::new(),
            live_events: Vec::new(),
            last_full_read: Instant::now(),
        }
    }

    /// Remembers a live event until its record is read.
    pub(super) fn add_live_event(&mut self, event: AttendanceRecord) {
        if self.live_events.len() >= HEARD {
            self.live_events.remove(0);
        }
        self.live_events.push((event, Instant::now()));
    }

    /// Whether a live event waits for its record.
    pub(super) fn expects(&self) -> bool {
        !self.live_events.is_empty()
    }

    /// Reads the whole log and finds where we were.
    pub(super) async fn begin(&mut self, session: &mut ZkSession) -> Result<Option<NewRecords>, DriverError> {
        let sizes = session_setup::sizes(session).await?;
        self.whole(session, sizes).await
    }

    /// Reads what came since the last look.
    pub(super) async fn look(&mut self, session: &mut ZkSession) -> Result<Option<NewRecords>, DriverError> {
        let sizes = session_setup::sizes(session).await?;
        self.live_events.retain(|(_, at)| at.elapsed() < HEARD_FOR);
        if sizes.records < self.read {
            return self.whole(session, sizes).await;
        }
        if sizes.records > self.read {
            return self.tail(session, sizes).await;
        }
        let full = sizes.room > 0 && sizes.records >= sizes.room;
        if full && self.expects() && self.last_full_read.elapsed() >= WHOLE {
            return self.whole(session, sizes).await;
        }
        Ok(None)
    }

    /// The records of a page that are new, numbered.
    pub(super) fn page(&mut self, news: &NewRecords, page: &[u8]) -> Vec<ObservedFact> {
        let mut seen = Vec::new();
        for record in news.layout.records(page) {
            self.numbered = number_after(self.numbered, &record);
            if self.numbered <= self.position.number {
                continue;
            }
            let person = meaning::person(&record.who, |slot| self.slots.get(&slot).cloned());
            let place = RecordPosition {
                log: &self.position.log,
                number: self.numbered,
                age: match_live_event(&mut self.live_events, &record, person.as_ref()),
            };
            seen.push(meaning::seen(self.settings, self.device, &record, person, &place));
            self.position.number = self.numbered;
        }
        seen
    }

    async fn whole(&mut self, session: &mut ZkSession, sizes: Sizes) -> Result<Option<NewRecords>, DriverError> {
        self.last_full_read = Instant::now();
        let expected = sizes.records.saturating_mul(AttendanceLayout::Forty.width());
        let mut bytes = match sizes.records {
            0 => Vec::new(),
            _ => store::read_whole(session, code::ATTENDANCE, 0, expected).await?,
        };
        bytes.drain(..bytes.len().min(LENGTH_FIELD as usize));
        let layout = layout(&bytes, sizes.records)?;
        self.learn_slots(session, sizes.users, layout).await?;

        let mut numbered = 0;
        let ours = layout.records(&bytes).any(|record| {
            numbered = number_after(numbered, &record);
            numbered == self.position.number
        });
        let found = if self.position.number == 0 || ours {
            LogContinuity::SameLog
        } else {
            self.position = self.position.next_log(self.serial);
            LogContinuity::NewLog
        };
        self.numbered = 0;
        self.read = u32::try_from(bytes.len()).unwrap_or(u32::MAX) / layout.width();
        Ok(Some(NewRecords { layout, bytes, found }))
    }

    /// The newest records only: what is ready can be read from any byte on.
    async fn tail(&mut self, session: &mut ZkSession, sizes: Sizes) -> Result<Option<NewRecords>, DriverError> {
        let ready = store::prepare(session, code::ATTENDANCE, 0).await?;
        let size = ready.size().saturating_sub(LENGTH_FIELD);
        let Some(layout) = AttendanceLayout::of(size, sizes.records) else {
            return Err(unreadable());
        };
        let start = LENGTH_FIELD + self.read * layout.width();
        let bytes = store::read(session, ready, start).await?;
        store::release(session).await?;
        if matches!(layout, AttendanceLayout::Eight) {
            self.learn_slots(session, sizes.users, layout).await?;
        }
        self.read += u32::try_from(bytes.len()).unwrap_or(u32::MAX) / layout.width();
        Ok(Some(NewRecords {
            layout,
            bytes,
            found: LogContinuity::SameLog,
        }))
    }

    /// Old records name a slot; whose it is stands with the users.
    async fn learn_slots(
        &mut self,
        session: &mut ZkSession,
        users: u32,
        layout: AttendanceLayout,
    ) -> Result<(), DriverError> {
        if layout != AttendanceLayout::Eight || users == 0 {
            return Ok(());
        }
        let (_, known) = read_users(session, users).await?;
        self.slots = known.into_iter().map(|user| (user.slot, user.person)).collect();
        Ok(())
    }
}

/// The device's users, and how long they are; a device without any is taken for a new one.
pub(super) async fn read_users(
    session: &mut ZkSession,
    users: u32,
) -> Result<(user::UserRecordLayout, Vec<user::ZkUser>), DriverError> {
    if users == 0 {
        return Ok((user::UserRecordLayout::Long, Vec::new()));
    }
    let bytes = store::read_whole(session, code::USERS, bulk::ALL_USERS, users.saturating_mul(72)).await?;
    let read = |bytes: &[u8]| {
        let layout = user::UserRecordLayout::of(u32::try_from(bytes.len()).ok()?, users)?;
        Some((layout, layout.users(bytes).collect()))
    };
    let users = bytes.get(LENGTH_FIELD as usize..).and_then(read);
    users.ok_or_else(|| DriverError::Protocol("its users are of no length that is known".to_owned()))
}

fn layout(bytes: &[u8], records: u32) -> Result<AttendanceLayout, DriverError> {
    if bytes.is_empty() {
        return Ok(AttendanceLayout::Forty);
    }
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    AttendanceLayout::of(size, records).ok_or_else(unreadable)
}

fn unreadable() -> DriverError {
    DriverError::Protocol("its attendance records are of no length that is known".to_owned())
}

/// See the crate's header.
fn number_after(previous: u64, record: &AttendanceRecord) -> u64 {
    let second = record.at.and_then(time::pack).map_or(0, u64::from);
    (previous + 1).max(second * PER_SECOND)
}

/// A record that a live event told of happened just now.
fn match_live_event(
    heard: &mut Vec<(AttendanceRecord, Instant)>,
    record: &AttendanceRecord,
    person: Option<&PersonNumber>,
) -> ReplayState {
    let tells = |(event, _): &(AttendanceRecord, Instant)| {
        let same = match &event.who {
            RecordPerson::Person(who) => person.is_none_or(|person| person == who),
            RecordPerson::Slot(_) | RecordPerson::Nobody => true,
        };
        event.at == record.at && same
    };
    match heard.iter().position(tells) {
        Some(at) => {
            heard.swap_remove(at);
            ReplayState::Live
        }
        None => ReplayState::Replayed,
    }
}
