//! MQTT 3.1.1 and 5 for the devices of the LAN: credentials, per-device topics, sessions, and acknowledgements that mean
//! "on disk".
//!
//! A publication is acknowledged after the journal has committed what belongs in it, never before. A device never hears
//! or speaks for another. A command is never retained, queued for an absent device, or sent after its deadline.
//!
//! Decisions where the standards leave room:
//! - The client id is the device id; the user name is empty or the same; the password is the device's token. An empty
//!   client id is refused.
//! - A publication that is not allowed, not the JSON its topic asks for, or refused by the kernel is answered with a
//!   reason code in MQTT 5. MQTT 3.1.1 has none: the connection is closed (§3.3.5) and an audit event recorded. A payload
//!   that can never be taken is acknowledged and dropped, with an audit event, the third time a 3.1.1 device sends it.
//! - Taken over by a new connection of the same device, the old connection's will is published before the new one is
//!   welcomed, unless it has a delay (MQTT 5 §3.1.3.2.2). A clean DISCONNECT and the edge's own shutdown publish none.
//! - Sessions and what they subscribe to outlive a restart of the edge; what waits in their queues and what is half said
//!   does not. A QoS 2 publication is taken exactly once within a run; over a restart `origin` tells repetitions apart.
//! - Topic aliases, subscription ids, shared subscriptions and enhanced authentication are not offered. User properties
//!   and other annotations of MQTT 5 are not passed on; message expiry is honoured.
//! - `retain` counts on `own/…` and `reported` only.

mod admission;
mod audit_log;
mod broker;
mod connection;
mod context;
mod credentials;
mod inflight;
mod kernel_port;
mod listener;
mod outbox;
mod payload;
mod persister;
mod retained;
mod router;
mod sessions;
mod settings;
mod tls;
mod topic_access;
mod wire;

pub use broker::{Broker, BrokerError, PublishError};
pub use credentials::{DeviceCredentials, DeviceTokenHash, issue};
pub use sessions::DeliveryError;
pub use settings::{BrokerLimits, Settings};
pub use tls::{BrokerTlsError, tls_config};

#[cfg(test)]
mod tests;
