//! Giving out a ticket from a desk or a phone: an id, a token of 128 bits of which the queue keeps the hash, a number.
//!
//! The token is told to whoever asked and stands on the paper, and nowhere else: a copy of the paper goes without it once
//! the desk that gave the ticket out has forgotten it.

use crate::QueueRefusal;
use crate::{
    ScreensState,
    paper::{PhonePage, TicketPaper, warn_where_no_paper},
};
use edge_kernel::{DecideError, Refusal};
use edge_lan::secret;
use edge_prints::{CopyMark, Prints};
use edge_queue::{Queue, Request};
use protocol::{
    Actor, Fact, Lang, PrintId, SpotId, fact,
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

/// What somebody came for.
pub(crate) struct TicketOrder {
    pub(crate) service: ServiceId,
    pub(crate) source: Source,
    pub(crate) lang: Lang,
}

/// Gives out a ticket without paper.
pub(crate) async fn issue(
    state: &ScreensState,
    actor: Actor,
    order: TicketOrder,
) -> Result<IssuedTicket, QueueRefusal> {
    let (ticket, token) = fresh(state)?;
    let request = request(ticket, &token, order);
    let facts = state.port.decide::<Queue>(actor, request).await?;
    issued(ticket, token, &facts)
}

/// Gives out a ticket and its paper: one commit holds both.
pub(crate) async fn issue_on_paper(
    state: &ScreensState,
    actor: Actor,
    order: TicketOrder,
    host: Option<String>,
) -> Result<IssuedTicket, QueueRefusal> {
    let (ticket, token) = fresh(state)?;
    let request = request(ticket, &token, order);
    let paper = TicketPaper {
        ticket,
        print: print_id(state)?,
        copied: CopyMark::Original,
        page: PhonePage {
            token: token.clone(),
            host,
        },
    };
    let chain = state.port.decide_then::<Queue, Prints>(actor, request, paper).await?;
    warn_where_no_paper(&chain);
    issued(ticket, token, &chain.facts)
}

/// Prints the last ticket a desk gave out once more, marked as a copy; none where there is none, or no printer, or it is
/// over.
pub(crate) async fn copy(
    state: &ScreensState,
    actor: Actor,
    window: &SpotId,
    host: Option<String>,
) -> Option<TicketNumber> {
    let IssuedTicket { ticket, token, .. } = state.screens.last_given(window)?;
    let view = state.port.read::<Queue>().await.ok()?;
    view.state.ticket(&ticket).filter(|ticket| !ticket.is_over())?;
    let paper = TicketPaper {
        ticket,
        print: print_id(state).ok()?,
        copied: CopyMark::Copy,
        page: PhonePage { token, host },
    };
    paper.ask(&state.port, actor).await.ok().flatten()
}

/// A new ticket's id and token.
fn fresh(state: &ScreensState) -> Result<(TicketId, String), QueueRefusal> {
    let token = secret::token().map_err(no_randomness)?;
    let entropy = secret::random().map_err(no_randomness)?;
    Ok((TicketId::new(state.port.clock().now(), entropy), token))
}

fn print_id(state: &ScreensState) -> Result<PrintId, QueueRefusal> {
    let entropy = secret::random().map_err(no_randomness)?;
    Ok(PrintId::new(state.port.clock().now(), entropy))
}

fn no_randomness<E>(_: E) -> QueueRefusal {
    DecideError::Kernel(Refusal::Busy)
}

fn request(ticket: TicketId, token: &str, order: TicketOrder) -> Request {
    Request::Issue {
        ticket,
        service: order.service,
        source: order.source,
        lang: order.lang,
        token_hash: secret::hash(token).into(),
        booking_code_hash: None,
    }
}

fn issued(ticket: TicketId, token: String, facts: &[Fact]) -> Result<IssuedTicket, QueueRefusal> {
    // A fresh id is issued or refused.
    let number = facts
        .iter()
        .find_map(number)
        .ok_or(DecideError::Kernel(Refusal::Busy))?;
    Ok(IssuedTicket { ticket, number, token })
}

fn number(fact: &Fact) -> Option<TicketNumber> {
    if let Fact::QueueIssued(fact::TicketIssue { number, .. }) = fact {
        Some(*number)
    } else {
        None
    }
}
