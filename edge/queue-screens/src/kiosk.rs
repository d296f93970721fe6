//! The queue's flow at the kiosk: somebody takes a ticket with a few touches.
//!
//! A number that was shown is on disk, and a visit that is asked for again leads to the same ticket.

mod flow;
mod idle_screen;
mod overview;
mod printing;
mod service_menu;
mod steps;
mod ticket;
mod visit;

pub(crate) use flow::TicketFlow;
#[cfg(test)]
pub(crate) use visit::{ticket_of, token_of};
