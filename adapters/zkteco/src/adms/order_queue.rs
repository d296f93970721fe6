//! What waits for the terminal to fetch it, and what it fetched and has not confirmed.
//!
//! A command looks at the clock in the moment its line is handed over, once, and is never handed over again. What only
//! brings people in line may be.

use super::{
    orders::AdmsOrder,
    rows::Confirmation,
    settings::{Settings, UnlockMethod},
};
use crate::action::ZkAction;
use adapter_sdk::{Ask, CallAnswer, Clock, RunningCommand};
use protocol::{Outcome, Reason, fact::Door};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// Lines handed over at once.
const LINES: usize = 16;
/// Lines handed over and not confirmed; more wait.
const UNCONFIRMED: usize = 32;
/// Time to confirm what is not urgent; then it is handed over again.
const SLOW: Duration = Duration::from_secs(120);
/// How long after its deadline a command's confirmation is waited for: it comes when the device has done it.
const GRACE: Duration = Duration::from_secs(15);
/// How often a line may be handed over that does no harm twice.
const TRIES: u8 = 3;
/// Commands that may wait to be fetched.
const ASKS: usize = 8;
/// Orders of our own that may wait: whatever a device says of its users, it costs no more. What is left out comes up when
/// the users are compared next.
const ORDERS: usize = 32_768;

/// Everything on its way to the terminal.
pub(super) struct OrderQueue {
    asks: VecDeque<(Ask, AdmsOrder)>,
    orders: VecDeque<(AdmsOrder, u8)>,
    fetched: BTreeMap<u32, FetchedOrder>,
    /// The last number given.
    last: u32,
}

/// Fetched, not confirmed.
struct FetchedOrder {
    order: AdmsOrder,
    owner: OrderOwner,
    until: Instant,
}

enum OrderOwner {
    /// Somebody's command.
    Asked(RunningCommand),
    /// Our own; handed over so often.
    Own(u8),
}

/// One of our own orders came to an end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OrderResult {
    /// Which.
    pub(super) order: AdmsOrder,
    /// What the device said; none: nothing, however often it was told.
    pub(super) result: Option<i64>,
}

impl OrderQueue {
    /// Nothing; numbers begin where no run before is likely to have given any.
    pub(super) fn new(clock: &dyn Clock) -> Self {
        let seconds = clock.now().as_millis() / 1000 % 1_000_000;
        Self {
            asks: VecDeque::new(),
            orders: VecDeque::new(),
            fetched: BTreeMap::new(),
            last: u32::try_from(seconds).unwrap_or_default() * 1000,
        }
    }

    /// Takes a command, or refuses what the terminal has no words for.
    pub(super) fn ask(&mut self, ask: Ask, settings: &Settings) {
        let Some((action, ask)) = ask.supported() else {
            return;
        };
        let order = match action {
            ZkAction::AccessOpen { .. } if settings.unlock == UnlockMethod::None => {
                let detail = "the settings do not say that this model can be opened";
                return ask.reject(Reason::Unsupported, detail.to_owned());
            }
            ZkAction::AccessOpen { door: Door(1) } => AdmsOrder::Unlock,
            ZkAction::AccessOpen { .. } => {
                return ask.reject(Reason::UnknownTarget, "the device has one door, number 1".to_owned());
            }
            ZkAction::DeviceReboot {} => AdmsOrder::Reboot,
            ZkAction::DeviceTimeSync {} => AdmsOrder::Check,
            ZkAction::DeviceTest {} => AdmsOrder::Describe,
        };
        if self.asks.len() >= ASKS {
            return ask.reject(Reason::Busy, "too much waits for the device to ask".to_owned());
        }
        self.asks.push_back((ask, order));
    }

    /// Takes an order of our own; one that waits already does not wait twice.
    pub(super) fn order(&mut self, order: AdmsOrder) {
        if self.orders.len() < ORDERS && !self.orders.iter().any(|(known, _)| *known == order) {
            self.orders.push_back((order, 0));
        }
    }

    /// Takes orders that are all different.
    pub(super) fn orders(&mut self, orders: Vec<AdmsOrder>) {
        let room = ORDERS.saturating_sub(self.orders.len());
        self.orders
            .extend(orders.into_iter().take(room).map(|order| (order, 0)));
    }

    /// How many orders of our own wait.
    #[cfg(test)]
    pub(super) fn own(&self) -> usize {
        self.orders.len()
    }

