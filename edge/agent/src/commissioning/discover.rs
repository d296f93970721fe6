//! What hangs here: on the LAN, on the box's own ports, and who called without being asked.
//!
//! Nobody is signed in to and nothing is written; what the network says is printed as plain text.

mod announced;
mod buses;
mod knocking;
mod net;
mod sadp;

pub(crate) use net::Net;

use super::{
    answer::{Question, Reply},
    control, text,
};
use crate::settings::Settings;
use serde::Serialize;
use std::{path::Path, time::Duration};

/// How long announcements are waited for, where nobody says otherwise.
pub(crate) const SECONDS: u64 = 3;

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Hosts to knock at.
    pub(crate) nets: Vec<Net>,
    /// How long announcements are waited for.
    pub(crate) listen: Duration,
    /// How what is found is printed.
    pub(crate) form: Form,
}

/// How what is found is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a table.
    Table,
    /// As JSON.
    Json,
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Found {
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
pub(super) async fn run(settings: &Settings, scope: Scope) -> anyhow::Result<()> {
    let Scope { nets, listen, form } = scope;
    let (announced, sadp, knocked, called) = tokio::join!(
        announced::browse(listen),
        sadp::probe(listen),
        knocking::knock(&nets, knocking::PORTS),
        called(settings),
    );
    let mut found = buses::list(Path::new("/dev"));
    found.extend([announced, sadp, knocked, called].into_iter().flatten());
    found.sort();
    found.dedup();
    match form {
        Form::Json => crate::say(&serde_json::to_string_pretty(&found)?),
        Form::Table => table(&found).iter().for_each(|line| crate::say(line)),
    }
    Ok(())
}

/// Who called the running agent and was never added.
async fn called(settings: &Settings) -> Vec<Found> {
    let strangers = match control::ask(&settings.control(), &Question::Strangers).await {
        Ok(Some(Reply::Strangers { strangers })) => strangers,
        Ok(Some(Reply::Tested(_) | Reply::Refused { .. }) | None) => Vec::new(),
        Err(error) => {
            tracing::warn!(error = &*error, "the agent cannot be asked who called");
            Vec::new()
        }
    };
    let found = |stranger: crate::unknown_callers::RememberedCaller| Found {
        by: "call",
        place: stranger.from.map_or_else(|| "?".to_owned(), |from| from.to_string()),
        what: format!("{}, adapter {}", stranger.kind, stranger.adapter),
        says: text::plain(&stranger.name),
    };
    strangers.into_iter().map(found).collect()
}

/// Columns as wide as what stands in them.
fn table(found: &[Found]) -> Vec<String> {
    let head = ["BY", "PLACE", "WHAT", "SAYS"].map(str::to_owned);
    let rows = found.iter().map(|found| {
        let Found { by, place, what, says } = found.clone();
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
