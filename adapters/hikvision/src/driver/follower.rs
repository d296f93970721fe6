//! Everything the device tells, taken on in order: the stream, its own pushes, what was missed; and the upkeep between.

use super::{
    client::{IsapiClient, IsapiRequest},
    device_clock,
    event_stream::StreamMessage,
    log_cursor::HikLogCursor,
};
use crate::{
    meaning,
    settings::{PushMode, Settings},
    wire::{
        alert::{self, Alert, DeviceNotice, EventState},
        clock::TimeMode,
        http_hosts::{self, Endpoint, SlotChoice},
    },
};
use adapter_sdk::{
    Clock, DeviceCondition, DriftAction, DriverError, InboundPush, LogContinuity, PushReceiver, ReportError, Reporter,
};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};

/// Time between two looks at the device's clock and push slot: devices forget both.
const UPKEEP: Duration = Duration::from_secs(600);
/// A notice repeated within this time goes on; it is not a new one.
const SAME_NOTICE: Duration = Duration::from_secs(10);
/// Notices told apart at once.
const NOTICES: usize = 64;
/// The lease is renewed no more often than this.
const ALIVE: Duration = Duration::from_secs(1);

/// The strand that takes on what the device tells.
pub(super) struct EventFollower<'a> {
    pub(super) line: &'a IsapiClient,
    pub(super) settings: &'a Settings,
    pub(super) clock: &'a dyn Clock,
    /// Where the device can push to.
    pub(super) endpoint: Option<Endpoint>,
    pub(super) log_cursor: HikLogCursor<'a>,
    pub(super) reporter: &'a Reporter,
    pub(super) condition: DeviceCondition<&'static str>,
    /// Notices that go on, and when they were last repeated.
    pub(super) notices: Vec<(DeviceNotice, Instant)>,
    /// When the lease was last renewed.
    pub(super) alive: Option<Instant>,
}

/// When the push slot is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PushSlotPolicy {
    /// Also where it looks right: after a reboot it may be listed and yet not used.
    Always,
    /// Where it is not ours.
    WhereLost,
}

