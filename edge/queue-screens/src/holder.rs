//! What the holder of a ticket said about themselves: kept beside the ticket, never in an event, erased with it.
//!
//! Nothing here is shown by `Debug`, logged, or sent to the cloud.

use edge_kernel::{Port, Refusal, Table};
use edge_queue::{Moment, Queue};
use protocol::{id::TicketId, queue::Day};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const KEY: &str = "holder/";
/// How often what nobody needs any more is looked for.
const SWEEP: Duration = Duration::from_secs(30);
/// Longest name, characters.
const LONGEST: usize = 60;

/// Phone and name, each where it was given.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HolderContact {
    /// International, e.g. `+998901234567`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    /// As it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// A phone number as it is dialled: nine digits are Uzbek, `+` and 7 to 15 digits any country's.
pub(crate) fn phone(text: &str) -> Option<String> {
    let (digits, abroad) = match text.strip_prefix('+') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match (only_digits, abroad, digits.len()) {
        (true, false, 9) => Some(format!("+998{digits}")),
        (true, true, 7..=15) => Some(text.to_owned()),
        (_, _, _) => None,
    }
}

/// A name as it was typed, of any script; never split or written otherwise.
pub(crate) fn name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= LONGEST && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

/// Keeps what was said, where anything was, within about a second; nobody waits for it.
pub(crate) fn keep_later(port: &Port, ticket: TicketId, holder: &HolderContact) {
    if *holder == HolderContact::default() {
        return;
    }
    let (port, bytes) = (port.clone(), serde_json::to_vec(holder).unwrap_or_default());
    tokio::spawn(async move {
        let kept = port.store(Table::Local, format!("{KEY}{ticket}"), Some(bytes)).await;
        if let Err(refusal) = kept {
            tracing::warn!(%ticket, %refusal, "the desk will not see what the holder of a ticket typed");
        }
    });
}

/// Everything that is kept, by ticket.
pub(crate) async fn all(port: &Port) -> Result<Vec<(TicketId, HolderContact)>, Refusal> {
    let shelf = port.table(Table::Local).await?;
    let of_ticket = |(key, value): (String, Vec<u8>)| {
        let ticket = key.strip_prefix(KEY)?.parse().ok()?;
        Some((ticket, serde_json::from_slice(&value).unwrap_or_default()))
    };
    Ok(shelf.into_iter().filter_map(of_ticket).collect())
}

/// Erases what belongs to tickets that are over, or not of today, until `stop`.
pub(crate) async fn erase(port: Port, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = sweep.tick() => {}
        }
        if let Err(refusal) = erase_once(&port).await {
            tracing::warn!(%refusal, "cannot erase what holders of tickets said");
        }
    }
}

/// One look for it.
pub(crate) async fn erase_once(port: &Port) -> Result<(), Refusal> {
    let kept: Vec<TicketId> = all(port).await?.into_iter().map(|(ticket, _)| ticket).collect();
    if kept.is_empty() {
        return Ok(());
    }
    let clock = port.clock();
    let now = Moment {
        at: clock.now(),
        clock: clock.state(),
        offset_seconds: clock.offset_seconds(),
    };
    let queue = port.read::<Queue>().await?.state;
    let needed = |day: Day| day == queue.today(now);
    let is_over = |id: &TicketId| {
        queue
            .ticket(id)
            .is_none_or(|ticket| ticket.is_over() || !needed(ticket.day))
    };
    let over: Vec<TicketId> = kept.into_iter().filter(is_over).collect();
    for ticket in over {
        port.store(Table::Local, format!("{KEY}{ticket}"), None).await?;
    }
    Ok(())
}
