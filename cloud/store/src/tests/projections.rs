//! Projections: the same tables from the same events, in whatever order they came and however often they were made
//! anew.

mod history;
mod released;

use super::{NOW, edge, event, incoming, open, org, run};
use crate::{
    Db, OrgStore, StoreError,
    catch_up::{self, advance},
    commands::{self, CommandState},
    devices, ingest,
    projection::cursor,
    projections::{PROJECTIONS, ProjectionName},
    queue::{self, TicketPhase},
    tx::Tx,
};
use protocol::{
    Command, CommandId, Event, Fact, Lane, Timestamp,
    command::Action,
    fact::{
        CommandChange, DeviceChange, DeviceIdentity, Door, Feedback, TicketChange, TicketIssue, TicketTransfer,
        WindowCall,
    },
    id::{PersonId, TicketId},
    queue::{Day, Source},
};
use rusqlite::types::ValueRef;
use std::{collections::BTreeMap, time::Duration};

fn at(minute: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(minute * 60))
}

fn ticket(number: u8) -> TicketId {
    TicketId::new(NOW, [number; 10])
}

fn issued(number: u8) -> Fact {
    Fact::QueueIssued(TicketIssue {
        ticket: ticket(number),
        number: format!("K-{number:03}").parse().expect("a number"),
        day: Day::at(NOW, 0),
        service: "cash".parse().expect("a slug"),
        source: Source::Kiosk,
        lang: protocol::Lang::Ru,
        token_hash: format!("{number:064x}").into(),
        ahead: 0,
        wait: None,
        booking: None,
        booked_at: None,
    })
}

fn called(number: u8) -> Fact {
    Fact::QueueCalled(WindowCall {
        ticket: ticket(number),
        number: format!("K-{number:03}").parse().expect("a number"),
        service: "cash".parse().expect("a slug"),
        window: "window-3".parse().expect("a slug"),
        window_number: 3,
        operator: PersonId::new(NOW, [9; 10]),
        attempt: 1,
        wait_s: 60,
        picked: None,
    })
}

fn transferred(number: u8, to: &str) -> Fact {
    Fact::QueueTransferred(TicketTransfer {
        ticket: ticket(number),
        from: "cash".parse().expect("a slug"),
        to: to.parse().expect("a slug"),
        window: None,
        person: None,
        place: protocol::fact::Place::ByAge,
        back_to: None,
        operator: PersonId::new(NOW, [9; 10]),
        left: "window-3".parse().expect("a slug"),
        serve_s: 30,
    })
}

fn moved(number: u8) -> TicketChange {
    TicketChange {
        ticket: ticket(number),
        service: "cash".parse().expect("a slug"),
        window: None,
        operator: None,
        reason: None,
        until: Some(at(30)),
    }
}

fn scored(number: u8, score: u8) -> Fact {
    Fact::QueueFeedback(Feedback {
        ticket: ticket(number),
        service: "cash".parse().expect("a slug"),
        score,
    })
}

fn change(device: &str, reason: Option<&str>, fw: Option<&str>) -> DeviceChange {
    DeviceChange {
        device: device.parse().expect("a slug"),
        reason: reason.map(Into::into),
        fw: fw.map(Into::into),
    }
}

/// An event as the edge records it: about its device, where it is about one.
fn recorded(fact: Fact, at: Timestamp) -> Vec<u8> {
    let device = if let Fact::DeviceOnline(change) | Fact::DeviceOffline(change) = &fact {
        Some((&change.device).into())
    } else {
        None
    };
    let event = Event {
        subj: device,
        ..event(fact, at)
    };
    event.encode().expect("JSON")
}

/// Stores events one at a time, in the order given: seq, minute, fact.
async fn tell(scope: &OrgStore, facts: Vec<(u64, u64, Fact)>) {
    for (seq, minute, fact) in facts {
        let batch = incoming(edge(1), Lane::Facts, &[(seq, recorded(fact, at(minute)))]);
        ingest::store(scope, batch, at(120)).await.expect("stored");
    }
}

async fn by_token(scope: &OrgStore, number: u8) -> Result<Option<queue::TicketRecord>, StoreError> {
    queue::by_token(scope, edge(1), format!("{number:064x}")).await
}

async fn reset(scope: &OrgStore, name: &'static str) {
    let definition = PROJECTIONS.iter().find(|known| known.name == name).expect("known");
    scope
        .write(move |tx| cursor::reset(tx, definition))
        .await
        .expect("emptied");
}