    /// The device asks what there is to do. Where it has hung up nothing was handed over.
    pub(super) fn hand_over(
        &mut self,
        answer: oneshot::Sender<CallAnswer>,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
    ) {
        let mut lines = String::new();
        let mut given = Vec::new();
        while given.len() < LINES && self.fetched.len() + given.len() < UNCONFIRMED {
            let Some((order, whose)) = self.next(clock) else { break };
            self.last = self.last.wrapping_add(1);
            if let Some(line) = order.line(self.last, settings) {
                lines.push_str(&line);
                given.push((self.last, order, whose));
            }
        }
        let reply = if lines.is_empty() {
            super::answers::ok()
        } else {
            super::answers::text(lines)
        };
        let reached = answer.send(reply).is_ok();
        for (id, order, whose) in given.into_iter().rev() {
            if reached {
                let until = whose.until();
                self.fetched.insert(
                    id,
                    FetchedOrder {
                        order,
                        owner: whose,
                        until,
                    },
                );
            } else {
                match whose {
                    OrderOwner::Asked(running) => running.failed(Reason::Offline, "the device hung up".to_owned()),
                    OrderOwner::Own(tries) => self.orders.push_front((order, tries)),
                }
            }
        }
    }

    /// The device says how a command ended. Gives back what is not somebody's own.
    pub(super) fn confirm(&mut self, confirmation: Confirmation, detail: Option<String>) -> Option<OrderResult> {
        let Confirmation { id, result } = confirmation;
        let FetchedOrder {
            order, owner: whose, ..
        } = self.fetched.remove(&id)?;
        match whose {
            OrderOwner::Asked(running) => {
                running.settle(outcome(result, detail));
                None
            }
            OrderOwner::Own(_) => Some(OrderResult {
                order,
                result: Some(result),
            }),
        }
    }

    /// When the next thing is overdue.
    pub(super) fn due(&self) -> Option<Instant> {
        let asks = self.asks.iter().map(|(ask, _)| ask.deadline());
        asks.chain(self.fetched.values().map(|handed| handed.until)).min()
    }

    /// Ends what is overdue. Gives back our own orders that nobody confirms.
    pub(super) fn expire(&mut self, now: Instant, clock: &Arc<dyn Clock>) -> Vec<OrderResult> {
        let (late, good): (VecDeque<_>, VecDeque<_>) = self.asks.drain(..).partition(|(ask, _)| ask.deadline() <= now);
        self.asks = good;
        for (ask, _) in late {
            // Too late, so it does not begin: it settles as expired.
            drop(ask.begin(clock));
        }
        let overdue: Vec<u32> = self
            .fetched
            .iter()
            .filter(|(_, handed)| handed.until <= now)
            .map(|(id, _)| *id)
            .collect();
        let mut ended = Vec::new();
        for id in overdue {
            let Some(FetchedOrder {
                order, owner: whose, ..
            }) = self.fetched.remove(&id)
            else {
                continue;
            };
            match whose {
                OrderOwner::Asked(running) => {
                    let detail = "the device took it and did not say how it ended".to_owned();
                    running.failed(Reason::TimedOut, detail);
                }
                OrderOwner::Own(tries) if tries < TRIES => self.orders.push_back((order, tries)),
                OrderOwner::Own(_) => ended.push(OrderResult { order, result: None }),
            }
        }
        ended
    }

    /// The next thing to hand over: commands first. This is the last look at the clock.
    fn next(&mut self, clock: &Arc<dyn Clock>) -> Option<(AdmsOrder, OrderOwner)> {
        while let Some((ask, order)) = self.asks.pop_front() {
            if let Some(running) = ask.begin(clock) {
                return Some((order, OrderOwner::Asked(running)));
            }
        }
        let (order, tries) = self.orders.pop_front()?;
        Some((order, OrderOwner::Own(tries + 1)))
    }
}

impl OrderOwner {
    fn until(&self) -> Instant {
        match self {
            OrderOwner::Asked(running) => running.deadline() + GRACE,
            OrderOwner::Own(_) => Instant::now() + SLOW,
        }
    }
}

fn outcome(result: i64, detail: Option<String>) -> Outcome {
    let failed = |reason, detail: String| Outcome::Failed {
        reason,
        detail: Some(detail),
    };
    match result {
        0.. => Outcome::Ok { detail },
        -1 | -1002 | -1004 => failed(
            Reason::Unsupported,
            format!("the device does not know the command ({result})"),
        ),
        _ => failed(Reason::Hardware, format!("the device answers with {result}")),
    }
}
