//! What the cloud has of an edge, and what must be true of it: everything once, in the order of its lane.
//!
//! Compared with what devices know themselves; what the edge says of itself proves nothing.

#[cfg(test)]
mod tests;

use crate::admin::{Admin, text};
use anyhow::{Context as _, Result, bail, ensure};
use protocol::{Event, Fact};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests_world::{hikvision::Entry, mqtt::DeliveryLog};

/// An event as the cloud has it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Grows with each event that is stored.
    pub id: u64,
    /// Which journal.
    pub epoch: u64,
    /// Which lane.
    pub lane: String,
    /// Its place there.
    pub seq: u64,
    /// What the edge wrote.
    pub event: Event,
}

/// Everything of one edge that the cloud has, oldest first by when it was stored.
#[derive(Debug)]
pub struct History {
    /// The events.
    pub events: Vec<Stored>,
    gaps: Vec<Value>,
}

impl History {
    /// Asks the cloud for all of it.
    pub async fn read(admin: &Admin, edge: &str) -> Result<Self> {
        let found = admin.all(&format!("/events?edge={edge}")).await?;
        let mut events = found.iter().map(stored).collect::<Result<Vec<_>>>()?;
        events.sort_by_key(|event| event.id);
        let gaps = admin.get(&format!("/edges/{edge}/gaps")).await?;
        let gaps = gaps.as_array().cloned().context("gaps are no list")?;
        Ok(Self { events, gaps })
    }

    /// Events of one name.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Event> {
        let events = self.events.iter().map(|stored| &stored.event);
        events.filter(move |event| event.fact.name() == name)
    }

    /// Each lane was stored in its order, each seq once, from 1 on, and every hole has a reason.
    pub fn check_lanes(&self) -> Result<()> {
        let mut last: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        for stored in &self.events {
            let lane = (stored.epoch, stored.lane.as_str());
            let before = last.insert(lane, stored.seq).unwrap_or_default();
            ensure!(
                stored.seq > before,
                "{lane:?}: {} was stored after {before}",
                stored.seq
            );
            for missing in before + 1..stored.seq {
                ensure!(
                    self.explained(lane, missing),
                    "{lane:?}: nobody knows where {missing} is"
                );
            }
        }
        Ok(())
    }

    fn explained(&self, lane: (u64, &str), seq: u64) -> bool {
        let number = |gap: &Value, key| gap.get(key).and_then(Value::as_u64).unwrap_or_default();
        self.gaps.iter().any(|gap| {
            number(gap, "epoch") == lane.0
                && gap.get("lane").and_then(Value::as_str) == Some(lane.1)
                && (number(gap, "from")..=number(gap, "to")).contains(&seq)
                && gap.get("reason").is_some_and(|reason| !reason.is_null())
        })
    }

    /// What a device of the fleet was acknowledged is there once, what it was not is there once at most, all in order.
    pub fn check_delivery_log(&self, delivery_log: &DeliveryLog) -> Result<()> {
        let device = &delivery_log.device;
        let mut found = BTreeSet::new();
        let mut before = 0;
        for stored in &self.events {
            let Fact::DeviceCustom(custom) = &stored.event.fact else {
                continue;
            };
            if &custom.device != device || custom.kind != "load" {
                continue;
            }
            let body: Value = custom.body.read()?;
            let number = body.get("n").and_then(Value::as_u64);
            let number = number.with_context(|| format!("{device} said something else"))?;
            ensure!(found.insert(number), "{device}: {number} is there twice");
            ensure!(number > before, "{device}: {number} comes after {before}");
            ensure!(
                delivery_log.acknowledged.contains(&number) || delivery_log.doubtful.contains(&number),
                "{device} never sent {number}"
            );
            before = number;
        }
        let missing: Vec<_> = delivery_log.acknowledged.difference(&found).take(5).collect();
        ensure!(
            missing.is_empty(),
            "{device}: {missing:?} were acknowledged and are not there"
        );
        Ok(())
    }

    /// Every entry of a terminal's own log is there once.
    pub fn check_log(&self, serial: &str, log: &[Entry]) -> Result<()> {
        let mut found = BTreeSet::new();
        let mut before = 0;
        for stored in &self.events {
            let Some(origin) = stored.event.origin.as_ref().filter(|origin| origin.log == serial) else {
                continue;
            };
            let number = origin.number;
            ensure!(found.insert(number), "{serial}: entry {number} is there twice");
            ensure!(number > before, "{serial}: entry {number} comes after {before}");
            before = number;
        }
        let written: BTreeSet<u64> = log.iter().map(|entry| entry.serial).collect();
        let missing: Vec<_> = written.difference(&found).take(5).collect();
        ensure!(missing.is_empty(), "{serial}: entries {missing:?} are not there");
        let invented: Vec<_> = found.difference(&written).take(5).collect();
        ensure!(invented.is_empty(), "{serial}: entries {invented:?} were never written");
        Ok(())
    }
}

fn stored(found: &Value) -> Result<Stored> {
    let number = |key: &str| {
        found
            .get(key)
            .and_then(Value::as_u64)
            .with_context(|| format!("no {key}"))
    };
    let (id, epoch, seq) = (number("id")?, number("epoch")?, number("seq")?);
    let lane = text(found, "lane")?;
    let Some(event) = found.get("event").filter(|event| !event.is_null()) else {
        bail!("event {id} cannot be read")
    };
    let event = serde_json::from_value(event.clone()).with_context(|| format!("event {id} cannot be read"))?;
    Ok(Stored {
        id,
        epoch,
        lane,
        seq,
        event,
    })
}