/// Every row of every projection's tables, sorted.
async fn dump(scope: &OrgStore) -> BTreeMap<&'static str, Vec<String>> {
    scope.read(|tx| Ok(dump_in(tx))).await.expect("an answer")
}

fn dump_in(tx: &Tx<'_>) -> BTreeMap<&'static str, Vec<String>> {
    let tables = PROJECTIONS.iter().flat_map(|definition| definition.tables);
    tables
        .map(|table| {
            let sql = format!("SELECT * FROM {}", table.name);
            let mut rows = tx
                .rows(&sql, &[], |row| {
                    let columns = 0..row.0.as_ref().column_count();
                    Ok(columns
                        .map(|column| show(row.0.get_ref(column).expect("a column")))
                        .collect())
                })
                .expect("rows");
            rows.sort_unstable();
            (table.name, rows)
        })
        .collect()
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "- ".to_owned(),
        ValueRef::Integer(number) => format!("{number} "),
        ValueRef::Real(number) => format!("{number} "),
        ValueRef::Text(text) => format!("{:?} ", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + " ",
    }
}

#[test]
fn a_move_that_comes_before_its_tickets_issue_is_not_lost() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        tell(&scope, vec![(2, 5, called(1)), (3, 6, scored(1, 4))]).await;
        assert!(
            by_token(&scope, 1).await.expect("an answer").is_none(),
            "nobody knows its token yet"
        );
        tell(&scope, vec![(1, 0, issued(1))]).await;
        let found = by_token(&scope, 1).await.expect("an answer").expect("a ticket");
        assert_eq!(
            (found.state, found.window_number, found.score, found.issued),
            (TicketPhase::Called, Some(3), Some(4), at(0))
        );
    });
}

#[test]
fn what_a_late_event_alone_says_is_kept() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        tell(
            &scope,
            vec![
                (1, 0, issued(1)),
                (5, 9, Fact::QueueHeld(moved(1))),
                (6, 9, scored(1, 2)),
                (3, 6, called(1)),
                (4, 7, transferred(1, "loans")),
                (2, 5, scored(1, 5)),
            ],
        )
        .await;
        let found = by_token(&scope, 1).await.expect("an answer").expect("a ticket");
        assert_eq!(found.state, TicketPhase::Held);
        assert_eq!(found.service.as_str(), "loans", "the transfer came late");
        assert_eq!(found.window_number, Some(3), "so did the call");
        assert_eq!(found.score, Some(2), "the newer score stands");
    });
}

#[test]
fn since_when_a_device_is_as_it_is_does_not_depend_on_what_came_last() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let found = DeviceIdentity {
            device: "gate-1".parse().expect("a slug"),
            kind: "terminal".into(),
            adapter: None,
            address: None,
        };
        let online = |fw| Fact::DeviceOnline(change("gate-1", None, fw));
        tell(&scope, vec![(2, 1, online(None)), (5, 9, online(Some("1.2")))]).await;
        let device = || devices::get(&scope, edge(1), "gate-1".parse().expect("a slug"));
        let changed = |device: &devices::DeviceRecord| (device.changed, device.fw.clone(), device.seen);
        let first = device().await.expect("an answer").expect("a device");
        assert_eq!(changed(&first), (at(1), Some("1.2".into()), at(9)));
        tell(
            &scope,
            vec![
                (3, 4, Fact::DeviceOffline(change("gate-1", Some("silent"), None))),
                (4, 5, online(None)),
                (1, 0, Fact::DevicePaired(found)),
            ],
        )
        .await;
        let last = device().await.expect("an answer").expect("a device");
        assert_eq!(changed(&last), (at(5), Some("1.2".into()), at(9)));
        assert_eq!(
            last.kind.as_ref().map(AsRef::as_ref),
            Some("terminal"),
            "what it is came last"
        );
        assert_eq!(last.reason, None, "the newest status has none");
    });
}

#[test]
fn of_two_outcomes_the_one_that_happened_first_stands() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let id = CommandId::new(NOW, [1; 10]);
        let command = Command {
            id,
            org: org(1),
            edge: edge(1),
            device: None,
            action: Action::AccessOpen {
                door: Door(1),
                reason: None,
            },
            by: "admin".into(),
            created: NOW,
            expires: at(1),
        };
        commands::create(&scope, command, super::entry("command.create"))
            .await
            .expect("queued");
        let step = || CommandChange {
            command: id,
            command_name: "access.open".to_owned().into(),
            device: None,
            expires: at(1),
            reason: None,
            detail: None,
            took_ms: None,
        };
        tell(
            &scope,
            vec![
                (3, 3, Fact::CommandFailed(step())),
                (2, 2, Fact::CommandOk(step())),
                (1, 1, Fact::CommandRunning(step())),
            ],
        )
        .await;
        let found = commands::get(&scope, id).await.expect("an answer").expect("a command");
        assert_eq!(found.state, CommandState::Ok);
        assert_eq!(
            commands::claim(&scope, edge(1), NOW).await.expect("due"),
            [],
            "the edge has spoken: never sent again"
        );
    });
}

