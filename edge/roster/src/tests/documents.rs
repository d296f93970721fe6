//! Documents: what is in force, and what failed.

use super::script::{NOON, RosterScript, me};
use crate::decide::document_settled;
use expect_test::{Expect, expect};
use protocol::{
    Actor, Document, Fact, Timestamp,
    document::{DocumentFault, DocumentReason, MAX_NAMES},
};
use serde_json::json;

fn document(version: u64, body: u64) -> Document {
    Document {
        id: "device/kiosk".parse().expect("a document id"),
        version,
        org: me().org,
        edge: me().edge,
        published: Timestamp::from_millis(NOON),
        requires_restart: version == 3,
        withdrawn: false,
        body: json!({ "n": body }),
    }
}

/// Settles versions in turn: what happened, and how the document stands then.
fn check(steps: &[(u64, Result<(), &str>)], expected: &Expect) {
    let mut play = RosterScript::default();
    for (version, result) in steps {
        let document = document(*version, *version);
        let fact = document_settled(
            &play.roster,
            &document,
            result.map_err(|detail| DocumentFault::new(DocumentReason::Failed, detail)),
        );
        match fact {
            Some(fact) => {
                if let Fact::PolicyApplied(moved) | Fact::PolicyFailed(moved) = &fact {
                    assert_eq!((&moved.hash, moved.needs_restart), (&document.hash(), *version == 3));
                }
                play.happen(fact, Actor::Edge, None);
            }
            None => play.said.push_str("known\n"),
        }
    }
    let status = play.roster.document(&document(1, 1).id).cloned().unwrap_or_default();
    let in_force = status.in_force.map(|(version, _)| version);
    play.said
        .push_str(&format!("in force {in_force:?}, failed {:?}\n", status.failed));
    let held: Vec<u64> = play.roster.held().iter().map(|held| held.version).collect();
    assert_eq!(held, in_force.into_iter().collect::<Vec<_>>());
    expected.assert_eq(&play.said);
}

#[test]
fn what_failed_leaves_the_version_before_it_in_force() {
    check(
        &[
            (1, Ok(())),
            (1, Ok(())),
            (2, Err("no door 7")),
            (2, Err("no door 7")),
            (2, Err("no door 8")),
        ],
        &expect![[r#"
            policy.applied
            known
            policy.failed failed no door 7
            known
            policy.failed failed no door 8
            in force Some(1), failed Some((2, DocumentFault { reason: Failed, detail: Some("no door 8") }))
        "#]],
    );
}

#[test]
fn what_works_at_last_is_no_failure_any_more() {
    check(
        &[(2, Err("no door 7")), (2, Ok(())), (3, Ok(()))],
        &expect![[r#"
            policy.failed failed no door 7
            policy.applied
            policy.applied
            in force Some(3), failed None
        "#]],
    );
}

#[test]
fn another_body_under_the_same_version_is_news() {
    let mut play = RosterScript::default();
    for body in [1, 2] {
        let fact = document_settled(&play.roster, &document(1, body), Ok(())).expect("news");
        play.happen(fact, Actor::Edge, None);
    }
    assert_eq!(play.roster.held()[0].hash, document(1, 2).hash());
}

#[test]
fn names_that_are_withdrawn_are_in_no_hello_and_are_forgotten_in_the_end() {
    let mut play = RosterScript::default();
    for number in 0..2_600 {
        let document = Document {
            id: format!("device/gate-{number}").parse().expect("a document id"),
            withdrawn: number > 0,
            body: if number > 0 { json!({}) } else { json!({ "n": 1 }) },
            ..document(1, 1)
        };
        let fact = document_settled(&play.roster, &document, Ok(())).expect("it is new");
        play.happen(fact, Actor::Edge, None);
    }
    assert_eq!(play.roster.held().len(), 1);
    assert_eq!(play.roster.documents.len(), MAX_NAMES);
    assert!(
        play.roster.document(&"device/gate-0".parse().expect("an id")).is_some(),
        "what is held stays"
    );
    assert!(
        play.roster
            .document(&"device/gate-2599".parse().expect("an id"))
            .is_some(),
        "so does the newest"
    );
}
