//! Sheets on their way from the kernel to a printer's driver, and what became of them on the way back.

use adapter_sdk::Ask;
use edge_devices::Fleet;
use edge_kernel::{
    Port,
    prints::{self, PrintRequest, Prints},
};
use protocol::{Actor, CommandId, Outcome, Reason, command::Action, print::SheetKind};
use std::time::Duration;
use tokio::time::Instant;

/// A sheet that has not begun to print by then is not printed: whoever asked for it is gone.
const GOOD_FOR: Duration = Duration::from_secs(120);
/// How long after that an answer is waited for.
const GRACE: Duration = Duration::from_secs(60);

/// Has a sheet printed; what became of it is recorded, whatever happens.
pub(crate) fn run(wish: PrintRequest, fleet: &Fleet, port: &Port) {
    let order = wish.order.clone();
    let id = CommandId::from_uuid(*order.print.as_uuid());
    let action = match order.sheet.kind {
        SheetKind::Ticket => Action::PrintTicket(order),
        SheetKind::Badge => Action::PrintBadge(order),
        SheetKind::Report => Action::PrintReport(order),
        SheetKind::Test => Action::PrintTest {},
    };
    let deadline = Instant::now() + GOOD_FOR;
    let (ask, outcome) = Ask::new(id, action, port.clock().now().plus(GOOD_FOR), deadline);
    fleet.ask(&wish.device, ask);
    let port = port.clone();
    tokio::spawn(async move {
        let outcome = match tokio::time::timeout_at(deadline + GRACE, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => doubtful(Reason::Interrupted),
            Err(_) => doubtful(Reason::TimedOut),
        };
        let print = wish.order.print;
        let ended = prints::Request::Ended { request: wish, outcome };
        if let Err(refusal) = port.decide::<Prints>(Actor::Edge, ended).await {
            // The next start says that it is doubtful.
            tracing::error!(%print, %refusal, "the end of a print could not be recorded");
        }
    });
}

fn doubtful(reason: Reason) -> Outcome {
    Outcome::Failed { reason, detail: None }
}
