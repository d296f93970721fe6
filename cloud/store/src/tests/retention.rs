//! What is forgotten for its age, how much an organisation may store, and how long a question may take.

use super::{NOW, body, custom, edge, entry, event, incoming, open, org, queue::issued, run, store};
use crate::{
    OrgStore, StoreError,
    audit::{self, AuditChainStatus, AuditEntry},
    catch_up, commands,
    events::{self, EventFilter},
    ingest, retention, usage,
};
use protocol::{
    Command, CommandId, Fact, Lane, Timestamp,
    command::Action,
    fact::{CommandChange, Door},
};
use std::time::Duration;

fn after(days: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(days * 24 * 3600))
}

#[test]
fn old_events_are_forgotten_and_the_newest_never_is() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let old: Vec<_> = (1..=2_500).map(|seq| (seq, body(custom(seq)))).collect();
        store(&scope, Lane::Facts, &old).await;
        store(&scope, Lane::Facts, &[(2_600, body(custom(1)))]).await;
        let new = (2_601, event(custom(2), after(10)).encode().expect("JSON"));
        ingest::store(&scope, incoming(edge(1), Lane::Facts, &[new]), after(10))
            .await
            .expect("stored");
        assert_eq!(events::gaps(&scope, None).await.expect("gaps").len(), 1);
        let forgotten = retention::forget_events(&scope, after(5)).await.expect("forgotten");
        assert_eq!(forgotten, 2_501);
        assert_eq!(events::gaps(&scope, None).await.expect("gaps"), []);
        assert_eq!(
            retention::forget_events(&scope, after(20)).await.expect("forgotten"),
            0,
            "the newest stays"
        );
        let all = EventFilter {
            limit: 10,
            ..EventFilter::default()
        };
        let left = events::query(&scope, all).await.expect("events");
        assert_eq!(
            left.iter().map(|left| (left.id, left.seq.0)).collect::<Vec<_>>(),
            [(2_502, 2_601)]
        );
        // What was known stays known, and what comes is projected.
        let again = store(&scope, Lane::Facts, &old[..3]).await;
        assert_eq!((again.stored.new, again.stored.known), (0, 3));
        store(&scope, Lane::Facts, &[(2_602, body(custom(3)))]).await;
        assert!(catch_up::cursors(&scope).await.expect("cursors").is_current());
    });
}

/// A command that was carried out, a ticket and another event, all of this time.
async fn a_day(scope: &OrgStore, number: u8, at: Timestamp) {
    let command = Command {
        id: CommandId::new(at, [number; 10]),
        org: org(1),
        edge: edge(1),
        device: None,
        action: Action::AccessOpen {
            door: Door(1),
            reason: None,
        },
        by: "admin".into(),
        created: at,
        expires: at.plus(Duration::from_secs(10)),
    };
    let done = Fact::CommandOk(CommandChange {
        command: command.id,
        command_name: "access.open".to_owned().into(),
        device: None,
        expires: command.expires,
        reason: None,
        detail: None,
        took_ms: None,
    });
    commands::create(scope, command, entry("command.create"))
        .await
        .expect("queued");
    let seq = u64::from(number) * 3;
    let told = [issued(number), done, custom(seq)];
    let records: Vec<_> = (seq..)
        .zip(told)
        .map(|(seq, fact)| (seq, event(fact, at).encode().expect("JSON")))
        .collect();
    ingest::store(scope, incoming(edge(1), Lane::Facts, &records), at)
        .await
        .expect("stored");
}

async fn rows(scope: &OrgStore, table: &'static str) -> u64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let count = scope.read(move |tx| tx.first(&sql, &[], |row| row.count(0))).await;
    count.expect("a count").unwrap_or(0)
}

#[test]
fn commands_and_what_was_made_of_events_are_forgotten_at_the_same_age() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        a_day(&scope, 1, NOW).await;
        a_day(&scope, 2, after(10)).await;
        let tables = [("command", 1), ("command_outcome", 1), ("ticket", 1), ("event_hour", 3)];
        for (table, of_a_day) in tables {
            assert_eq!(rows(&scope, table).await, 2 * of_a_day, "{table}");
        }
        assert_eq!(retention::forget_records(&scope, NOW).await.expect("forgotten"), 0);
        assert_eq!(retention::forget_records(&scope, after(5)).await.expect("forgotten"), 6);
        for (table, of_a_day) in tables {
            assert_eq!(rows(&scope, table).await, of_a_day, "{table}");
        }
    });
}

