//! Callers that nobody added: told once each, so that an administrator can add them.
//!
//! A bounded number of them is remembered, over restarts too: nobody on the LAN can fill the journal with made-up names.

use crate::catalog::{CALLS, CallerKind};
use edge_kernel::{FactEntry, Port, Refusal, Roster, Table};
use edge_lan::{CallerName, UnknownCaller};
use protocol::{Actor, DeviceId, Fact, fact::DeviceIdentity, id::AdapterId, text::DeviceKind};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Callers that may wait to be told of.
pub(crate) const WAITING: usize = 16;
/// Callers remembered; beyond that nobody new is told of.
const REMEMBERED: usize = 64;
const KEY: &str = "strangers";

/// Somebody who called and whom nobody added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RememberedCaller {
    /// What it would be called on the roster.
    pub(crate) device: DeviceId,
    /// What it is.
    pub(crate) kind: DeviceKind,
    /// The adapter that speaks to it.
    pub(crate) adapter: AdapterId,
    /// What it calls itself.
    pub(crate) name: CallerName,
    /// From where it called first.
    pub(crate) from: Option<IpAddr>,
}

/// Everybody remembered.
pub(crate) async fn known(port: &Port) -> Result<Vec<RememberedCaller>, Refusal> {
    let kept = port.value(Table::Meta, KEY).await?;
    Ok(kept
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default())
}

/// Tells of callers until `stop`.
pub(crate) async fn run(mut callers: mpsc::Receiver<UnknownCaller>, port: Port, stop: CancellationToken) {
    loop {
        let caller = tokio::select! {
            () = stop.cancelled() => return,
            caller = callers.recv() => match caller {
                Some(caller) => caller,
                None => return,
            },
        };
        if let Err(refusal) = tell(&port, caller).await {
            tracing::debug!(%refusal, "a caller that nobody added could not be told of");
        }
    }
}

async fn tell(port: &Port, caller: UnknownCaller) -> Result<(), Refusal> {
    let Some(found) = named(caller) else { return Ok(()) };
    let mut all = known(port).await?;
    if all.iter().any(|known| known.device == found.device) {
        return Ok(());
    }
    let named = all
        .iter()
        .map(|known| known.device.clone())
        .chain([found.device.clone()]);
    let named: Vec<DeviceId> = named.collect();
    // Whoever was added meanwhile makes room.
    let roster = port.read::<Roster>().await?.state;
    let on_it = |device: &DeviceId| roster.device(device).is_some();
    let added: Vec<_> = named.into_iter().filter(on_it).collect();
    all.retain(|known| !added.contains(&known.device));
    if added.contains(&found.device) || all.len() >= REMEMBERED {
        return Ok(());
    }
    tracing::info!(device = %found.device, adapter = %found.adapter, "a device calls that nobody added");
    let address = found
        .from
        .map_or_else(|| found.name.to_string(), |from| format!("{from}, {}", found.name));
    let fact = Fact::DeviceDiscovered(DeviceIdentity {
        device: found.device.clone(),
        kind: found.kind.clone(),
        adapter: Some(found.adapter.clone()),
        address: Some(address.into()),
    });
    // Told first: told twice is better than never.
    port.record(Actor::Edge, vec![FactEntry::from(fact)]).await?;
    all.push(found);
    let bytes = serde_json::to_vec(&all).unwrap_or_default();
    port.store(Table::Meta, KEY.into(), Some(bytes)).await
}

/// The slug is made of the prefix and the name, e.g. `iclock-bj2c194460123`.
fn named(UnknownCaller { prefix, name, from }: UnknownCaller) -> Option<RememberedCaller> {
    let CallerKind { kind, adapter, .. } = CALLS.iter().find(|calls| calls.route.prefix == prefix)?;
    let plain = |character: char| {
        let lower = character.to_ascii_lowercase();
        if lower.is_ascii_alphanumeric() { lower } else { '-' }
    };
    let slug: String = prefix
        .chars()
        .chain(['-'])
        .chain(name.as_str().chars())
        .map(plain)
        .take(63)
        .collect();
    Some(RememberedCaller {
        device: slug.parse().ok()?,
        kind: (*kind).into(),
        adapter: adapter.parse().ok()?,
        name,
        from,
    })
}
