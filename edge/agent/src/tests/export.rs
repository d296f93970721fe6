//! The command `journal.export`: only a box that has a cloud has somebody to export for.

use super::wiring::rig::{ManualClock, kernel};
use crate::export::Exporter;
use protocol::{Actor, CommandId, Outcome, Reason, Timestamp};
use std::sync::Arc;

#[tokio::test]
async fn a_box_that_works_alone_has_nobody_to_export_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let port = kernel(dir.path(), &Arc::new(ManualClock::default())).await;
    let exporter = Exporter::new(dir.path().join("identity.json"), None, dir.path());
    let command = CommandId::new(Timestamp::from_millis(1), [1; 10]);
    let outcome = exporter.run(&port, Actor::Edge, command).await;
    assert!(
        matches!(
            outcome,
            Outcome::Rejected {
                reason: Reason::Unsupported,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(!dir.path().join("export.ostona").exists());
}
