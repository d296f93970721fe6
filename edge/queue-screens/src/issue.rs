//! Giving out a ticket from a desk or a phone: an id, a token of 128 bits of which the queue keeps the hash, a number.
//!
//! The token is told to whoever asked and stands on the paper, and nowhere else: a copy of the paper goes without it once
//! the desk that gave the ticket out has forgotten it.

use crate::{ScreensState, paper::TicketPaper};
use edge_kernel::{QueueRefusal, Refusal};
use edge_lan::{request, secret};
use edge_prints::{Copied, Wish};
use edge_queue::Request;
use protocol::{
    Actor, Fact, Lang, PrintId, SpotId,
    command::PrintOrder,
    fact,
    id::{ServiceId, TicketId},
    queue::{Source, TicketNumber},
};

/// A ticket that was given out; it is on disk.
#[derive(Clone)]
pub(crate) struct IssuedTicket {
    pub(crate) ticket: TicketId,
    pub(crate) number: TicketNumber,
    pub(crate) token: String,
}

/// Gives out a ticket.
pub(crate) async fn issue(
    state: &ScreensState,
    actor: Actor,
    service: ServiceId,
    source: Source,
    lang: Lang,
) -> Result<IssuedTicket, QueueRefusal> {
    let no_randomness = |_| QueueRefusal::Kernel(Refusal::Busy);
    let token = secret::token().map_err(no_randomness)?;
    let ticket = TicketId::new(state.port.clock().now(), secret::random().map_err(no_randomness)?);
    let request = Request::Issue {
        ticket,
        service,
        source,
        lang,
        token_hash: secret::hash(&token),
        booking_code_hash: None,
    };
    let facts = state.port.queue(actor, request).await?;
    let fresh = facts.iter().find_map(number);
    // A fresh id is issued or refused.
    let number = fresh.ok_or(QueueRefusal::Kernel(Refusal::Busy))?;
    Ok(IssuedTicket { ticket, number, token })
}

fn number(fact: &Fact) -> Option<TicketNumber> {
    if let Fact::QueueIssued(fact::Issued { number, .. }) = fact {
        Some(*number)
    } else {
        None
    }
}

/// Asks for the paper of a ticket; none where the branch has no printer, or the ticket is over.
pub(crate) async fn print(
    state: &ScreensState,
    actor: Actor,
    issued: &IssuedTicket,
    copied: Copied,
    host: Option<&str>,
) -> Option<TicketNumber> {
    let id = issued.ticket;
    let known = state.port.survey(move |site| {
        let ticket = site.queue.ticket(&id).filter(|ticket| !ticket.is_over())?.clone();
        let (ahead, wait) = (site.queue.position(&id), site.queue.estimate_of(&site.setup, &id));
        Some((site.setup.branch.clone()?, ticket, ahead.unwrap_or(0), wait))
    });
    let (branch, ticket, ahead, wait) = known.await.ok().flatten()?;
    let (device, rest) = branch.draft().printers.split_first()?;
    let base = branch
        .draft()
        .phone_base
        .as_ref()
        .map(|base| base.trim_end_matches('/').to_owned());
    let base = base.or_else(|| request::reached_at(host?));
    let page = base.map(|base| format!("{base}/t/{}", issued.token));
    let service = branch.service(&ticket.service)?.name.get(ticket.lang);
    let paper = TicketPaper {
        branch: &branch,
        lang: ticket.lang,
        service,
        number: ticket.number,
        issued_at: ticket.issued_at,
        offset_seconds: state.port.clock().offset_seconds(),
        ahead,
        wait,
        page: page.as_deref(),
    };
    let order = PrintOrder {
        print: PrintId::new(state.port.clock().now(), secret::random().ok()?),
        sheet: paper.sheet(),
        copy: copied == Copied::Copy,
    };
    let wish = Wish {
        order,
        device: device.clone(),
        rest: rest.to_vec(),
        corr: Some(id.to_string()),
    };
    match state.port.print(actor, wish).await {
        Ok(()) => Some(ticket.number),
        Err(refusal) => {
            tracing::warn!(%refusal, "a ticket's paper cannot be asked for");
            None
        }
    }
}

/// Prints the last ticket a desk gave out once more, marked as a copy; none where there is none, or no printer.
pub(crate) async fn copy(
    state: &ScreensState,
    actor: Actor,
    window: &SpotId,
    host: Option<&str>,
) -> Option<TicketNumber> {
    let issued = state.screens.last_given(window)?;
    print(state, actor, &issued, Copied::Copy, host).await
}
