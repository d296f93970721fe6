//! Figures for whoever watches the relay: counters in Prometheus' text format (metric names: facts of the cloud, §7).
//!
//! No tenant, edge or person is ever a label.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

macro_rules! figures {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $help:literal;)*) => {
        /// Counters, each from zero at the start of the process.
        #[derive(Debug, Default)]
        pub struct Figures {
            $($(#[$doc])* pub $field: MetricCounter,)*
        }
        impl Figures {
            fn each(&self, mut show: impl FnMut(&str, &str, u64)) {
                $(show($name, $help, self.$field.get());)*
            }
        }
    };
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct MetricCounter(AtomicU64);

impl MetricCounter {
    /// One more.
    pub fn one(&self) {
        self.add(1);
    }
    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }
    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

figures! {
    /// Batches stored.
    batches = "ostona_ingest_batches_total", "Batches stored";
    /// Events stored.
    events = "ostona_ingest_events_total", "Events stored";
    /// Bytes of batches on the wire.
    bytes = "ostona_ingest_bytes_total", "Bytes of stored batches on the wire";
    /// Events that were stored already.
    duplicates = "ostona_ingest_duplicates_total", "Events that were stored already";
    /// Requests of edges refused for what they are, whatever they asked for.
    refused = "ostona_edge_refused_total", "Requests of edges refused for what they are";
    /// Commands made.
    commands_queued = "ostona_command_queued_total", "Commands made";
    /// Commands put on the wire.
    commands_sent = "ostona_command_sent_total", "Commands put on the wire";
    /// Commands an edge has on disk.
    commands_acked = "ostona_command_acked_total", "Commands an edge has on disk";
    /// Rows of registers put on the wire; rows that are sent again count again.
    rows_sent = "ostona_register_rows_sent_total", "Rows of registers put on the wire";
    /// Commands that expired before they could be sent.
    commands_expired = "ostona_command_expired_total", "Commands that expired in the cloud";
    /// Requests refused because there are too many, or the relay cannot at the moment.
    limited = "ostona_edge_limited_total", "Requests of edges refused for want of room";
}

impl Figures {
    /// All of them as text, with gauges that the caller knows.
    pub fn render(&self, gauges: &[(&str, &str, u64)]) -> String {
        let mut text = String::with_capacity(2048);
        let mut show = |kind: &str, name: &str, help: &str, value: u64| {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        };
        self.each(|name, help, value| show("counter", name, help, value));
        for (name, help, value) in gauges {
            show("gauge", name, help, *value);
        }
        text
    }
}