#[test]
fn questions_are_refused_while_the_answer_is_made_anew_and_then_whole() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        tell(&scope, vec![(1, 0, issued(1)), (2, 1, issued(2)), (3, 2, called(1))]).await;
        let before = dump(&scope).await;
        reset(&scope, "queue").await;
        let refused = |result| matches!(result, Err(StoreError::Rebuilding { projection: "queue" }));
        assert!(refused(by_token(&scope, 1).await));
        let first = scope.write(|tx| advance(tx, 2)).await.expect("a piece");
        assert_eq!((first.upto("queue"), first.last), (Some(2), 3));
        assert!(refused(by_token(&scope, 1).await), "half of it is no answer");
        tell(&scope, vec![(4, 3, called(2))]).await;
        assert!(refused(by_token(&scope, 1).await), "what came meanwhile waits its turn");
        let devices = devices::list(&scope, None).await.expect("others go on answering");
        assert!(devices.is_empty());
        catch_up::catch_up(&scope).await.expect("caught up");
        tell(&scope, vec![(5, 4, issued(3))]).await;
        for (number, state) in [
            (1, TicketPhase::Called),
            (2, TicketPhase::Called),
            (3, TicketPhase::Waiting),
        ] {
            let found = by_token(&scope, number).await.expect("an answer").expect("a ticket");
            assert_eq!(found.state, state, "{number}");
        }
        let name: ProjectionName = "queue".parse().expect("a name");
        let incremental = dump(&scope).await;
        let mut told = Vec::new();
        catch_up::rebuild(&scope, name, |progress| told.push(progress.upto))
            .await
            .expect("rebuilt");
        assert_eq!((dump(&scope).await, told.last()), (incremental, Some(&5)));
        assert_ne!(before, dump(&scope).await);
    });
}

#[test]
fn a_new_version_is_made_anew_by_itself_and_what_the_old_one_left_goes() {
    run(async {
        let (dir, db) = open();
        tell(&db.scope(org(1)), vec![(1, 0, issued(1)), (2, 1, called(1))]).await;
        let before = dump(&db.scope(org(1))).await;
        let older = |tx: &Tx<'_>| {
            tx.define("CREATE TABLE ticket_of_old (id {uuid}); DELETE FROM ticket")?;
            tx.execute(
                "UPDATE projection SET version = 0, tables = 'ticket_of_old ticket' WHERE name = 'queue'",
                &[],
            )
        };
        db.scope(org(1)).write(older).await.expect("made older");
        db.close();
        let db = Db::open(dir.path()).expect("a store");
        let scope = db.scope(org(1));
        // Nobody asks for it: the store does it in the background.
        while matches!(by_token(&scope, 1).await, Err(StoreError::Rebuilding { .. })) {
            tokio::task::yield_now().await;
        }
        assert_eq!(dump(&scope).await, before);
        let left = "SELECT 1 FROM sqlite_master WHERE name = 'ticket_of_old'";
        let left = scope.read(move |tx| tx.first(left, &[], |_| Ok(()))).await;
        assert!(left.expect("an answer").is_none());
    });
}

#[test]
fn a_projection_this_version_does_not_know_is_left_behind_and_not_moved_on() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let newer = |tx: &Tx<'_>| {
            tx.execute(
                "INSERT INTO projection (name, version, upto, tables) VALUES ('of_tomorrow', 1, 0, '')",
                &[],
            )
        };
        scope.write(newer).await.expect("a row");
        tell(&scope, vec![(1, 0, issued(1))]).await;
        let upto = "SELECT upto FROM projection WHERE name = 'of_tomorrow'";
        let upto = scope.read(move |tx| tx.first(upto, &[], |row| row.count(0))).await;
        assert_eq!(upto.expect("an answer"), Some(0));
        assert!(by_token(&scope, 1).await.expect("an answer").is_some());
        catch_up::catch_up(&scope).await.expect("nothing to do");
    });
}
