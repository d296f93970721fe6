//! A file made before there were projections: it opens, and its projections are made of its events.

use super::{at, by_token, called, issued, recorded, tell};
use crate::{
    Db, StoreError,
    catalog::CATALOG,
    catch_up, devices, events,
    queue::TicketPhase,
    statement::ddl_for_sqlite,
    tests::{NOW, edge, org, run},
};
use rusqlite::{Connection, params};
use std::path::Path;

/// The steps of a tenant's file as they were released. Nobody may change a letter of them.
const RELEASED: &str = include_str!("released.sql");
const RELEASED_STEPS: usize = 8;

/// A file as the released version left it: two events of a ticket that came in the wrong order, which that version
/// has filed wrongly.
fn released_file(dir: &Path) {
    std::fs::create_dir_all(dir.join("t")).expect("a directory");
    let path = dir.join("t").join(format!("{}.db", org(1)));
    let file = Connection::open(path).expect("a file");
    file.execute_batch(&ddl_for_sqlite(RELEASED)).expect("its tables");
    file.pragma_update(None, "user_version", RELEASED_STEPS as i64)
        .expect("its steps");
    let edge = edge(1);
    for (id, seq, name, body) in [
        (1, 2, "queue.ticket.called", recorded(called(1), at(5))),
        (2, 1, "queue.ticket.issued", recorded(issued(1), at(0))),
    ] {
        let sql = "INSERT INTO event (id, edge, epoch, lane, seq, at, rx, clock_bad, name, body)
                   VALUES (?1, ?2, 1, 0, ?3, ?4, ?4, 0, ?5, ?6)";
        file.execute(
            sql,
            params![id, edge.as_uuid().as_bytes(), seq, NOW.as_millis(), name, body],
        )
        .expect("an event");
    }
    let sql = "INSERT INTO event_cursor (edge, epoch, lane, have) VALUES (?1, 1, 0, 2)";
    file.execute(sql, params![edge.as_uuid().as_bytes()]).expect("a cursor");
    let sql = "INSERT INTO ticket (edge, id, number, day, service, source, lang, token_hash, issued, state, changed,
                                   epoch, seq)
               VALUES (?1, ?2, 'K-001', 1, 'cash', 'kiosk', 'ru', 'x', 0, 'waiting', 0, 1, 1)";
    file.execute(sql, params![edge.as_uuid().as_bytes(), [1u8; 16]])
        .expect("a ticket");
}

#[test]
fn a_file_of_the_released_version_opens_and_is_projected_anew() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        released_file(dir.path());
        let db = Db::open(dir.path()).expect("a store");
        let scope = db.scope(org(1));
        let early = by_token(&scope, 1).await;
        assert!(
            matches!(early, Ok(Some(_)) | Err(StoreError::Rebuilding { .. })),
            "whole, or said to be made anew: {early:?}"
        );
        catch_up::catch_up(&scope).await.expect("caught up");
        let found = by_token(&scope, 1).await.expect("an answer").expect("a ticket");
        assert_eq!((found.state, found.window_number), (TicketPhase::Called, Some(3)));
        tell(&scope, vec![(3, 6, called(2)), (4, 7, issued(2))]).await;
        assert!(by_token(&scope, 2).await.expect("an answer").is_some());
        let stored = events::stored_after(&scope, 0, 10).await.expect("events");
        assert_eq!(stored.iter().map(|event| event.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(devices::list(&scope, None).await.expect("an answer").is_empty());
    });
}

#[test]
fn a_released_step_is_what_it_was() {
    let steps: String = CATALOG.tenant.steps.iter().take(RELEASED_STEPS).copied().collect();
    assert_eq!(steps, RELEASED);
}
