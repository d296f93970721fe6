//! First words: the session, the comm key, and who the device is.
//!
//! A wrong comm key is tried once and then left in peace.

use super::session::{ZkSession, demand, plain};
use crate::{
    settings::Settings,
    wire::{
        commkey,
        frame::code,
        realtime,
        sizes::{self, Sizes},
    },
};
use adapter_sdk::{DeviceModel, DeviceSerial, DriverError, ObservedFact};
use protocol::{DeviceId, Fact, fact::SettingsReport, text::FirmwareVersion};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// How long a device that refused our comm key is left in peace.
const PEACE: Duration = Duration::from_secs(900);

/// What was learnt.
#[derive(Debug)]
pub(super) struct ZkIdentity {
    /// Serial number: the name of its log.
    pub(super) serial: DeviceSerial,
    /// `~Platform`.
    pub(super) platform: Option<DeviceModel>,
    /// Firmware version.
    pub(super) firmware: Option<FirmwareVersion>,
}

impl ZkIdentity {
    /// As a fact, without secrets.
    pub(super) fn reported(&self, device: &DeviceId) -> ObservedFact {
        let settings = BTreeMap::from([
            ("serial".to_owned(), json!(self.serial.as_str())),
            (
                "platform".to_owned(),
                json!(self.platform.as_ref().map(DeviceModel::as_str)),
            ),
            ("firmware".to_owned(), json!(self.firmware)),
        ]);
        ObservedFact::now(Fact::DeviceReported(SettingsReport {
            device: device.clone(),
            settings,
        }))
    }
}

/// Opens the session and asks the device who it is. A device that a run before this one left closed is opened to people.
pub(super) async fn connect(session: &mut ZkSession, settings: &Settings) -> Result<ZkIdentity, DriverError> {
    let doing = "opening a session";
    let answer = session.ask(doing, code::CONNECT, &[]).await?;
    session.adopt(answer.session);
    if answer.code == code::UNAUTHORISED {
        let token = commkey::token(*settings.comm_key, session.id());
        let answer = session.ask("proving the comm key", code::AUTH, &token).await?;
        if answer.code != code::OK {
            return Err(DriverError::WrongPassword { wait: PEACE });
        }
    } else {
        demand(&answer, code::OK, doing)?;
    }
    session.tell("opening it to people", code::ENABLE, &[]).await?;
    identify(session).await
}

/// Asks the device who it is.
pub(super) async fn identify(session: &mut ZkSession) -> Result<ZkIdentity, DriverError> {
    let serial = option(session, "~SerialNumber").await?;
    let serial = serial.ok_or_else(|| DriverError::Protocol("it does not tell its serial number".to_owned()))?;
    let platform = option(session, "~Platform").await?;
    let firmware = session.ask("asking for its firmware", code::VERSION, &[]).await?;
    Ok(ZkIdentity {
        serial: serial.into(),
        platform: platform.map(DeviceModel::from),
        firmware: plain(&firmware.body)
            .filter(|_| firmware.code == code::OK)
            .map(FirmwareVersion::from),
    })
}

/// A setting of the device, from the answer `name=value`; `None` where it does not know it.
pub(super) async fn option(session: &mut ZkSession, name: &str) -> Result<Option<String>, DriverError> {
    let asked = [name.as_bytes(), &[0]].concat();
    let answer = session.ask("asking for a setting", code::OPTION, &asked).await?;
    let value = answer.body.splitn(2, |byte| *byte == b'=').nth(1);
    Ok(value.filter(|_| answer.code == code::OK).and_then(plain))
}

/// Asks how full its stores are.
pub(super) async fn sizes(session: &mut ZkSession) -> Result<Sizes, DriverError> {
    let doing = "asking how full it is";
    let answer = session.ask(doing, code::SIZES, &[]).await?;
    demand(&answer, code::OK, doing)?;
    sizes::parse(&answer.body).ok_or_else(|| DriverError::Protocol(format!("{doing}: it cannot be read")))
}

/// Asks for live events.
pub(super) async fn subscribe(session: &mut ZkSession) -> Result<(), DriverError> {
    let everything = realtime::EVERYTHING.to_le_bytes();
    session.tell("asking for live events", code::EVENT, &everything).await
}
