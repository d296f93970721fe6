//! Tables the terminal sends: attendance goes to disk, users are compared, everything else is thrown away.
//!
//! A table is answered even where nothing of it is kept: the device would send it for ever.

use super::AdmsConversation;
use crate::{
    adms::{
        answers, meaning,
        rows::{self, AdmsRow, OperationEntry},
    },
    terminal_fault::TerminalFault,
    wire::time,
};
use adapter_sdk::{CallAnswer, DriverError, ReplayState, ReportError};
use std::time::Duration;
use tokio::time::Instant;

/// Rows that go to disk at once.
const PAGE: usize = 256;
/// A row this old is told as it happens.
const LIVE: Duration = Duration::from_secs(30);
/// So far the device's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(120);

impl AdmsConversation<'_> {
    /// Takes a table; `None` where it cannot be kept now.
    pub(super) async fn table(&mut self, query: &str, body: &[u8]) -> Result<Option<CallAnswer>, DriverError> {
        let table = rows::asked(query, "table").unwrap_or_default().to_ascii_lowercase();
        match table.as_str() {
            "attlog" | "rtlog" => self.attendance(body).await,
            "operlog" | "userinfo" | "user" => Ok(Some(self.operations(body))),
            "options" => {
                self.learn_from(body).await?;
                Ok(Some(answers::ok()))
            }
            _ => {
                tracing::debug!(bytes = body.len(), "a table of which nothing is kept");
                Ok(Some(answers::ok()))
            }
        }
    }

    async fn attendance(&mut self, body: &[u8]) -> Result<Option<CallAnswer>, DriverError> {
        let told = rows::lines(body).count();
        let good: Vec<AdmsRow> = rows::lines(body).filter_map(rows::row).collect();
        let bad = told - good.len();
        if bad > 0 {
            tracing::warn!(bad, good = good.len(), "rows that cannot be read are left out");
            self.condition.raise(TerminalFault::UnreadableRows).await?;
        } else if told > 0 {
            self.condition.clear(TerminalFault::UnreadableRows).await?;
        }
        let latest = self
            .clock
            .trusted_now()
            .and_then(|now| time::wall(now.plus(AHEAD), self.offset()));
        let new = self
            .upload_cursor
            .new_rows(good, latest.and_then(time::pack).map(u64::from));
        for page in new.chunks(PAGE) {
            let seen = page
                .iter()
                .filter_map(|numbered| meaning::seen(self.settings, self.device, numbered, self.age(&numbered.row)));
            match self.reporter.report(seen.collect()).await {
                Ok(()) => self.upload_cursor.adopt(page),
                Err(ReportError::Stopping) => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                Err(ReportError::NotNow(reason)) => {
                    tracing::warn!(reason, "rows cannot be kept now; the device keeps them");
                    return Ok(None);
                }
            }
        }
        self.upload_cursor.acknowledged();
        Ok(Some(answers::taken(told)))
    }

    fn age(&self, row: &AdmsRow) -> ReplayState {
        let happened = time::moment(row.at, self.offset());
        let live = self
            .clock
            .trusted_now()
            .zip(happened)
            .is_some_and(|(now, happened)| now.since(happened).max(happened.since(now)) <= LIVE);
        if live { ReplayState::Live } else { ReplayState::Replayed }
    }

    fn operations(&mut self, body: &[u8]) -> CallAnswer {
        let mut told = 0;
        for line in rows::lines(body) {
            told += 1;
            if let Some(OperationEntry::User(user)) = rows::operation(line)
                && let Some(order) = self.people.hear(self.settings, &user, Instant::now())
            {
                self.waiting.order(order);
            }
        }
        answers::taken(told)
    }
}
