//! Devices that publish numbered facts over MQTT 3.1.1 with QoS 1 and remember exactly which were acknowledged.
//!
//! They outlive the broker: what it did not acknowledge is sent again with the dup flag, under the same packet id.

mod client;
mod numbered;
#[cfg(test)]
mod tests;

pub use numbered::{LOG_SUFFIX, report};

use anyhow::{Context as _, bail};
use client::{Client, Phase};
use protocol::DeviceId;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// One device and what it does.
#[derive(Clone)]
pub struct Load {
    /// Its slug: client id and user name.
    pub device: DeviceId,
    /// Its password.
    pub password: String,
    /// How many publishes may wait for their acknowledgement.
    pub window: usize,
    /// Time between two publishes; none: as fast as the window allows.
    pub pace: Option<Duration>,
    /// Length of the payload, bytes, where the report is not longer by itself.
    pub payload: usize,
    /// How many facts it publishes; none: until told to stop.
    pub limit: Option<u64>,
    /// The number of its first fact.
    pub first: u64,
}

impl Load {
    /// One device with one publish in flight, 256 bytes each, until told to stop.
    pub fn new(device: DeviceId, password: &str) -> Self {
        Self {
            device,
            password: password.to_owned(),
            window: 1,
            pace: None,
            payload: 256,
            limit: None,
            first: 1,
        }
    }
}

impl fmt::Debug for Load {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load")
            .field("device", &self.device)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// What one device knows in the end.
#[derive(Debug, Clone)]
pub struct DeliveryLog {
    /// Which device.
    pub device: DeviceId,
    /// Numbers that were acknowledged: each must be in the cloud exactly once.
    pub acknowledged: BTreeSet<u64>,
    /// Numbers that were sent and not acknowledged: each may be in the cloud, once at most.
    pub doubtful: BTreeSet<u64>,
    /// How often it had to connect again.
    pub reconnects: u64,
    /// How often a packet was sent again with the dup flag.
    pub duplicates: u64,
    /// How often the broker refused the connection, by its return code's name.
    pub refusals: BTreeMap<String, u64>,
}

/// Many devices at once. Dropping it ends them.
#[derive(Debug)]
pub struct Fleet {
    broker: watch::Sender<SocketAddr>,
    phase: watch::Sender<Phase>,
    acknowledged: watch::Receiver<u64>,
    clients: JoinSet<DeliveryLog>,
}

impl Fleet {
    /// Starts publishing. Must be called within a tokio runtime.
    pub fn start(broker: SocketAddr, loads: impl IntoIterator<Item = Load>) -> Self {
        let broker = watch::Sender::new(broker);
        let phase = watch::Sender::new(Phase::Publishing);
        let (counter, acknowledged) = watch::channel(0);
        let mut clients = JoinSet::new();
        for load in loads {
            clients.spawn(Client::new(load, broker.subscribe(), phase.subscribe(), counter.clone()).run());
        }
        Self {
            broker,
            phase,
            acknowledged,
            clients,
        }
    }

    /// The broker is somewhere else now.
    pub fn lead_to(&self, broker: SocketAddr) {
        self.broker.send_replace(broker);
    }

    /// How many publishes were acknowledged so far, all devices together.
    pub fn acknowledged(&self) -> u64 {
        *self.acknowledged.borrow()
    }

    /// Waits until that many publishes are acknowledged, all devices together.
    pub async fn reaches(&mut self, count: u64, limit: Duration) -> anyhow::Result<()> {
        let reached = self.acknowledged.wait_for(|acknowledged| *acknowledged >= count);
        let reached = tokio::time::timeout(limit, reached).await.map(|open| open.map(|_| ()));
        match reached {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => bail!("every device ended before {count} publishes were acknowledged"),
            Err(_) => bail!(
                "{} of {count} publishes acknowledged within {limit:?}",
                self.acknowledged()
            ),
        }
    }

    /// Publishes nothing new, waits for what is in flight for `patience` at most, and gives what each device knows.
    pub async fn finish(mut self, patience: Duration) -> anyhow::Result<Vec<DeliveryLog>> {
        self.phase.send_replace(Phase::Draining);
        let mut delivery_logs = Vec::new();
        let drained = tokio::time::timeout(patience, collect(&mut self.clients, &mut delivery_logs)).await;
        self.phase.send_replace(Phase::Stopped);
        match drained {
            Ok(collected) => collected?,
            Err(_) => collect(&mut self.clients, &mut delivery_logs).await?,
        }
        delivery_logs.sort_by(|a, b| a.device.cmp(&b.device));
        Ok(delivery_logs)
    }
}

async fn collect(clients: &mut JoinSet<DeliveryLog>, delivery_logs: &mut Vec<DeliveryLog>) -> anyhow::Result<()> {
    while let Some(delivery_log) = clients.join_next().await {
        delivery_logs.push(delivery_log.context("a device of the fleet broke down")?);
    }
    Ok(())
}
