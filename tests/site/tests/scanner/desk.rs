//! A desk with a scanner, driven as the edge drives it, with everything written down that it reports.
//!
//! The line is the edge's own, over a real pseudo-terminal.

use adapter_scanner::ADAPTER;
use adapter_sdk::{Line, LineSpec, State};
use edge_devices::serial::SerialDial;
use protocol::{Fact, Outcome, command::Action};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};
use tests_site::driver::{DriverRun, LIMIT, changed};
use tokio::time::Instant;

/// The driver of a scanner at a desk.
pub(crate) struct ScannerRun {
    pub(crate) run: DriverRun,
}

/// How a code is told.
pub(crate) fn hash(code: &str) -> (String, u16) {
    let hash = Sha256::digest(code).iter().map(|byte| format!("{byte:02x}")).collect();
    (hash, code.len().try_into().unwrap())
}

impl ScannerRun {
    pub(crate) fn open(path: &str, changes: Value) -> Self {
        let settings = json!({"path": path, "line": "serial", "repeat_ms": 0});
        let plan = ADAPTER.plan(&changed(settings, changes)).unwrap();
        let LineSpec::Serial(target) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let line = Line::Socket(Arc::new(SerialDial::new(target.clone())));
        Self {
            run: DriverRun::start(plan, line),
        }
    }

    /// Hashes and lengths, in the order told.
    pub(crate) fn scanned(&self) -> Vec<(String, u16)> {
        let facts = self.run.seen().into_iter().map(|seen| {
            let Fact::DeviceScanned(scanned) = &seen.fact else {
                panic!("it saw {seen:?}")
            };
            (scanned.sha256.to_string(), scanned.len)
        });
        facts.collect()
    }

    pub(crate) fn states(&self) -> Vec<State> {
        self.run.states()
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        self.run.until(what, |_| done(self)).await;
    }

    /// Waits until the scanner counts so many reads that were no code.
    pub(crate) async fn until_thrown_away(&self, count: usize) {
        let deadline = Instant::now() + LIMIT;
        while !self.tested().await.contains(&format!(" {count} garbled")) {
            assert!(Instant::now() < deadline, "not within {LIMIT:?}: {count} thrown away");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn tested(&self) -> String {
        match self.run.ask(Action::DeviceTest {}, LIMIT).await {
            Outcome::Ok { detail } => detail.unwrap_or_default(),
            other @ (Outcome::Rejected { .. } | Outcome::Failed { .. } | Outcome::Expired) => panic!("{other:?}"),
        }
    }
}
