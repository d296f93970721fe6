//! What hangs here: on the LAN, on the box's own ports, and who called without being asked.
//!
//! Nobody is signed in to and nothing is written; what the network says is printed as plain text.

mod buses;
mod mdns;
mod net;
mod port_scan;
mod sadp;

pub(crate) use net::Net;

use super::{
    control,
    control_message::{ControlQuestion, ControlReply},
    text,
};
use crate::settings::Settings;
use serde::Serialize;
use std::{path::Path, time::Duration};

/// How long announcements are waited for, where nobody says otherwise.
pub(crate) const SECONDS: u64 = 3;

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DiscoveryScope {
    /// Hosts to knock at.
    pub(crate) nets: Vec<Net>,
    /// How long announcements are waited for.
    pub(crate) listen: Duration,
    /// How what is found is printed.
    pub(crate) form: OutputFormat,
}

/// How what is found is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// As a table.
    Table,
    /// As JSON.
    Json,
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct DiscoveredDevice {
    /// How it was found: `call`, `mdns`, `sadp`, `port` or `bus`.
    by: &'static str,
    /// Address, or path.
    place: String,
    /// What it is likely to be.
    what: String,
    /// What it says of itself.
    says: String,
}

/// Looks everywhere and prints what is there.
pub(super) async fn run(settings: &Settings, scope: DiscoveryScope) -> anyhow::Result<()> {
    let DiscoveryScope { nets, listen, form } = scope;
    let (announced, sadp, knocked, called) = tokio::join!(
        mdns::browse(listen),
        sadp::probe(listen),
        port_scan::knock(&nets, port_scan::PORTS),
        called(settings),
    );
    let mut found = buses::list(Path::new("/dev"));
    found.extend([announced, sadp, knocked, called].into_iter().flatten());
    found.sort();
    found.dedup();
    match form {
        OutputFormat::Json => crate::say(&serde_json::to_string_pretty(&found)?),
        OutputFormat::Table => table(&found).iter().for_each(|line| crate::say(line)),
    }
    Ok(())
}

/// Who called the running agent and was never added.
async fn called(settings: &Settings) -> Vec<DiscoveredDevice> {
    let strangers = match control::ask(&settings.control(), &ControlQuestion::Strangers).await {
        Ok(Some(ControlReply::Strangers { strangers })) => strangers,
        Ok(Some(ControlReply::Tested(_) | ControlReply::Refused { .. }) | None) => Vec::new(),
        Err(error) => {
            tracing::warn!(error = &*error, "the agent cannot be asked who called");
            Vec::new()
        }
    };
    let found = |stranger: crate::unknown_callers::RememberedCaller| DiscoveredDevice {
        by: "call",
        place: stranger.from.map_or_else(|| "?".to_owned(), |from| from.to_string()),
        what: format!("{}, adapter {}", stranger.kind, stranger.adapter),
        says: text::plain(&stranger.name),
    };
    strangers.into_iter().map(found).collect()
}

/// Columns as wide as what stands in them.
fn table(found: &[DiscoveredDevice]) -> Vec<String> {
    let head = ["BY", "PLACE", "WHAT", "SAYS"].map(str::to_owned);
    let rows = found.iter().map(|found| {
        let DiscoveredDevice { by, place, what, says } = found.clone();
        [by.to_owned(), place, what, says]
    });
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  "));
        cells.collect::<String>().trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if found.is_empty() {
        lines.push("nothing was found".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests;