impl EventFollower<'_> {
    /// Follows the device until there is a reason to start anew.
    pub(super) async fn run(
        mut self,
        mut heard: mpsc::Receiver<StreamMessage>,
        mut pushes: PushReceiver,
    ) -> DriverError {
        let mut upkeep = tokio::time::interval(UPKEEP);
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pushing = true;
        loop {
            // The rarest first, so that none waits for ever behind a device that never stops talking.
            let step = tokio::select! {
                biased;
                _ = upkeep.tick() => self.upkeep().await,
                push = pushes.recv(), if pushing => match push {
                    Some(push) => self.pushed(push).await,
                    None => {
                        pushing = false;
                        Ok(())
                    }
                },
                heard = heard.recv() => match heard {
                    Some(heard) => self.handle_message(heard).await,
                    None => Err(DriverError::Unrecorded(ReportError::Stopping)),
                },
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn handle_message(&mut self, heard: StreamMessage) -> Result<(), DriverError> {
        match heard {
            StreamMessage::Opened => {
                self.condition.clear("stream_busy").await?;
                self.catch_up().await?;
                self.ensure_push_slot(PushSlotPolicy::Always).await
            }
            StreamMessage::Busy => {
                self.condition.raise("stream_busy").await?;
                self.catch_up().await
            }
            StreamMessage::Alert(alert) => self.take(alert).await,
        }
    }

    async fn take(&mut self, alert: Alert) -> Result<(), DriverError> {
        self.renew_lease().await?;
        match alert {
            Alert::Heartbeat => Ok(()),
            Alert::Entry(entry) => {
                let found = self.log_cursor.take(entry).await?;
                self.note(found).await
            }
            Alert::Notice(notice) => self.notice(notice).await,
        }
    }

    /// The device is told that its push is taken once everything in it is on disk. What cannot be read is taken too:
    /// sent again it would read no better, and an entry of the log in it is found by its number.
    async fn pushed(&mut self, push: InboundPush) -> Result<(), DriverError> {
        let alerts = alert::parse_push(&push.content_type, &push.body).unwrap_or_else(|error| {
            tracing::warn!(%error, bytes = push.body.len(), "a push cannot be read");
            Vec::new()
        });
        for alert in alerts {
            self.take(alert).await?;
        }
        // Whoever waited for the answer may have hung up.
        let _ = push.accepted.send(true);
        Ok(())
    }

    async fn catch_up(&mut self) -> Result<(), DriverError> {
        let found = self.log_cursor.catch_up().await?;
        self.note(found).await?;
        self.renew_lease().await
    }

    /// A log that began anew is told once; it is no lasting complaint.
    async fn note(&mut self, found: LogContinuity) -> Result<(), DriverError> {
        match found {
            LogContinuity::SameLog => Ok(()),
            LogContinuity::NewLog => self.condition.report_passing("log_reset").await,
        }
    }

    async fn notice(&mut self, notice: DeviceNotice) -> Result<(), DriverError> {
        let now = Instant::now();
        self.notices.retain(|(_, at)| now.duration_since(*at) < SAME_NOTICE);
        let known = self
            .notices
            .iter()
            .position(|(known, _)| known.kind == notice.kind && known.channel == notice.channel);
        let known = known.map(|at| self.notices.swap_remove(at));
        match (notice.phase, known) {
            (EventState::Over, _) => return Ok(()),
            (EventState::Active, Some(_)) => {}
            (EventState::Active, None) if self.notices.len() >= NOTICES => {
                tracing::debug!("too many kinds of notices at once");
                return Ok(());
            }
            (EventState::Active, None) => self.log_cursor.tell(|device| meaning::noticed(device, &notice)).await?,
        }
        self.notices.push((notice, now));
        Ok(())
    }

    async fn upkeep(&mut self) -> Result<(), DriverError> {
        self.keep_time().await?;
        self.ensure_push_slot(PushSlotPolicy::WhereLost).await
    }

    async fn keep_time(&mut self) -> Result<(), DriverError> {
        let policy = self.settings.clock;
        let Some(reading) = device_clock::read(self.line, self.clock, policy).await? else {
            return Ok(());
        };
        if reading.off <= policy.drift {
            return self.condition.clear("clock_drift").await;
        }
        self.condition.raise("clock_drift").await?;
        if policy.drift_action == DriftAction::Leave || reading.mode == TimeMode::Elsewhere {
            return Ok(());
        }
        tracing::info!(off_s = reading.off.as_secs(), "setting the device's clock");
        device_clock::set(self.line, self.clock, policy, &reading).await?;
        match device_clock::read(self.line, self.clock, policy).await? {
            Some(again) if again.off <= policy.drift => self.condition.clear("clock_drift").await,
            Some(_) | None => Ok(()),
        }
    }

    /// Sees to it that one push slot is ours. A slot of somebody else's is never written.
    async fn ensure_push_slot(&mut self, arming: PushSlotPolicy) -> Result<(), DriverError> {
        let Some(endpoint) = self.endpoint.as_ref().filter(|_| self.settings.push == PushMode::On) else {
            return Ok(());
        };
        let answer = self
            .line
            .ask(&IsapiRequest::get("asking where it pushes to", http_hosts::TARGET))
            .await?;
        let slots = if answer.status.is_success() {
            http_hosts::parse(&answer.body)
        } else {
            None
        };
        let id = match (slots.map(|slots| endpoint.choose(&slots)), arming) {
            (None, _) => return self.condition.raise("push_unsupported").await,
            (Some(SlotChoice::Taken), _) => return self.condition.raise("push_slots_taken").await,
            (Some(SlotChoice::Ours(_)), PushSlotPolicy::WhereLost) => return Ok(()),
            (Some(SlotChoice::Ours(id)), PushSlotPolicy::Always) | (Some(SlotChoice::Write(id)), _) => id,
        };
        let body = endpoint.body(id, self.settings.heartbeat.as_secs());
        let target = format!("{}/{id}", http_hosts::TARGET);
        let answer = self
            .line
            .ask(&IsapiRequest::put("telling it where to push to", target, Some(body)))
            .await?;
        self.condition.clear("push_slots_taken").await?;
        if answer.status.is_success() {
            self.condition.clear("push_unsupported").await
        } else {
            self.condition.raise("push_unsupported").await
        }
    }

    async fn renew_lease(&mut self) -> Result<(), DriverError> {
        let now = Instant::now();
        if self.alive.is_some_and(|at| now.duration_since(at) < ALIVE) {
            return Ok(());
        }
        self.alive = Some(now);
        self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)
    }
}
