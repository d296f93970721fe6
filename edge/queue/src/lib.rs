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
//! starves ([`bound`]), and nobody's waiting is measured with a clock that jumped (`pace`).

mod apply;
mod decide;
mod estimate;
mod hours;
mod line;
mod next;
mod numbers;
mod pace;
mod rank;
mod refusal;
mod request;
mod state;
mod tick;
mod ticket;
mod turns;
mod views;

pub use apply::apply;
pub use decide::{IDLE, decide};
pub use hours::Status;
pub use line::Tally;
pub use next::PRECEDING;
pub use refusal::Refusal;
pub use request::{Canceller, Moment, Request, Return, Setup, Target};
pub use state::{Call, Desk, ENDED_KEPT, Queue};
pub use tick::tick;
pub use ticket::{Back, Ending, Only, Period, Phase, State, Ticket};
pub use turns::{AGEING, bound};

#[cfg(test)]
mod tests;
