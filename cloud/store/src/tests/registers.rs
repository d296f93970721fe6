//! Registers and the bookings in them.

use super::{NOW, edge, entry, open, org, run};
use crate::{
    OrgStore,
    bookings::{self, BookingResult, NewBooking, Withdrawal},
    documents::{self, NewDocument},
    registers::{self, RegisterProgress, RowChange},
};
use protocol::{
    RegisterId, Timestamp,
    id::BookingId,
    queue::{Booking, Bookings},
    register::{HeldRegister, RegisterDelta, RegisterHash, RegisterKind, RegisterVersion},
};
use std::time::Duration;

fn bookings_register() -> RegisterId {
    RegisterKind::Bookings.id()
}

fn change(key: &str, body: Option<&str>) -> RowChange {
    RowChange {
        key: key.parse().expect("a key"),
        body: body.map(str::to_owned),
    }
}

async fn write(scope: &OrgStore, changes: Vec<RowChange>) -> u64 {
    let written = registers::write(scope, edge(1), bookings_register(), changes, entry("register.write"));
    written.await.expect("written").0
}

async fn claim(scope: &OrgStore, at: Timestamp) -> Option<RegisterDelta> {
    let mut due = registers::claim(scope, edge(1), at).await.expect("due");
    assert!(due.len() < 2, "{due:?}");
    due.pop()
}

async fn settle(scope: &OrgStore, delta: &RegisterDelta) -> RegisterProgress {
    let held = held(delta.to.0, delta.hash);
    registers::settle(scope, edge(1), held, None).await.expect("filed")
}

fn held(version: u64, hash: RegisterHash) -> HeldRegister {
    HeldRegister {
        register: bookings_register(),
        version: RegisterVersion(version),
        hash,
        resync_since: None,
    }
}

fn keys(delta: &RegisterDelta) -> Vec<String> {
    let line = |row: &protocol::register::Row| format!("{} {} {}", row.key, row.version, row.body().unwrap_or("-"));
    delta.rows.iter().map(line).collect()
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[test]
fn a_row_is_a_version_and_only_what_is_missing_is_sent() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        assert_eq!(claim(&scope, NOW).await, None);
        assert_eq!(
            write(&scope, vec![change("a", Some("1")), change("b", Some("2"))]).await,
            2
        );
        assert_eq!(
            write(&scope, vec![change("a", Some("1")), change("c", None)]).await,
            2,
            "nothing new"
        );
        assert_eq!(registers::due_edges(&scope, NOW).await.expect("edges"), [edge(1)]);
        let first = claim(&scope, NOW).await.expect("everything");
        assert_eq!(keys(&first), ["a 1 1", "b 2 2"]);
        assert_eq!((first.from.0, first.is_last()), (0, true));
        assert_eq!(claim(&scope, NOW).await, None, "it is on its way");
        assert_eq!(write(&scope, vec![change("a", None), change("b", Some("3"))]).await, 4);
        assert_eq!(claim(&scope, NOW).await, None, "one at a time");
        assert_eq!(settle(&scope, &first).await, RegisterProgress::Due);
        let second = claim(&scope, NOW).await.expect("what changed");
        assert_eq!(
            (second.from.0, keys(&second)),
            (2, vec!["a 3 -".to_owned(), "b 4 3".to_owned()])
        );
        assert_eq!(settle(&scope, &second).await, RegisterProgress::InForce);
        assert_eq!(registers::due_edges(&scope, NOW).await.expect("edges"), []);
        let tracked = registers::get(&scope, edge(1), bookings_register())
            .await
            .expect("an answer");
        let floor = tracked.expect("a register").state.floor;
        assert_eq!(
            floor,
            RegisterVersion(4),
            "what the edge knows to be deleted is forgotten"
        );
    });
}

#[test]
fn rows_that_nobody_answers_for_are_sent_again_and_hello_is_believed() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        write(&scope, vec![change("a", Some("1"))]).await;
        let first = claim(&scope, NOW).await.expect("everything");
        assert_eq!(claim(&scope, after(29)).await, None);
        let again = claim(&scope, after(30)).await.expect("again");
        assert_eq!(keys(&again), keys(&first));
        registers::reconcile(&scope, edge(1), vec![held(1, first.hash)])
            .await
            .expect("compared");
        assert_eq!(claim(&scope, after(60)).await, None, "it had them");
        registers::reconcile(&scope, edge(1), vec![held(1, RegisterHash::default())])
            .await
            .expect("compared");
        let whole = claim(&scope, after(60)).await.expect("the whole table");
        assert_eq!((whole.from.0, whole.rows.len()), (0, 1), "another hash");
        let nothing = held(0, RegisterHash::default());
        let due = registers::settle(&scope, edge(1), nothing, None).await.expect("filed");
        assert_eq!(due, RegisterProgress::Due, "it came to another hash");
        assert_eq!(claim(&scope, after(61)).await, None, "not twice in a moment");
        assert_eq!(claim(&scope, after(65)).await.expect("the whole table").from.0, 0);
        registers::reconcile(&scope, edge(1), vec![held(9, first.hash)])
            .await
            .expect("compared");
        assert_eq!(
            claim(&scope, after(90)).await.expect("the whole table").from.0,
            0,
            "from the future"
        );
    });
}