#[test]
fn the_platforms_audit_is_forgotten_at_its_age_and_goes_on() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        for day in 1..=20 {
            let entry = AuditEntry {
                at: after(day),
                ..entry("test")
            };
            audit::record_platform(&platform, entry).await.expect("recorded");
        }
        let forgotten = retention::forget_platform_audit(&platform, after(15)).await;
        assert_eq!(forgotten.expect("forgotten"), 14);
        audit::record_platform(&platform, entry("test"))
            .await
            .expect("recorded");
        let left = audit::list_platform(&platform, None, 50).await.expect("entries");
        assert_eq!(
            left.iter().map(|left| left.seq).collect::<Vec<_>>(),
            (15..=21).rev().collect::<Vec<_>>()
        );
    });
}

#[test]
fn what_is_left_of_an_audit_chain_is_whole() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        for day in 1..=20 {
            let entry = AuditEntry {
                at: after(day),
                ..entry("test")
            };
            audit::record(&scope, entry).await.expect("recorded");
        }
        assert_eq!(retention::forget_audit(&scope, after(15)).await.expect("forgotten"), 14);
        let whole = AuditChainStatus::Whole(20);
        assert_eq!(audit::verify(&scope).await.expect("walked"), whole);
        assert_eq!(audit::list(&scope, None, 50).await.expect("entries").len(), 6);
        assert_eq!(
            retention::forget_audit(&scope, after(99)).await.expect("forgotten"),
            5,
            "the newest stays"
        );
        audit::record(&scope, entry("test")).await.expect("recorded");
        assert_eq!(
            audit::verify(&scope).await.expect("walked"),
            AuditChainStatus::Whole(21)
        );
        scope
            .write(|tx| tx.execute("DELETE FROM audit WHERE seq = 20", &[]).map(|_| ()))
            .await
            .expect("deleted");
        assert_eq!(
            audit::verify(&scope).await.expect("walked"),
            AuditChainStatus::BrokenAt(20)
        );
    });
}

#[test]
fn an_organisation_fills_its_own_share_and_nobody_else_s() {
    run(async {
        let (_dir, db) = open();
        let (full, other) = (db.scope(org(1)), db.scope(org(2)));
        store(&full, Lane::Facts, &[(1, body(custom(1)))]).await;
        store(&other, Lane::Facts, &[(1, body(custom(1)))]).await;
        let before = usage::of(&full).await.expect("usage");
        db.set_org_quota(before.used + (100 << 10));
        let many: Vec<_> = (2..=1_000).map(|seq| (seq, body(custom(seq)))).collect();
        store(&full, Lane::Facts, &many).await;
        assert!(usage::of(&full).await.expect("usage").percent() >= 100);
        let next = incoming(edge(1), Lane::Facts, &[(1_001, body(custom(1)))]);
        assert!(matches!(
            ingest::store(&full, next, NOW).await,
            Err(StoreError::OrgFull)
        ));
        store(&other, Lane::Facts, &[(2, body(custom(2)))]).await;
        audit::record(&full, entry("test")).await.expect("people still can");
        // Room is made, and the edge goes on where it was.
        retention::forget_events(&full, after(1)).await.expect("forgotten");
        let have = store(&full, Lane::Facts, &[(1_001, body(custom(1)))]).await.stored.have;
        assert_eq!(have.facts.0, 1_001);
    });
}

#[test]
fn a_question_that_takes_too_long_is_ended_and_others_are_answered() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let endless = || {
            let sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";
            let scope = scope.clone();
            tokio::spawn(async move { scope.read(move |tx| tx.first(sql, &[], |row| row.count(0))).await })
        };
        let slow = [endless(), endless(), endless()];
        let asked = audit::list(&db.scope(org(2)), None, 1).await;
        assert_eq!(asked.expect("answered"), []);
        for slow in slow {
            assert!(matches!(slow.await.expect("no panic"), Err(StoreError::Slow)));
        }
        assert_eq!(audit::list(&scope, None, 1).await.expect("the reader goes on"), []);
    });
}
