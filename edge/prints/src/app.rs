//! The prints as the kernel runs them: a sheet is asked for, a printer is ordered to print it, its outcome comes back.

use crate::{
    PrintRequest, Prints,
    decide::{PrintAcceptance, PrintSettlement, ask, interrupted, settle},
};
use edge_app::{App, Decision, Moment, RecordedFact, Work};
use protocol::{Event, Fact, Outcome, Reason, text::CorrelationId};
use std::convert::Infallible;

/// What can be asked of the prints.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Print a sheet.
    Print(PrintRequest),
    /// A printer is done with a sheet. Only the first word about each of its turns counts.
    Ended {
        /// The sheet and the printer.
        request: PrintRequest,
        /// How it ended.
        outcome: Outcome,
    },
}

impl App for Prints {
    const NAME: &'static str = "prints";
    type State = Prints;
    type Setup = ();
    type Change = Infallible;
    type Request = Request;
    type Refusal = Infallible;
    /// A sheet for the printer it names.
    type Order = Box<PrintRequest>;

    fn decide(
        prints: &Prints,
        (): &(),
        request: Request,
        _: Moment,
    ) -> Result<Decision<Box<PrintRequest>>, Infallible> {
        Ok(match request {
            Request::Print(wish) => match ask(prints, &wish) {
                PrintAcceptance::Known => Decision::nothing(),
                PrintAcceptance::Queued(fact) => Decision {
                    facts: vec![recorded(fact, wish.corr.as_ref())],
                    orders: vec![Box::new(wish)],
                    work: Work::New,
                },
            },
            Request::Ended { request: wish, outcome } => {
                let corr = wish.corr.clone();
                let PrintSettlement { facts, next } = settle(prints, wish, outcome);
                Decision {
                    facts: facts.into_iter().map(|fact| recorded(fact, corr.as_ref())).collect(),
                    orders: next.into_iter().map(Box::new).collect(),
                    work: Work::Begun,
                }
            }
        })
    }

    fn apply(prints: &mut Prints, event: &Event) {
        crate::apply(prints, event);
    }

    fn concerns(event: &Event) -> bool {
        event.fact.name().starts_with("print.")
    }

    fn configure((): &mut (), change: Infallible) {
        match change {}
    }

    fn interrupted(prints: &Prints, _: Moment) -> Vec<RecordedFact> {
        interrupted(prints).into_iter().map(RecordedFact::from).collect()
    }

    fn undelivered(wish: Box<PrintRequest>) -> Option<Request> {
        let outcome = Outcome::Rejected {
            reason: Reason::Busy,
            detail: Some("too_busy".to_owned()),
        };
        Some(Request::Ended {
            request: *wish,
            outcome,
        })
    }
}

fn recorded(fact: Fact, corr: Option<&CorrelationId>) -> RecordedFact {
    RecordedFact {
        fact,
        corr: corr.cloned(),
    }
}
