//! Commands on their way from the kernel to whoever carries them out, and their outcomes on the way back.

use crate::export::Exporter;
use adapter_sdk::Ask;
use edge_announce::Displays;
use edge_broker::{Broker, DeliveryError};
use edge_devices::Fleet;
use edge_kernel::{
    DecideError, Port,
    queue::{Canceller, Queue, Request},
};
use edge_uplink::{FlushHandle, Uplink};
use protocol::{
    Actor, Command, Fact, Outcome, Reason,
    command::{Action, SiteAction, Urgency},
    lan,
    lang::Names,
    queue::Source,
    text::AccountName,
};
use std::time::Duration;
use tokio::time::Instant;

/// Seconds a text stays on the displays at most: a day.
const LONGEST_MESSAGE_S: u32 = 86_400;
/// How long after a command's deadline its outcome is waited for: an answer may be under way.
const GRACE: Duration = Duration::from_secs(30);

/// Whoever can carry a command out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Executors<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) broker: &'a Broker,
    pub(crate) uplink: Option<&'a Uplink>,
    pub(crate) displays: &'a Displays,
    pub(crate) port: &'a Port,
    pub(crate) exporter: &'a Exporter,
}

/// Carries a command out, or has it carried out; the outcome is recorded, whatever happens.
pub(crate) fn run(command: Command, deadline: Instant, executors: Executors<'_>) {
    let Executors {
        fleet, broker, port, ..
    } = executors;
    let (id, expires) = (command.id, command.expires);
    match &command.device {
        Some(device) if fleet.has(device) => {
            let (ask, outcome) = Ask::new(id, command.action, expires, deadline);
            fleet.ask(device, ask);
            let port = port.clone();
            tokio::spawn(async move {
                let outcome = match tokio::time::timeout_at(deadline + GRACE, outcome).await {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(_)) => failed(Reason::Interrupted),
                    Err(_) => failed(Reason::TimedOut),
                };
                settle(&port, id, outcome).await;
            });
        }
        Some(device) => {
            let left = deadline.saturating_duration_since(Instant::now());
            let within_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
            let request = lan::Request {
                command: id,
                action: command.action,
                expires,
                within_ms,
            };
            let (broker, device, port) = (broker.clone(), device.clone(), port.clone());
            tokio::spawn(async move {
                let outcome = match broker.request(&device, request, deadline).await {
                    Ok(()) => {
                        // The answer comes over the broker; the kernel ignores the second word.
                        tokio::time::sleep_until(deadline + GRACE).await;
                        failed(Reason::TimedOut)
                    }
                    Err(DeliveryError::Expired) => Outcome::Expired,
                    Err(absent) => Outcome::Rejected {
                        reason: Reason::Offline,
                        detail: Some(absent.to_string()),
                    },
                };
                settle(&port, id, outcome).await;
            });
        }
        None => {
            own_or_site(command, executors);
        }
    }
}

/// Has the site's apps or the edge itself carry a command out.
fn own_or_site(command: Command, executors: Executors<'_>) {
    let (port, displays) = (executors.port.clone(), executors.displays.clone());
    let (exporter, flush) = (executors.exporter.clone(), executors.uplink.map(Uplink::flush));
    tokio::spawn(async move {
        let outcome = if let Action::Site(action) = &command.action {
            site(action.clone(), command.by.clone(), &port, &displays).await
        } else {
            own(&command, flush, exporter, &port).await
        };
        settle(&port, command.id, outcome).await;
    });
}

/// What the site's own apps do.
async fn site(action: SiteAction, by: AccountName, port: &Port, displays: &Displays) -> Outcome {
    let request = match action {
        SiteAction::QueueIssue {
            ticket,
            service,
            lang,
            token_hash,
        } => Request::Issue {
            ticket,
            service,
            source: Source::Online,
            lang,
            token_hash,
            booking_code_hash: None,
        },
        SiteAction::QueueCancel { ticket } => Request::Cancel {
            ticket,
            by: Canceller::Holder,
            reason: None,
        },
        SiteAction::QueueDelay { ticket } => Request::Delay { ticket },
        SiteAction::QueueFeedback { ticket, score } => Request::Feedback { ticket, score },
        SiteAction::QueueServiceSet { service, open } => Request::SetService { service, open },
        SiteAction::DisplayMessage { text, seconds, urgency } => {
            let lasts = Duration::from_secs(u64::from(seconds.clamp(1, LONGEST_MESSAGE_S)));
            return match urgency {
                Urgency::Emergency => show(displays, text, lasts).await,
                Urgency::Notice => note(displays, text, lasts).await,
            };
        }
    };
    let actor = Actor::Cloud { id: by.into() };
    match port.decide::<Queue>(actor, request).await {
        Ok(facts) => Outcome::Ok {
            detail: facts.iter().find_map(number),
        },
        Err(DecideError::Refused(refusal)) => Outcome::Rejected {
            reason: Reason::Policy,
            detail: Some(refusal.to_string()),
        },
        Err(DecideError::Kernel(refusal)) => Outcome::Rejected {
            reason: Reason::Full,
            detail: Some(refusal.to_string()),
        },
    }
}

/// Shows a text over everything.
async fn show(displays: &Displays, text: Names, lasts: Duration) -> Outcome {
    match displays.show(text, lasts).await {
        Ok(()) => Outcome::Ok { detail: None },
        Err(refusal) => Outcome::Failed {
            reason: Reason::Full,
            detail: Some(format!("it is shown, and a restart would forget it: {refusal}")),
        },
    }
}

/// Shows a text at the foot of every display.
async fn note(displays: &Displays, text: Names, lasts: Duration) -> Outcome {
    match displays.note(text, lasts).await {
        Ok(()) => Outcome::Ok { detail: None },
        Err(refusal) => Outcome::Failed {
            reason: Reason::Full,
            detail: Some(refusal.to_string()),
        },
    }
}

/// The number of the ticket that was given out.
fn number(fact: &Fact) -> Option<String> {
    if let Fact::QueueIssued(issued) = fact {
        Some(issued.number.to_string())
    } else {
        None
    }
}

/// What the edge does itself.
async fn own(command: &Command, flush: Option<FlushHandle>, exporter: Exporter, port: &Port) -> Outcome {
    match (&command.action, flush) {
        (Action::JournalFlush {}, Some(flush)) => {
            flush.now();
            Outcome::Ok { detail: None }
        }
        (Action::JournalExport {}, _) => {
            let by = Actor::Cloud {
                id: command.by.to_string(),
            };
            exporter.run(port, by, command.id).await
        }
        _ => Outcome::Rejected {
            reason: Reason::Unsupported,
            detail: None,
        },
    }
}

fn failed(reason: Reason) -> Outcome {
    Outcome::Failed { reason, detail: None }
}

async fn settle(port: &Port, command: protocol::CommandId, outcome: Outcome) {
    if let Err(refusal) = port.settle(command, outcome).await {
        // The next start settles it as interrupted.
        tracing::error!(%command, %refusal, "an outcome could not be recorded");
    }
}
