//! A device subscribes and unsubscribes.
//!
//! A filter that reaches beyond the device's own topic_access is refused, never narrowed.

use super::{CloseReason, MqttConnection, ack_queue::Acks};
use crate::{
    kernel_port::KernelAnswer,
    topic_access::FilterError,
    wire::{FilterResult, ReasonCode, SubscriptionId, TopicFilter},
};

impl MqttConnection {
    pub(super) async fn subscribe(
        &mut self,
        pkid: u16,
        filters: Vec<TopicFilter>,
        id: SubscriptionId,
    ) -> Result<(), CloseReason> {
        let (mut granted, mut accepted) = (Vec::with_capacity(filters.len()), Vec::new());
        let mut count = self.filters.len();
        for (place, filter) in filters.into_iter().enumerate() {
            self.rate_limit.take_filter();
            let known = self.filters.iter().any(|known| known.path == filter.path);
            let verdict = self.topic_access.subscribe(&filter.path).and_then(|()| {
                let most = self.context.limits.filters;
                let fits = place < most && (known || count < most);
                if fits {
                    Ok(filter.granted())
                } else {
                    Err(FilterError::TooMany)
                }
            });
            match verdict {
                Ok(_) if id == SubscriptionId::None => {
                    count += usize::from(!known);
                    accepted.push(filter);
                }
                Ok(_) | Err(FilterError::TooMany) => {}
                Err(FilterError::Invalid | FilterError::Shared | FilterError::Foreign) => {
                    let detail = format!("filter {:?}", filter.path.chars().take(64).collect::<String>());
                    self.context
                        .audit_log
                        .audit(&self.device, "broker.subscribe.refused", detail);
                }
            }
            granted.push(verdict);
        }
        self.add(pkid, granted, accepted, id).await
    }

    async fn add(
        &mut self,
        pkid: u16,
        granted: Vec<FilterResult>,
        accepted: Vec<TopicFilter>,
        id: SubscriptionId,
    ) -> Result<(), CloseReason> {
        let acks = Acks::Subscribed { pkid, granted, id };
        if accepted.is_empty() {
            return self.answer_soon(acks, None);
        }
        let subscribed = self.context.sessions.subscribe(self.device.clone(), accepted).await;
        let subscribed = subscribed.map_err(|_| CloseReason::Server(ReasonCode::ServerShuttingDown))?;
        self.filters = subscribed.filters;
        self.answer_soon(acks, subscribed.durable)
    }

    pub(super) async fn unsubscribe(&mut self, pkid: u16, filters: Vec<String>) -> Result<(), CloseReason> {
        self.rate_limit.take_filter();
        let given_up = self.context.sessions.unsubscribe(self.device.clone(), filters).await;
        let given_up = given_up.map_err(|_| CloseReason::Server(ReasonCode::ServerShuttingDown))?;
        self.filters = given_up.filters;
        let acks = Acks::Unsubscribed {
            pkid,
            existed: given_up.existed,
        };
        self.answer_soon(acks, given_up.durable)
    }

    /// Answers at once where there is nothing to wait for, so that the answer comes before what was subscribed to.
    fn answer_soon(&mut self, acks: Acks, durable: Option<KernelAnswer>) -> Result<(), CloseReason> {
        match durable {
            None if self.slow.is_empty() => self.acknowledge(acks, Ok(())),
            durable => {
                self.slow.push(acks, durable.into_iter().collect());
                Ok(())
            }
        }
    }
}
