//! Commands on their way from the kernel to whoever carries them out, and their outcomes on the way back.

use adapter_sdk::Ask;
use edge_broker::{Absent, Broker};
use edge_devices::Fleet;
use edge_kernel::Port;
use edge_uplink::Uplink;
use protocol::{Command, Outcome, Reason, Timestamp, command::Action, lan};
use std::time::Duration;
use tokio::time::Instant;

/// How long after a command's deadline its outcome is waited for: an answer may be under way.
const GRACE: Duration = Duration::from_secs(30);

/// Carries a command out, or has it carried out; the outcome is recorded, whatever happens.
pub(crate) fn run(
    command: Command,
    expires: Timestamp,
    deadline: Instant,
    fleet: &Fleet,
    broker: &Broker,
    uplink: Option<&Uplink>,
    port: &Port,
) {
    let id = command.id;
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
                    Err(Absent::Expired) => Outcome::Expired,
                    Err(absent) => Outcome::Rejected {
                        reason: Reason::Offline,
                        detail: Some(absent.to_string()),
                    },
                };
                settle(&port, id, outcome).await;
            });
        }
        None => {
            let outcome = own(&command.action, uplink);
            let port = port.clone();
            tokio::spawn(async move { settle(&port, id, outcome).await });
        }
    }
}

/// What the edge does itself.
fn own(action: &Action, uplink: Option<&Uplink>) -> Outcome {
    match (action, uplink) {
        (Action::JournalFlush {}, Some(uplink)) => {
            uplink.flush().now();
            Outcome::Ok { detail: None }
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
