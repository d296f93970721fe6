//! One run of the conversation: the terminal calls, and every call is answered from here.
//!
//! Nothing is "OK" before it is on disk, and what is not answered the device sends again.

mod tables;

use super::{
    answers,
    order_queue::{OrderQueue, OrderResult},
    orders::AdmsOrder,
    people::PeopleSync,
    rows,
    settings::Settings,
    upload_cursor::UploadCursor,
};
use crate::{terminal_fault::TerminalFault, wire::time};
use adapter_sdk::{
    Asks, CallAnswer, CallReceiver, Clock, DeviceCondition, DriverContext, DriverError, FaultPrecedence, InboundCall,
    ObservedFact, ReportError, Reporter,
};
use http::Method;
use protocol::{DeviceId, Fact, fact::SettingsReport, text::FirmwareVersion};
use serde_json::{Value, json};
use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// People are not compared more often, however often the device registers.
const PEOPLE: Duration = Duration::from_secs(60);

/// Answers the terminal until there is a reason to start anew.
pub(super) async fn drive(settings: Arc<Settings>, context: DriverContext) -> DriverError {
    let DriverContext {
        device,
        line: _,
        mut asks,
        reporter,
        clock,
        pushes: _,
        push_url: _,
        mut calls,
        log_position: mark,
    } = context;
    let mut conversation = AdmsConversation {
        settings: &settings,
        device: &device,
        reporter: &reporter,
        clock: &clock,
        condition: DeviceCondition::new(&reporter, FaultPrecedence::Oldest, None),
        upload_cursor: UploadCursor::new(&settings.serial, mark),
        waiting: OrderQueue::new(&*clock),
        people: PeopleSync::new(),
        last_contact: None,
        compared: None,
        reported: BTreeMap::new(),
    };
    match Box::pin(conversation.run(&mut asks, &mut calls)).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

struct AdmsConversation<'a> {
    settings: &'a Settings,
    device: &'a DeviceId,
    reporter: &'a Reporter,
    clock: &'a Arc<dyn Clock>,
    condition: DeviceCondition<TerminalFault>,
    upload_cursor: UploadCursor,
    waiting: OrderQueue,
    people: PeopleSync,
    /// When the device called last.
    last_contact: Option<Instant>,
    /// When its people were last asked for.
    compared: Option<Instant>,
    /// What it said it is.
    reported: BTreeMap<String, Value>,
}

