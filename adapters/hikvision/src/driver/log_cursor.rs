//! How far the device's log is on disk, and bringing it there.
//!
//! Entries go out in the order of their numbers and each once, whichever way they come; nothing is passed on before
//! what comes before it has been looked for. A page is on disk before the next is asked for.

use super::{
    client::{IsapiClient, IsapiRequest, random},
    profile::HikProfile,
};
use crate::{
    meaning::Dictionary,
    wire::{
        log::{AccessLogEntry, HIGHEST},
        search::{self, SearchPage, SearchStatus},
    },
};
use adapter_sdk::{DeviceSerial, DriverError, LogContinuity, LogPosition, ObservedFact, ReplayState, Reporter};
use protocol::DeviceId;
use std::{collections::BTreeSet, ops::RangeInclusive};

/// The device's log as far as we have it.
#[derive(Debug)]
pub(super) struct HikLogCursor<'a> {
    line: &'a IsapiClient,
    reporter: &'a Reporter,
    device: &'a DeviceId,
    dictionary: &'a Dictionary,
    serial: &'a DeviceSerial,
    /// Everything up to here is on disk.
    position: LogPosition,
    /// Rows of one page of a search.
    page: u64,
    history: LogHistory,
}

/// What is known of the log in the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogHistory {
    /// It is searched.
    Searched,
    /// It is, and held nothing at all when last looked at.
    Empty,
    /// The device would not be searched: what it plays back on the stream must do until the stream is opened anew.
    Closed,
}

impl<'a> HikLogCursor<'a> {
    /// The cursor in the device's log, at the mark where that belongs to this very device.
    pub(super) fn new(
        line: &'a IsapiClient,
        reporter: &'a Reporter,
        device: &'a DeviceId,
        dictionary: &'a Dictionary,
        known: &'a HikProfile,
        mark: Option<LogPosition>,
    ) -> Self {
        let serial = &known.identity.serial;
        Self {
            line,
            reporter,
            device,
            dictionary,
            serial,
            position: LogPosition::resume(serial, mark),
            page: known.page,
            history: LogHistory::Searched,
        }
    }

    /// Searches what happened since, up to the present.
    pub(super) async fn catch_up(&mut self) -> Result<LogContinuity, DriverError> {
        if self.history == LogHistory::Closed {
            // A device that is still starting refuses, too.
            self.history = LogHistory::Searched;
        }
        let found = if self.was_reset().await? {
            self.start_new_log()
        } else {
            LogContinuity::SameLog
        };
        self.fill(self.position.number + 1..=HIGHEST).await?;
        Ok(found)
    }

    /// Takes an entry on, and whatever is missing before it first.
    pub(super) async fn take(&mut self, entry: AccessLogEntry) -> Result<LogContinuity, DriverError> {
        let mut found = LogContinuity::SameLog;
        if entry.number <= self.position.number {
            // An empty log that now counts from the start again was wiped; any other known number was taken before.
            match self.history {
                LogHistory::Empty if entry.age == ReplayState::Live => found = self.start_new_log(),
                LogHistory::Empty | LogHistory::Searched | LogHistory::Closed => return Ok(found),
            }
        }
        let next = self.position.number + 1;
        if entry.number > next && entry.front.is_none_or(|front| front >= next) {
            self.fill(next..=entry.number - 1).await?;
        }
        self.report(vec![entry]).await?;
        Ok(found)
    }

    /// Passes on what stands in no log.
    pub(super) async fn tell(&self, seen: impl FnOnce(&DeviceId) -> ObservedFact) -> Result<(), DriverError> {
        self.reporter
            .report(vec![seen(self.device)])
            .await
            .map_err(DriverError::Unrecorded)
    }

    /// The newest entry we have is no longer there, nor a newer one, but others are.
    async fn was_reset(&mut self) -> Result<bool, DriverError> {
        if self.position.number == 0 || self.any(self.position.number..=HIGHEST).await? {
            return Ok(false);
        }
        // Asked once more: a device that is still reading its own log in finds nothing at first.
        let others = self.any(1..=self.position.number).await?;
        if others && self.any(self.position.number..=HIGHEST).await? {
            return Ok(false);
        }
        self.history = match self.history {
            LogHistory::Searched | LogHistory::Empty if others => LogHistory::Searched,
            LogHistory::Searched | LogHistory::Empty => LogHistory::Empty,
            LogHistory::Closed => return Ok(false),
        };
        Ok(others)
    }