#[test]
fn registers_of_one_edge_are_not_anothers() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        write(&scope, vec![change("a", Some("1"))]).await;
        assert!(registers::claim(&scope, edge(2), NOW).await.expect("due").is_empty());
        assert!(
            registers::claim(&db.scope(org(2)), edge(1), NOW)
                .await
                .expect("due")
                .is_empty()
        );
        let rows = registers::rows(&scope, edge(2), bookings_register()).await;
        assert!(rows.expect("rows").is_empty());
    });
}

fn booking(number: u16, code: &str) -> Booking {
    let mut entropy = [0; 10];
    entropy[..2].copy_from_slice(&number.to_be_bytes());
    Booking {
        id: BookingId::new(NOW, entropy),
        service: "cash".parse().expect("a slug"),
        at: after(3600),
        code_hash: code.to_owned().into(),
    }
}

async fn add(scope: &OrgStore, candidates: Vec<Booking>, forget_before: Timestamp, most: usize) -> BookingResult {
    let new = NewBooking {
        edge: edge(1),
        candidates,
        forget_before,
        most,
    };
    bookings::add(scope, new, entry("booking.create"))
        .await
        .expect("an answer")
}

#[test]
fn bookings_of_the_document_become_rows_with_the_first_that_is_made() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let before = vec![booking(1, "one"), booking(2, "two")];
        let body = Bookings {
            bookings: before.clone(),
        };
        let document = NewDocument {
            edge: edge(1),
            id: "bookings/branch".parse().expect("an id"),
            published: NOW,
            requires_restart: false,
            withdrawn: false,
            body: serde_json::to_value(body).expect("JSON"),
        };
        documents::publish(&scope, document, entry("document.publish"))
            .await
            .expect("published");
        assert_eq!(bookings::list(&scope, edge(1)).await.expect("bookings"), before);
        assert_eq!(claim(&scope, NOW).await, None, "the edge has the document");
        let candidates = vec![booking(3, "two"), booking(3, "three")];
        assert_eq!(
            add(&scope, candidates, NOW, 5).await,
            BookingResult::Booked(booking(3, "three")),
            "a code of its own"
        );
        assert_eq!(bookings::list(&scope, edge(1)).await.expect("bookings").len(), 3);
        let all = claim(&scope, NOW).await.expect("everything");
        assert_eq!((all.from.0, all.rows.len()), (0, 3));
        settle(&scope, &all).await;
        add(&scope, vec![booking(4, "four")], NOW, 5).await;
        let one = claim(&scope, NOW).await.expect("one more");
        assert_eq!((one.from.0, one.rows.len()), (3, 1), "one booking is one row");
    });
}

#[test]
fn bookings_end_and_a_branch_keeps_so_many() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        for number in 1..=3 {
            add(&scope, vec![booking(number, &format!("code-{number}"))], NOW, 3).await;
        }
        assert_eq!(add(&scope, vec![booking(4, "four")], NOW, 3).await, BookingResult::Full);
        let later = Booking {
            at: after(10_000),
            ..booking(5, "code-1")
        };
        assert_eq!(
            add(&scope, vec![later.clone()], after(3601), 3).await,
            BookingResult::Booked(later.clone()),
            "the others' time is over, and so is their code"
        );
        assert_eq!(bookings::list(&scope, edge(1)).await.expect("bookings"), [later]);
    });
}

#[test]
fn a_booking_that_is_withdrawn_is_a_row_that_is_deleted() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        for number in 1..=2 {
            add(&scope, vec![booking(number, &format!("code-{number}"))], NOW, 2).await;
        }
        settle(&scope, &claim(&scope, NOW).await.expect("everything")).await;
        let withdraw = async |number| {
            let gone = bookings::withdraw(&scope, edge(1), booking(number, "").id, entry("booking.withdraw"));
            gone.await.expect("an answer")
        };
        assert_eq!(withdraw(1).await, Withdrawal::Done);
        assert_eq!(withdraw(1).await, Withdrawal::Unknown, "it is gone already");
        assert_eq!(withdraw(3).await, Withdrawal::Unknown, "there was none");
        let gone = claim(&scope, NOW).await.expect("what changed");
        assert_eq!(keys(&gone), [format!("{} 3 -", booking(1, "").id)]);
        assert_eq!(
            add(&scope, vec![booking(3, "code-1")], NOW, 2).await,
            BookingResult::Booked(booking(3, "code-1")),
            "its place and its code are free"
        );
    });
}
