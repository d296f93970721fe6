//! The chain: whole as recorded, broken at the first entry that somebody touched.

use super::{AuditChainStatus, AuditEntry, AuditResult, list, record, verify};
use crate::{db::Db, value::SqlParam};
use protocol::{OrgId, Timestamp};

fn entry(number: i64) -> AuditEntry {
    AuditEntry {
        at: Timestamp::from_millis(number),
        actor: "dilnoza".into(),
        action: "site.create".into(),
        target: format!("site {number}"),
        result: AuditResult::Done,
        detail: String::new(),
        ip: "127.0.0.1".into(),
    }
}

/// Records ten entries, lets somebody change the file, and says what the walk finds.
fn after(change: &'static str) -> AuditChainStatus {
    let dir = tempfile::tempdir().expect("a directory");
    let db = Db::open(dir.path()).expect("a store");
    let scope = db.scope(OrgId::new(Timestamp::from_millis(1), [1; 10]));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        for number in 1..=10 {
            record(&scope, entry(number)).await.expect("it is recorded");
        }
        let newest = list(&scope, None, 1).await.expect("a list");
        assert_eq!((newest[0].seq, &newest[0].entry), (10, &entry(10)));
        let none: [SqlParam<'_>; 0] = [];
        scope
            .write(move |tx| tx.execute(change, &none))
            .await
            .expect("somebody changes the file");
        verify(&scope).await.expect("a walk")
    })
}

#[test]
fn an_untouched_chain_is_whole() {
    assert_eq!(after("UPDATE audit SET actor = actor"), AuditChainStatus::Whole(10));
}

#[test]
fn any_touched_field_breaks_the_chain_there() {
    for change in [
        "UPDATE audit SET actor = 'nobody' WHERE seq = 4",
        "UPDATE audit SET at = at + 1 WHERE seq = 4",
        "UPDATE audit SET outcome = 'refused' WHERE seq = 4",
        "UPDATE audit SET target = target || ' ' WHERE seq = 4",
        "UPDATE audit SET prev = zeroblob(32) WHERE seq = 4",
        "DELETE FROM audit WHERE seq = 4",
    ] {
        assert_eq!(after(change), AuditChainStatus::BrokenAt(4), "{change}");
    }
}