impl AdmsConversation<'_> {
    async fn run(&mut self, asks: &mut Asks, calls: &mut CallReceiver) -> Result<Infallible, DriverError> {
        loop {
            let due = [self.waiting.due(), self.people.due()].into_iter().flatten().min();
            let nothing_due = Instant::now() + self.settings.lease();
            tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => self.waiting.ask(ask, self.settings),
                    None => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                },
                Some(call) = calls.recv() => self.answer(call).await?,
                () = sleep_until(due.unwrap_or(nothing_due)) => {}
            }
            let now = Instant::now();
            for ended in self.waiting.expire(now, self.clock) {
                self.ended(ended).await?;
            }
            if self.people.due().is_some_and(|due| due <= now) {
                self.condition.clear(TerminalFault::PeopleRefused).await?;
                self.waiting.orders(self.people.compare(self.settings));
            }
        }
    }

    async fn answer(&mut self, call: InboundCall) -> Result<(), DriverError> {
        self.record_contact().await?;
        let InboundCall {
            method,
            path,
            query,
            body,
            answer,
        } = call;
        let page = path.to_ascii_lowercase();
        let reply = match (page.strip_suffix(".aspx").unwrap_or(&page), method) {
            ("cdata", Method::GET) => Some(self.register(&query).await?),
            ("cdata" | "querydata", Method::POST) => self.table(&query, &body).await?,
            ("getrequest", _) => {
                if let Some(firmware) = rows::asked(&query, "INFO").and_then(|told| told.split(',').next()) {
                    self.learn(&firmware.replace("%20", " ").replace('+', " ")).await?;
                }
                self.waiting.hand_over(answer, self.settings, self.clock);
                return Ok(());
            }
            ("devicecmd", Method::POST) => Some(self.confirm(&body).await?),
            ("registry", _) => {
                self.learn_from(&body).await?;
                Some(answers::registered(self.settings))
            }
            ("push", _) => {
                self.registered(rows::asked(&query, "pushver")).await?;
                Some(answers::push_greeting(self.settings))
            }
            ("rtdata", Method::GET) if rows::asked(&query, "type") == Some("time") => self.time(),
            // Pictures are taken from it and thrown away: it would send them for ever.
            ("ping" | "fdata" | "edata", _) => Some(answers::ok()),
            _ => Some(answers::unknown()),
        };
        if let Some(reply) = reply {
            // Where the device has hung up it comes again.
            let _ = answer.send(reply);
        }
        Ok(())
    }

    /// The device is there.
    async fn record_contact(&mut self) -> Result<(), DriverError> {
        let now = Instant::now();
        let known = self.last_contact.replace(now);
        // After so long a silence it is said anew how the device is.
        if known.is_none_or(|last| now - last >= self.settings.lease()) {
            self.condition.report_again().await?;
            self.ask_for_people();
            return Ok(());
        }
        self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)
    }

    async fn register(&mut self, query: &str) -> Result<CallAnswer, DriverError> {
        self.registered(rows::asked(query, "pushver")).await?;
        Ok(answers::greeting(
            self.settings,
            self.upload_cursor.stamp(),
            self.offset(),
        ))
    }

    async fn registered(&mut self, push_version: Option<&str>) -> Result<(), DriverError> {
        self.upload_cursor.registered();
        self.ask_for_people();
        self.report(push_version).await
    }

    fn ask_for_people(&mut self) {
        let now = Instant::now();
        if self.compared.is_some_and(|last| now - last < PEOPLE) {
            return;
        }
        if let Some(order) = self.people.begin(self.settings, now) {
            self.compared = Some(now);
            self.waiting.order(order);
        }
    }

    /// What became of what the device fetched.
    async fn confirm(&mut self, body: &[u8]) -> Result<CallAnswer, DriverError> {
        self.learn_from(body).await?;
        for confirmation in rows::confirmations(body) {
            let detail = self.detail(body);
            if let Some(ended) = self.waiting.confirm(confirmation, detail) {
                self.ended(ended).await?;
            }
        }
        Ok(answers::ok())
    }

    /// One of our own orders ended.
    async fn ended(&mut self, OrderResult { order, result }: OrderResult) -> Result<(), DriverError> {
        // "Nothing found" is as good as done where nobody is to be listed or removed.
        let done = match order {
            AdmsOrder::ListUsers => {
                self.people.asked(Instant::now());
                result.is_some_and(|result| result >= -1)
            }
            AdmsOrder::DeleteUser { .. } => result.is_some_and(|result| result >= -1),
            AdmsOrder::WriteUser { .. }
            | AdmsOrder::Check
            | AdmsOrder::Describe
            | AdmsOrder::Reboot
            | AdmsOrder::Unlock => result.is_some_and(|result| result >= 0),
        };
        if done {
            return Ok(());
        }
        tracing::warn!(result, "the device does not take its people");
        self.condition.raise(TerminalFault::PeopleRefused).await
    }

    /// What the answer to `INFO` says, for people.
    fn detail(&self, body: &[u8]) -> Option<String> {
        let counted = |key| rows::option(body, key).and_then(|count| count.parse::<u32>().ok());
        let (users, rows) = (counted("UserCount")?, counted("TransactionCount").unwrap_or_default());
        let firmware = self.condition.firmware().map_or("unknown", FirmwareVersion::as_str);
        let serial = &self.settings.serial;
        Some(format!(
            "serial {serial}, firmware {firmware}, {users} users, {rows} records"
        ))
    }

    async fn learn_from(&mut self, body: &[u8]) -> Result<(), DriverError> {
        let told = rows::option(body, "FWVersion").or_else(|| rows::option(body, "FirmVer"));
        match told.map(str::to_owned) {
            Some(firmware) => self.learn(&firmware).await,
            None => Ok(()),
        }
    }

    async fn learn(&mut self, firmware: &str) -> Result<(), DriverError> {
        let plain = |character: &char| character.is_ascii_graphic() || *character == ' ';
        let firmware: String = firmware.chars().filter(plain).take(64).collect();
        if firmware.is_empty() {
            return Ok(());
        }
        self.condition.identify(firmware.into()).await
    }

    /// Says what the device is, where that is news.
    async fn report(&mut self, push_version: Option<&str>) -> Result<(), DriverError> {
        let mut settings = self.reported.clone();
        if let Some(version) = push_version {
            let version: String = version.chars().take(16).collect();
            settings.insert("push_version".to_owned(), json!(version));
        }
        settings.insert("serial".to_owned(), json!(self.settings.serial.as_str()));
        settings.insert("firmware".to_owned(), json!(self.condition.firmware()));
        if settings == self.reported {
            return Ok(());
        }
        let fact = Fact::DeviceReported(SettingsReport {
            device: self.device.clone(),
            settings: settings.clone(),
        });
        match self.reporter.report(vec![ObservedFact::now(fact)]).await {
            Ok(()) => self.reported = settings,
            Err(ReportError::Stopping) => return Err(DriverError::Unrecorded(ReportError::Stopping)),
            // It is said when the device registers next.
            Err(ReportError::NotNow(reason)) => tracing::debug!(reason, "not now"),
        }
        Ok(())
    }

    fn time(&self) -> Option<CallAnswer> {
        let now = self.clock.trusted_now()?;
        let packed = time::wall(now, 0).and_then(time::pack)?;
        Some(answers::time(packed, self.offset()))
    }

    fn offset(&self) -> i32 {
        let own = self.settings.utc_offset;
        own.unwrap_or_else(|| self.clock.offset_seconds())
    }
}
