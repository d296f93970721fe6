//! The queue as the kernel runs it.

use crate::{Queue, Refusal, Request, Setup, SetupChange};
use edge_app::{App, Decision, Moment, Work};
use protocol::{Event, Fact};
use std::convert::Infallible;

impl App for Queue {
    const NAME: &'static str = "queue";
    type State = Queue;
    type Setup = Setup;
    type Change = SetupChange;
    type Request = Request;
    type Refusal = Refusal;
    type Order = Infallible;

    fn decide(queue: &Queue, setup: &Setup, request: Request, now: Moment) -> Result<Decision<Infallible>, Refusal> {
        let facts = crate::decide(queue, setup, &request, now)?;
        let work = if facts.iter().any(is_new_work) {
            Work::New
        } else {
            Work::Begun
        };
        Ok(Decision::begun(facts).counted_as(work))
    }

    fn apply(queue: &mut Queue, event: &Event) {
        crate::apply(queue, event);
    }

    fn concerns(event: &Event) -> bool {
        matches!(event.fact, Fact::ClockChanged(_)) || event.fact.name().starts_with("queue.")
    }

    fn configure(setup: &mut Setup, change: SetupChange) {
        setup.configure(change);
    }

    fn tick(queue: &Queue, setup: &Setup, now: Moment) -> Decision<Infallible> {
        Decision::begun(crate::tick(queue, setup, now))
    }
}

/// Whether a full disk refuses it. Whoever waits already is called, served and let go all the same: that has what is
/// held back of the budget.
fn is_new_work(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::QueueIssued(_) | Fact::QueueService(_) | Fact::QueueFeedback(_) | Fact::HelpAsked(_)
    )
}
