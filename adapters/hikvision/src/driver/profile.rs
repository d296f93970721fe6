//! First words: who the device is and what it can do. Nothing is written to it here.

use super::client::{IsapiClient, IsapiRequest};
use crate::wire::{
    door::{self, DoorCapabilities},
    identity::{self, HikIdentity},
    search,
};
use adapter_sdk::{DeviceModel, DriverError, ObservedFact};
use protocol::{DeviceId, Fact, fact::SettingsReport};
use serde_json::json;
use std::collections::BTreeMap;

/// What was learnt.
#[derive(Debug)]
pub(super) struct HikProfile {
    pub(super) identity: HikIdentity,
    /// `None`: it declares no remote door control.
    pub(super) doors: Option<DoorCapabilities>,
    /// Rows of one page of a search.
    pub(super) page: u64,
}

impl HikProfile {
    /// As a fact, without secrets.
    pub(super) fn reported(&self, device: &DeviceId) -> ObservedFact {
        let HikIdentity {
            serial,
            model,
            firmware,
        } = &self.identity;
        let mut settings = BTreeMap::from([
            ("serial".to_owned(), json!(serial.as_str())),
            ("model".to_owned(), json!(model.as_ref().map(DeviceModel::as_str))),
            ("firmware".to_owned(), json!(firmware)),
            ("search_page".to_owned(), json!(self.page)),
        ]);
        if let Some(doors) = &self.doors {
            settings.insert("door_commands".to_owned(), json!(doors.commands));
        }
        ObservedFact::now(Fact::DeviceReported(SettingsReport {
            device: device.clone(),
            settings,
        }))
    }
}

/// Asks the device who it is and what it can do.
pub(super) async fn connect(line: &IsapiClient) -> Result<HikProfile, DriverError> {
    let identity = identify(line).await?;

    let capabilities = line
        .ask(&IsapiRequest::get(
            "asking what its doors can be told",
            door::CAPABILITIES,
        ))
        .await?;
    let doors = if capabilities.status.is_success() {
        door::parse(&capabilities.body)
    } else {
        None
    };

    let capabilities = line
        .ask(&IsapiRequest::get(
            "asking how its log is searched",
            search::CAPABILITIES,
        ))
        .await?;
    let page = if capabilities.status.is_success() {
        search::page_cap(&capabilities.body)
    } else {
        None
    };
    let page = page.unwrap_or(search::USUAL_PAGE);

    tracing::debug!(?identity, ?doors, page, "connected");
    Ok(HikProfile { identity, doors, page })
}

/// Asks the device who it is.
pub(super) async fn identify(line: &IsapiClient) -> Result<HikIdentity, DriverError> {
    let answer = line
        .ask(&IsapiRequest::get("asking who it is", identity::TARGET))
        .await?;
    if !answer.status.is_success() {
        return Err(DriverError::Protocol(format!(
            "deviceInfo is answered with {}",
            answer.status.as_u16()
        )));
    }
    identity::parse(&answer.body).map_err(|error| DriverError::Protocol(error.to_string()))
}
