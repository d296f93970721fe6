//! Commands, one at a time.
//!
//! What actuates is written once, right after the last look at the clock, and is never repeated, whatever comes back.

use super::{
    device_clock,
    session::{Failure, ZkSession},
    session_setup,
};
use crate::{action::ZkAction, settings::Settings, wire::frame::code};
use adapter_sdk::{Ask, Clock, DeviceModel, DriverError, socket::SocketError};
use protocol::text::FirmwareVersion;
use protocol::{Outcome, Reason, fact::Door};
use std::{sync::Arc, time::Duration};

/// Time to find out that the device is there: somebody stands at the door.
const PROBE: Duration = Duration::from_secs(3);

/// What commands are carried out with.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZkExecutor<'a> {
    pub(super) settings: &'a Settings,
    pub(super) clock: &'a Arc<dyn Clock>,
}

impl ZkExecutor<'_> {
    /// Carries one out. An error ends the run: the line is not to be trusted any more.
    pub(super) async fn carry_out(&self, session: &mut ZkSession, ask: Ask) -> Result<(), DriverError> {
        let Some((action, ask)) = ask.supported() else {
            return Ok(());
        };
        match action {
            ZkAction::AccessOpen { door: Door(1) } => {
                let tenths = self.settings.open_tenths.to_le_bytes();
                self.actuate(session, ask, code::UNLOCK, &tenths).await
            }
            ZkAction::AccessOpen { .. } => {
                ask.reject(Reason::UnknownTarget, "the device has one door, number 1".to_owned());
                Ok(())
            }
            ZkAction::DeviceReboot {} => self.actuate(session, ask, code::RESTART, &[]).await,
            ZkAction::DeviceTimeSync {} => {
                ask.carry_out(self.clock, sync(session, self.clock, self.settings))
                    .await
            }
            ZkAction::DeviceTest {} => ask.carry_out(self.clock, test(session)).await,
        }
    }

    async fn actuate(&self, session: &mut ZkSession, ask: Ask, command: u16, body: &[u8]) -> Result<(), DriverError> {
        let probe = tokio::time::timeout(PROBE, session.ask("looking whether it is there", code::GET_TIME, &[])).await;
        let lost = || {
            let source = SocketError::Timeout;
            let doing = "looking whether it is there";
            Err(DriverError::Lost { doing, source })
        };
        if let Err(end) = probe.unwrap_or_else(|_| lost()) {
            ask.reject(Reason::Offline, end.to_string());
            return Err(end);
        }
        let Some(running) = ask.begin(self.clock) else {
            return Ok(());
        };
        match session.once(command, body, running.deadline()).await {
            Ok(answer) if answer.code == code::OK => running.ok(None),
            Ok(answer) => running.failed(Reason::Hardware, format!("it answers with {}", answer.code)),
            Err(failure) => {
                let end = failure_of(failure);
                running.failed(Reason::TimedOut, "no answer; it may have been carried out".to_owned());
                return Err(end);
            }
        }
        Ok(())
    }
}

fn failure_of(failure: Failure) -> DriverError {
    failure.into_driver_error("waiting for what it did")
}

async fn test(session: &mut ZkSession) -> Result<Outcome, DriverError> {
    let known = session_setup::identify(session).await?;
    let sizes = session_setup::sizes(session).await?;
    let detail = format!(
        "{}, serial {}, firmware {}, {} users, {} records",
        known.platform.as_ref().map_or("unnamed platform", DeviceModel::as_str),
        known.serial,
        known.firmware.as_ref().map_or("unknown", FirmwareVersion::as_str),
        sizes.users,
        sizes.records,
    );
    Ok(Outcome::Ok { detail: Some(detail) })
}

async fn sync(session: &mut ZkSession, clock: &Arc<dyn Clock>, settings: &Settings) -> Result<Outcome, DriverError> {
    let failed = |reason, detail: &str| Outcome::Failed {
        reason,
        detail: Some(detail.to_owned()),
    };
    let Some(off) = device_clock::off(session, &**clock, settings.clock).await? else {
        return Ok(failed(Reason::ClockUnsynced, "the edge does not know the date"));
    };
    if device_clock::set(session, &**clock, settings.clock).await? {
        let detail = format!("it was off by {} s", off.as_secs());
        Ok(Outcome::Ok { detail: Some(detail) })
    } else {
        Ok(failed(Reason::Hardware, "the device does not take the time"))
    }
}
