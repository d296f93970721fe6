//! Commands as an administrator follows them, compared with the doors that really moved.
//!
//! A door's own record is the truth: nothing here believes an outcome because somebody reported it.

#[cfg(test)]
mod tests;

use crate::{
    admin::{Admin, Answer, text},
    history::History,
};
use anyhow::{Context as _, Result, ensure};
use protocol::{DeviceId, Fact, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tests_world::hikvision::Opening;

/// From the edge's last look at its clock to the simulated door's own, on a machine that is busy.
const ON_THE_WIRE: Duration = Duration::from_millis(750);

/// A command as the cloud knows it.
#[derive(Debug, Clone)]
pub struct TrackedCommand {
    /// Its id.
    pub id: String,
    /// The device it is for.
    pub device: String,
    /// Which door.
    pub door: u64,
    /// `queued` … `ok`, `failed`, `expired`, `rejected`.
    pub state: String,
    /// Why it did not work.
    pub reason: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on no door may move for it.
    pub expires: Timestamp,
}

/// Asks for a door to be opened.
pub async fn open_door(admin: &Admin, device: &str, door: u64, expires_in_s: u64) -> Result<Answer> {
    let action = json!({"name": "access.open", "args": {"door": door}});
    let wish = json!({"action": action, "expires_in_s": expires_in_s});
    let path = format!("/devices/{device}/commands");
    admin.call(Method::POST, &path, Some(&wish)).await
}

/// Every command of an edge that is about a door.
pub async fn all(admin: &Admin, edge: &str) -> Result<Vec<TrackedCommand>> {
    let found = admin.all(&format!("/commands?edge={edge}")).await?;
    found
        .iter()
        .filter(|order| name(order) == Some("access.open"))
        .map(order)
        .collect()
}

/// One command.
pub async fn one(admin: &Admin, id: &str) -> Result<TrackedCommand> {
    order(&admin.get(&format!("/commands/{id}")).await?)
}

fn name(order: &Value) -> Option<&str> {
    order.pointer("/action/name")?.as_str()
}

fn order(found: &Value) -> Result<TrackedCommand> {
    let time = |key| Timestamp::from_rfc3339(&text(found, key)?).with_context(|| format!("{key} is no time"));
    let door = found.pointer("/action/args/door").and_then(Value::as_u64);
    let device = text(found, "device")?;
    Ok(TrackedCommand {
        id: text(found, "id")?,
        device: device
            .split_once('~')
            .map(|(_, slug)| slug.to_owned())
            .unwrap_or(device),
        door: door.context("no door")?,
        state: text(found, "state")?,
        reason: text(found, "reason").ok(),
        created: time("created")?,
        expires: time("expires")?,
    })
}

impl TrackedCommand {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.state.as_str(), "ok" | "failed" | "expired" | "rejected")
    }

    /// Fails unless it has ended.
    pub fn ended(&self) -> Result<()> {
        ensure!(self.is_over(), "{self:?} has no end");
        Ok(())
    }
}

/// Every order has ended, and no edge told two outcomes of one.
pub fn check_outcomes(orders: &[TrackedCommand], history: &History) -> Result<()> {
    let mut outcomes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for stored in &history.events {
        if let Fact::CommandOk(moved)
        | Fact::CommandFailed(moved)
        | Fact::CommandExpired(moved)
        | Fact::CommandRejected(moved) = &stored.event.fact
        {
            let told = outcomes.entry(moved.command.to_string()).or_default();
            told.push(stored.event.fact.name());
        }
    }
    for order in orders {
        order.ended()?;
        let told = outcomes.get(&order.id).map(Vec::as_slice).unwrap_or_default();
        ensure!(told.len() <= 1, "{order:?} ended as {told:?}");
        if let Some(told) = told.first() {
            let state = &order.state;
            ensure!(
                *told == format!("command.{state}"),
                "{order:?} ended as {told} at the edge"
            );
        }
    }
    Ok(())
}

/// Every time a door moved, it was for an order of its own that had not expired; orders that went well moved a door.
pub fn check_doors(orders: &[TrackedCommand], device: &DeviceId, openings: &[Opening]) -> Result<()> {
    let mut open: Vec<&TrackedCommand> = orders
        .iter()
        .filter(|order| order.device == device.as_str())
        .filter(|order| order.state == "ok" || order.state == "failed")
        .collect();
    open.sort_by_key(|order| order.expires);
    for opening in openings {
        let fits = |order: &&TrackedCommand| {
            order.door == u64::from(opening.door)
                && order.created <= opening.at
                && opening.at <= order.expires.plus(ON_THE_WIRE)
        };
        let place = open.iter().position(fits);
        let place = place.with_context(|| {
            let same = orders
                .iter()
                .filter(|order| order.device == device.as_str() && order.door == u64::from(opening.door));
            format!(
                "{device} moved for nobody, too late or twice: {opening:?}; orders for that door: {:?}",
                same.collect::<Vec<_>>()
            )
        })?;
        open.remove(place);
    }
    let unmoved: Vec<_> = open.iter().filter(|order| order.state == "ok").collect();
    ensure!(unmoved.is_empty(), "{device} did not move for {unmoved:?}");
    Ok(())
}
