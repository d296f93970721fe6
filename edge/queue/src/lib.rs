//! The queue of a branch: tickets, lines, windows. An app: pure, and never the place where anything is stored or shown.
//!
//! [`decide`] looks at the state and says what happened, [`tick`] says what time does by itself, [`apply`] makes it so.
//! Settings, time and ids come in as arguments: the same events always rebuild the same [`Queue`].
//!
//! ```text
//! waiting → called → serving → done
//!   called  → waiting       recycled, behind the next three
//!   called  → no_show       → waiting within the return window, else expired
//!   waiting, serving → held → waiting by timer, operator or holder
//!   serving → waiting       transferred, or on to the visit's next service: the number stays
//!   all but serving → cancelled; all → expired after 24 hours
//! ```
//!
//! Three promises have a page each: no number is given twice in a day whatever the clock does (`numbers`), nobody
//! starves ([`bound`], `turns`), and nobody's waiting is measured with a clock that jumps (`pace`).
//!
//! What was chosen where the domain leaves it open:
//!
//! - An agreed time goes before everybody without one from its early to its late window; later on the same day its
//!   ticket is like any other, on a later day it is refused. Each is used once, by codes that need no network.
//! - A ticket sent to a window or person waits for that one, whatever their profile, as long as somebody is there who
//!   can call it; after that, for anybody whose profile has the service.
//! - A clock that is not trusted closes no service and refuses no booking: a branch goes on when a box lost the time.
//! - Whatever somebody asks for twice happens once: what is so already is answered with no facts.
//!
//! Known limit: a box that knew the day once and then goes for days without a trusted clock counts on and on, since it
//! cannot know when a day ends.

mod app;
mod apply;
mod decide;
mod estimate;
mod fair_schedule;
mod hours;
mod next_ticket;
mod numbers;
mod rank;
mod refusal;
mod request;
mod service_record;
mod setup;
mod state;
mod steady_clock;
mod tick;
mod ticket;
mod views;

pub use apply::apply;
pub use decide::{IDLE, decide};
pub use edge_app::Moment;
pub use fair_schedule::{AGEING, bound};
pub use hours::ServiceStatus;
pub use next_ticket::PRECEDING;
pub use protocol::queue::TicketPhase;
pub use refusal::Refusal;
pub use request::{Canceller, Request, TransferDestination, TransferReturn};
pub use service_record::DayTotals;
pub use setup::{BookingTable, QueueSetup, SetupChange};
pub use state::{Desk, ENDED_KEPT, Queue, TicketCall};
pub use tick::tick;
pub use ticket::{ExclusiveCaller, ReturnPlace, State, Ticket, TicketEnding, TicketPeriod};

#[cfg(test)]
mod tests;
