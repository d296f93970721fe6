//! Enrolment codes and join counters.

use super::{NOW, edge, entry, open, org, run};
use crate::{
    PlatformStore, audit,
    edges::{self, JoinResult},
    enrolment::{self, EnrolmentAttempt, EnrolmentResult, NewEnrolmentCode},
};
use protocol::{Epoch, SiteId, Timestamp, control::JoinRequest, enrolment as wire, key::SecretKey};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn code(number: u8) -> wire::Code {
    wire::Code::from_entropy([number; 10])
}

async fn make(platform: &PlatformStore, number: u8) {
    let site = SiteId::new(NOW, [1; 10]);
    let new = NewEnrolmentCode {
        code: code(number),
        org: org(1),
        site,
        name: "lobby".into(),
        created: NOW,
        expires: NOW.plus(HOUR),
    };
    enrolment::create(platform, new, entry("enrolment_code.create"))
        .await
        .expect("a code");
}

async fn ask(platform: &PlatformStore, number: u8, key: u8, id: u8, now: Timestamp) -> EnrolmentResult {
    let key = SecretKey::from_seed(&[key; 32]).public();
    let request = wire::Request {
        code: code(number),
        key,
        serial: "s".into(),
        version: "1".into(),
    };
    enrolment::enrol(
        platform,
        EnrolmentAttempt {
            request,
            id: edge(id),
            now,
        },
        entry("edge.enrolled"),
    )
    .await
    .expect("an answer")
}

#[test]
fn a_code_lets_one_key_in_and_answers_it_again() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        make(&platform, 1).await;
        make(&platform, 2).await;
        assert_eq!(ask(&platform, 9, 1, 1, NOW).await, EnrolmentResult::Unknown);
        assert_eq!(ask(&platform, 1, 1, 1, NOW.plus(HOUR)).await, EnrolmentResult::Expired);
        let EnrolmentResult::Enrolled(first) = ask(&platform, 1, 1, 1, NOW).await else {
            panic!("refused")
        };
        // The answer was lost: the same key asks again, and is the same edge whatever id was offered.
        let EnrolmentResult::Enrolled(again) = ask(&platform, 1, 1, 2, NOW).await else {
            panic!("refused")
        };
        assert_eq!((first.id, again.id), (edge(1), edge(1)));
        assert_eq!(ask(&platform, 1, 2, 3, NOW).await, EnrolmentResult::Used);
        assert_eq!(ask(&platform, 2, 1, 4, NOW).await, EnrolmentResult::KeyTaken);
        let listed = enrolment::list(&platform, org(1)).await.expect("codes");
        assert_eq!(
            listed.iter().filter_map(|code| code.edge).collect::<Vec<_>>(),
            [edge(1)]
        );
    });
}

async fn join(platform: &PlatformStore, counter: u64, attempt: &str) -> JoinResult {
    let join = JoinRequest {
        edge: edge(1),
        counter,
        attempt: attempt.into(),
        version: "2".into(),
        epoch: Epoch(1),
    };
    edges::join(platform, join, entry("edge.quarantined"))
        .await
        .expect("an answer")
}

#[test]
fn a_copied_card_puts_both_into_quarantine() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        make(&platform, 1).await;
        ask(&platform, 1, 1, 1, NOW).await;
        assert_eq!(join(&platform, 0, "a").await, JoinResult::Joined(1));
        assert_eq!(
            join(&platform, 0, "a").await,
            JoinResult::Joined(1),
            "the answer was lost"
        );
        assert_eq!(join(&platform, 1, "b").await, JoinResult::Joined(2));
        // The copy was made when the counter was 1.
        assert_eq!(join(&platform, 1, "c").await, JoinResult::Quarantined);
        assert_eq!(
            join(&platform, 2, "d").await,
            JoinResult::Quarantined,
            "the original too"
        );
        let trail = audit::list_platform(&platform, None, 10).await.expect("a trail");
        let quarantines = trail
            .iter()
            .filter(|line| line.entry.action == "edge.quarantined")
            .count();
        assert_eq!(quarantines, 1);
        let which = (org(1), edge(1));
        let release = async |of| {
            edges::release(&platform, of, Some(edge(1)), entry("edge.release"))
                .await
                .expect("an answer")
        };
        assert!(release(org(2)).await.is_empty());
        assert_eq!(release(which.0).await, [edge(1)]);
        assert_eq!(join(&platform, 2, "d").await, JoinResult::Joined(3));
        edges::revoke(&platform, which, entry("edge.revoke"))
            .await
            .expect("an answer");
        assert_eq!(join(&platform, 3, "e").await, JoinResult::Revoked);
    });
}

#[test]
fn a_counter_ahead_of_ours_is_a_restored_database_and_no_copy() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        make(&platform, 1).await;
        ask(&platform, 1, 1, 1, NOW).await;
        assert_eq!(join(&platform, 0, "a").await, JoinResult::Joined(1));
        // The copy of the database is from here; the edge has joined six times since.
        assert_eq!(join(&platform, 7, "b").await, JoinResult::Joined(8));
        assert_eq!(
            join(&platform, 7, "c").await,
            JoinResult::Quarantined,
            "a copy of the card is still seen"
        );
    });
}

#[test]
fn a_release_takes_the_next_counter_once_whatever_it_is() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        make(&platform, 1).await;
        ask(&platform, 1, 1, 1, NOW).await;
        for (counter, attempt) in [(0, "a"), (1, "b"), (2, "c")] {
            join(&platform, counter, attempt).await;
        }
        // The card was restored from a copy: it is two joins behind.
        assert_eq!(join(&platform, 1, "d").await, JoinResult::Quarantined);
        let released = edges::release(&platform, org(1), None, entry("edge.release")).await;
        assert_eq!(released.expect("an answer"), [edge(1)]);
        assert_eq!(join(&platform, 1, "d").await, JoinResult::Joined(4));
        assert_eq!(
            join(&platform, 1, "d").await,
            JoinResult::Joined(4),
            "the answer was lost"
        );
        assert_eq!(
            join(&platform, 3, "e").await,
            JoinResult::Quarantined,
            "whoever else has it"
        );
    });
}

#[test]
fn last_seen_only_moves_forward() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        make(&platform, 1).await;
        ask(&platform, 1, 1, 1, NOW).await;
        let later = NOW.plus(HOUR);
        edges::record_contacts(&platform, vec![(edge(1), later)])
            .await
            .expect("noted");
        edges::record_contacts(&platform, vec![(edge(1), NOW), (edge(2), NOW)])
            .await
            .expect("noted");
        let found = edges::get(&platform, edge(1))
            .await
            .expect("an answer")
            .expect("an edge");
        assert_eq!(found.seen, Some(later));
    });
}
