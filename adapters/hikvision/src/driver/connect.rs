//! First words: who the device is and what it can do. Nothing is written to it here.

use super::line::{Call, Line};
use crate::wire::{
    door::{self, Doors},
    identity::{self, Identity},
    search,
};
use adapter_sdk::{DriverError, ObservedFact};
use protocol::{DeviceId, Fact, fact::Reported};
use serde_json::json;
use std::collections::BTreeMap;

/// What was learnt.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) identity: Identity,
    /// `None`: it declares no remote door control.
    pub(super) doors: Option<Doors>,
    /// Rows of one page of a search.
    pub(super) page: u64,
}

impl Known {
    /// As a fact, without secrets.
    pub(super) fn reported(&self, device: &DeviceId) -> ObservedFact {
        let Identity {
            serial,
            model,
            firmware,
        } = &self.identity;
        let mut settings = BTreeMap::from([
            ("serial".to_owned(), json!(serial)),
            ("model".to_owned(), json!(model)),
            ("firmware".to_owned(), json!(firmware)),
            ("search_page".to_owned(), json!(self.page)),
        ]);
        if let Some(doors) = &self.doors {
            settings.insert("door_commands".to_owned(), json!(doors.commands));
        }
        ObservedFact::now(Fact::DeviceReported(Reported {
            device: device.clone(),
            settings,
        }))
    }
}

/// Asks the device who it is and what it can do.
pub(super) async fn connect(line: &Line) -> Result<Known, DriverError> {
    let identity = identify(line).await?;

    let capabilities = line
        .ask(&Call::get("asking what its doors can be told", door::CAPABILITIES))
        .await?;
    let doors = if capabilities.status.is_success() {
        door::parse(&capabilities.body)
    } else {
        None
    };

    let capabilities = line
        .ask(&Call::get("asking how its log is searched", search::CAPABILITIES))
        .await?;
    let page = if capabilities.status.is_success() {
        search::page_cap(&capabilities.body)
    } else {
        None
    };
    let page = page.unwrap_or(search::USUAL_PAGE);

    tracing::debug!(?identity, ?doors, page, "connected");
    Ok(Known { identity, doors, page })
}

/// Asks the device who it is.
pub(super) async fn identify(line: &Line) -> Result<Identity, DriverError> {
    let answer = line.ask(&Call::get("asking who it is", identity::TARGET)).await?;
    if !answer.status.is_success() {
        return Err(DriverError::Protocol(format!(
            "deviceInfo is answered with {}",
            answer.status.as_u16()
        )));
    }
    identity::parse(&answer.body).map_err(|error| DriverError::Protocol(error.to_string()))
}
