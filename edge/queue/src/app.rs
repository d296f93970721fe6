//! The queue as the kernel runs it.

use crate::{Queue, QueueSetup, Refusal, Request, SetupChange};
use edge_app::{App, Decision, Moment, RegisterRows, Work};
use protocol::{
    Document, Event, Fact,
    document::{DocumentError, DocumentKind, read},
    queue::{Booking, Bookings},
    register::{RegisterKind, read_row},
};
use std::{convert::Infallible, sync::Arc};

impl App for Queue {
    const NAME: &'static str = "queue";
    type State = Queue;
    type Setup = QueueSetup;
    type Change = SetupChange;
    type Request = Request;
    type Refusal = Refusal;
    type Order = Infallible;

    fn decide(
        queue: &Queue,
        setup: &QueueSetup,
        request: Request,
        now: Moment,
    ) -> Result<Decision<Infallible>, Refusal> {
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

    fn configure(setup: &mut QueueSetup, change: SetupChange) {
        setup.configure(change);
    }

    fn document(kind: DocumentKind, document: &Document) -> Option<Result<SetupChange, DocumentError>> {
        let is_withdrawn = document.withdrawn;
        match kind {
            DocumentKind::Device => None,
            DocumentKind::Branch if is_withdrawn => Some(Ok(SetupChange::Published(None))),
            DocumentKind::Branch => {
                Some(read(&document.body).map(|branch| SetupChange::Published(Some(Arc::new(branch)))))
            }
            DocumentKind::Bookings if is_withdrawn => Some(Ok(SetupChange::Bookings(Bookings::default()))),
            DocumentKind::Bookings => Some(read(&document.body).map(SetupChange::Bookings)),
        }
    }

    fn rows(rows: &RegisterRows) -> Option<SetupChange> {
        match rows.register {
            RegisterKind::Bookings => {}
        }
        // A row of a newer cloud that cannot be read is a booking this version cannot honour.
        let bookings = rows.rows.iter().filter_map(|(key, body)| {
            let id = key.as_str().parse().ok()?;
            Some((id, body.as_deref().and_then(|body| read_row::<Booking>(body).ok())))
        });
        Some(SetupChange::BookingRows(bookings.collect(), rows.extent))
    }

    fn tick(queue: &Queue, setup: &QueueSetup, now: Moment) -> Decision<Infallible> {
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
