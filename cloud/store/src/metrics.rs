//! Figures of devices and edges over time, read from the events that carried them.

use crate::{db::OrgStore, error::StoreError, value::SqlParam};
use protocol::{
    DeviceId, EdgeId, Event, Fact, Timestamp,
    fact::{Heartbeat, Metric},
};
use std::collections::BTreeMap;

/// Whose figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A device's (`device.metric`).
    Device(DeviceId),
    /// The edge's own (`site.heartbeat`).
    Edge,
}

/// Figures of one moment, by name; what could not be read at that moment is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// When, by the edge's clock.
    pub at: Timestamp,
    /// Percent, °C, milliseconds, bytes or counts, as the name says.
    pub values: BTreeMap<String, f64>,
}

/// Figures from `from` (included) to `to` (not included), oldest first, at most `limit` points: the newest ones.
pub async fn series(
    scope: &OrgStore,
    (edge, subject): (EdgeId, Subject),
    (from, to): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Point>, StoreError> {
    let bodies = scope
        .read(move |tx| {
            let of_device = "SELECT at, body FROM event WHERE edge = $1 AND at >= $2 AND at < $3
                             AND device = $5 AND name = 'device.metric' ORDER BY at DESC LIMIT $4";
            let of_edge = "SELECT at, body FROM event WHERE edge = $1 AND at >= $2 AND at < $3
                           AND name = 'site.heartbeat' ORDER BY at DESC LIMIT $4";
            let values = [
                SqlParam::from(&edge),
                SqlParam::from(from),
                SqlParam::from(to),
                SqlParam::from(limit),
            ];
            match &subject {
                Subject::Edge => tx.rows(of_edge, &values, |row| Ok((row.time(0)?, row.bytes(1)?))),
                Subject::Device(device) => {
                    let values = [&values[..], &[SqlParam::from(device)]].concat();
                    tx.rows(of_device, &values, |row| Ok((row.time(0)?, row.bytes(1)?)))
                }
            }
        })
        .await?;
    Ok(bodies
        .into_iter()
        .rev()
        .filter_map(|(at, body)| {
            Some(Point {
                at,
                values: values(&body)?,
            })
        })
        .collect())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other fact carries figures")]
fn values(body: &[u8]) -> Option<BTreeMap<String, f64>> {
    match Event::decode(body).ok()?.fact {
        Fact::DeviceMetric(metric) => Some(of_device(metric)),
        Fact::SiteHeartbeat(heartbeat) => Some(of_edge(&heartbeat)),
        _ => None,
    }
}

fn of_device(metric: Metric) -> BTreeMap<String, f64> {
    let Metric {
        cpu,
        mem,
        temp_c,
        disk,
        net_ms,
        more,
        ..
    } = metric;
    let mut values = more;
    values.extend(known([
        ("cpu", cpu),
        ("mem", mem),
        ("temp_c", temp_c),
        ("disk", disk),
        ("net_ms", net_ms),
    ]));
    values
}

fn of_edge(heartbeat: &Heartbeat) -> BTreeMap<String, f64> {
    let Heartbeat {
        cpu,
        mem,
        disk,
        temp_c,
        hours_left,
        ..
    } = heartbeat;
    let figures = [
        ("cpu", *cpu),
        ("mem", *mem),
        ("disk", *disk),
        ("temp_c", *temp_c),
        ("hours_left", *hours_left),
    ];
    let mut values: BTreeMap<String, f64> = known(figures).collect();
    let counts = [
        ("uptime_s", heartbeat.uptime_s),
        ("journal_depth", heartbeat.journal_depth),
        ("journal_bytes", heartbeat.journal_bytes),
        ("agents_online", heartbeat.agents_online.into()),
        ("devices_ok", heartbeat.devices_ok.into()),
        ("devices_bad", heartbeat.devices_bad.into()),
        ("boots", heartbeat.boots),
    ];
    values.extend(counts.into_iter().map(|(name, count)| (name.to_owned(), count as f64)));
    values
}

fn known<const N: usize>(figures: [(&str, Option<f32>); N]) -> impl Iterator<Item = (String, f64)> {
    figures
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), f64::from(value?))))
}
