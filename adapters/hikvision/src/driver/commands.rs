//! Commands, one at a time.
//!
//! What actuates is written once, right after the last look at the clock, and is never repeated, whatever comes back.

use super::{
    client::{IsapiClient, IsapiRequest, IsapiResponse, WriteResult},
    device_clock, profile,
};
use crate::wire::{
    door::{self, DoorCapabilities},
    identity,
    status::{self, RequestResult},
};
use adapter_sdk::{
    Ask, Asks, Clock, ClockPolicy, DeviceModel, DriverError, ReportError, http::HttpError, supported_actions,
};
use protocol::{Outcome, Reason, fact::Door, text::FirmwareVersion};
use std::{sync::Arc, time::Duration};

/// Time to get a challenge: somebody stands at the door.
const CHALLENGE: Duration = Duration::from_secs(3);

supported_actions! {
    /// What a terminal is asked.
    pub(crate) enum HikAction {
        AccessOpen { door: Door },
        DeviceReboot {},
        DeviceTimeSync {},
        DeviceTest {},
    }
}

/// What commands are carried out with.
#[derive(Debug)]
pub(super) struct HikExecutor<'a> {
    pub(super) line: &'a IsapiClient,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) policy: ClockPolicy,
    pub(super) doors: Option<&'a DoorCapabilities>,
    /// The highest door the settings name.
    pub(super) named: Option<u16>,
}

impl HikExecutor<'_> {
    /// Carries out commands until the edge stops, or the device cannot be talked to.
    pub(super) async fn run(self, asks: &mut Asks) -> DriverError {
        while let Some(ask) = asks.recv().await {
            if let Err(end) = self.carry_out(ask).await {
                return end;
            }
        }
        DriverError::Unrecorded(ReportError::Stopping)
    }

    async fn carry_out(&self, ask: Ask) -> Result<(), DriverError> {
        let Some((action, ask)) = ask.supported() else {
            return Ok(());
        };
        match action {
            HikAction::AccessOpen { door } => match self.open_refusal(door) {
                Some((reason, detail)) => {
                    ask.reject(reason, detail.to_owned());
                    Ok(())
                }
                None => {
                    let open = IsapiRequest::put("opening a door", door::target(door), Some(door::OPEN.to_owned()));
                    self.actuate(ask, open).await
                }
            },
            HikAction::DeviceReboot {} => {
                self.actuate(ask, IsapiRequest::put("rebooting it", door::REBOOT, None))
                    .await
            }
            HikAction::DeviceTimeSync {} => ask.carry_out(self.clock, self.sync()).await,
            HikAction::DeviceTest {} => ask.carry_out(self.clock, self.test()).await,
        }
    }

    /// Why a door cannot be opened, known without asking the device again.
    fn open_refusal(&self, door: Door) -> Option<(Reason, &'static str)> {
        let Some(doors) = self.doors.filter(|doors| doors.can_open()) else {
            return Some((Reason::Unsupported, "the device declares no remote opening of doors"));
        };
        let highest = doors.highest.or(self.named).unwrap_or(1);
        (door.0 == 0 || door.0 > highest).then_some((Reason::UnknownTarget, "the device has no such door"))
    }

    async fn actuate(&self, ask: Ask, call: IsapiRequest) -> Result<(), DriverError> {
        let probe = IsapiRequest::get("asking for a challenge", identity::TARGET);
        let grant = match self.line.challenge(&probe, CHALLENGE).await {
            Ok(grant) => grant,
            Err(end) => {
                ask.reject(end.reason(), end.to_string());
                return Err(end);
            }
        };
        let Some(running) = ask.begin(self.clock) else {
            return Ok(());
        };
        match self.line.once(&call, &grant, running.deadline()).await? {
            WriteResult::Answered(answer) => running.settle(outcome(&answer)),
            WriteResult::Refused(end) => {
                running.failed(
                    Reason::NotAuthorised,
                    "the device refused our name; nothing was done".to_owned(),
                );
                return end.map_or(Ok(()), Err);
            }
            WriteResult::Lost(HttpError::Connect(_)) => running.failed(Reason::Offline, "no connection".to_owned()),
            WriteResult::Lost(error @ (HttpError::Timeout(_) | HttpError::Broken(_) | HttpError::TooLong { .. })) => {
                running.failed(Reason::TimedOut, format!("{error}; it may have been carried out"));
            }
        }
        Ok(())
    }

    async fn test(&self) -> Result<Outcome, DriverError> {
        let identity::HikIdentity {
            serial,
            model,
            firmware,
        } = profile::identify(self.line).await?;
        let detail = format!(
            "{}, serial {serial}, firmware {}",
            model.as_ref().map_or("unnamed model", DeviceModel::as_str),
            firmware.as_ref().map_or("unknown", FirmwareVersion::as_str),
        );
        Ok(Outcome::Ok { detail: Some(detail) })
    }

    async fn sync(&self) -> Result<Outcome, DriverError> {
        let Some(reading) = device_clock::read(self.line, &**self.clock, self.policy).await? else {
            return Ok(failure(
                Reason::ClockUnsynced,
                "the device tells no time, or the edge does not know it",
            ));
        };
        if device_clock::set(self.line, &**self.clock, self.policy, &reading).await? {
            Ok(Outcome::Ok {
                detail: Some(format!("it was off by {} s", reading.off.as_secs())),
            })
        } else {
            Ok(failure(Reason::Hardware, "the device does not take the time"))
        }
    }
}

fn failure(reason: Reason, detail: &str) -> Outcome {
    Outcome::Failed {
        reason,
        detail: Some(detail.to_owned()),
    }
}

fn outcome(answer: &IsapiResponse) -> Outcome {
    let said = status::parse(&answer.body);
    let reason = match (answer.status.as_u16(), said.verdict) {
        (200..=299, RequestResult::Done) => return Outcome::Ok { detail: None },
        (503, _) | (_, RequestResult::Busy) => Reason::Busy,
        (403 | 404 | 405 | 501, _) => Reason::Unsupported,
        (_, RequestResult::Done | RequestResult::Refused) => Reason::Hardware,
    };
    let said = said.word.unwrap_or_else(|| format!("HTTP {}", answer.status.as_u16()));
    Outcome::Failed {
        reason,
        detail: Some(said),
    }
}