    fn start_new_log(&mut self) -> LogContinuity {
        self.position = self.position.next_log(self.serial);
        self.history = match self.history {
            LogHistory::Searched | LogHistory::Empty => LogHistory::Searched,
            LogHistory::Closed => LogHistory::Closed,
        };
        tracing::info!(log = %self.position.log, "the device's log began anew");
        LogContinuity::NewLog
    }

    async fn any(&mut self, numbers: RangeInclusive<u64>) -> Result<bool, DriverError> {
        let page = self.search(&random()?, &numbers, 0, 1).await?;
        Ok(page.is_some_and(|page| page.rows > 0))
    }

    /// Searches entries with these numbers page by page, up to as many as there are when it begins: what comes later
    /// comes on the stream, and is live. Devices may list by time, and their clocks jump; the kernel takes numbers in
    /// order only. So nothing of a page goes out before what its numbers leave open was looked for.
    async fn fill(&mut self, numbers: RangeInclusive<u64>) -> Result<(), DriverError> {
        let (id, mut position, mut goal, mut astray) = (random()?, 0_u64, None, 0);
        loop {
            let rows = goal.map_or(self.page, |goal: u64| self.page.min(goal.saturating_sub(position)));
            let Some(found) = self.search(&id, &numbers, position, rows).await? else {
                break;
            };
            let whole = position == 0 && found.is_whole();
            position = position.saturating_add(found.rows);
            goal = goal.or(found.total);
            let over =
                found.rows == 0 || found.rest == SearchStatus::Nothing || goal.is_some_and(|goal| position >= goal);
            if !whole {
                astray += self.close_gaps(&found.entries).await?;
            }
            self.report(found.entries).await?;
            self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)?;
            if over {
                break;
            }
        }
        if astray > 0 {
            tracing::warn!(
                entries = astray,
                "the device's search is not in the order of its numbers"
            );
        }
        Ok(())
    }

    /// Brings to disk what is missing below the newest of these entries, unless the numbers themselves show that nothing
    /// is. Says how many entries there were.
    async fn close_gaps(&mut self, entries: &[AccessLogEntry]) -> Result<usize, DriverError> {
        let known: BTreeSet<u64> = entries
            .iter()
            .map(|entry| entry.number)
            .filter(|number| *number > self.position.number)
            .collect();
        let newest = known.last().copied().unwrap_or(self.position.number);
        if newest - self.position.number == known.len() as u64 {
            return Ok(0);
        }
        let (mut from, mut to, mut astray) = (self.position.number + 1, newest, 0);
        while from <= newest {
            let Some(found) = self.search(&random()?, &(from..=to), 0, self.page).await? else {
                break;
            };
            if from < to && !found.is_whole() {
                to = from + (to - from) / 2;
                continue;
            }
            astray += found
                .entries
                .iter()
                .filter(|entry| !known.contains(&entry.number))
                .count();
            self.report(found.entries).await?;
            self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)?;
            (from, to) = (to + 1, newest);
        }
        Ok(astray)
    }

    /// One page; `None` where the device turns out not to be searchable.
    async fn search(
        &mut self,
        id: &str,
        numbers: &RangeInclusive<u64>,
        position: u64,
        rows: u64,
    ) -> Result<Option<SearchPage>, DriverError> {
        if self.history == LogHistory::Closed {
            return Ok(None);
        }
        let body = search::request(id, numbers, position, rows);
        let answer = self
            .line
            .ask(&IsapiRequest::post("searching its log", search::TARGET, body))
            .await?;
        match answer.status.as_u16() {
            200..=299 => search::parse(&answer.body)
                .map(Some)
                .ok_or_else(|| DriverError::Protocol("a search of its log is answered with something else".to_owned())),
            403 | 404 | 405 | 501 => {
                tracing::info!("the device's log cannot be searched");
                self.history = LogHistory::Closed;
                Ok(None)
            }
            status => Err(DriverError::Protocol(format!(
                "a search of its log is answered with {status}"
            ))),
        }
    }

    async fn report(&mut self, mut entries: Vec<AccessLogEntry>) -> Result<(), DriverError> {
        entries.sort_by_key(|entry| entry.number);
        entries.dedup_by_key(|entry| entry.number);
        entries.retain(|entry| entry.number > self.position.number);
        let Some(newest) = entries.last().map(|entry| entry.number) else {
            return Ok(());
        };
        let seen = entries
            .iter()
            .map(|entry| self.dictionary.seen(self.device, &self.position.log, entry))
            .collect();
        self.reporter.report(seen).await.map_err(DriverError::Unrecorded)?;
        self.position.number = newest;
        Ok(())
    }
}
