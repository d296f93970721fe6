//! The shim: parameters, isolation of tenants, one process per directory, files that nobody else can read.

use super::{body, custom, open, org, run, store};
use crate::{
    Db, StoreError,
    events::{self, EventFilter},
    statement::for_sqlite,
};
use protocol::Lane;
use std::{fs, os::unix::fs::PermissionsExt as _};

#[test]
fn parameters_are_numbers_outside_of_quotes() {
    assert_eq!(
        for_sqlite("UPDATE t SET x = $3, y = '$1''$2' WHERE id = $1"),
        "UPDATE t SET x = ?3, y = '$1''$2' WHERE id = ?1"
    );
}

#[test]
fn a_scope_sees_its_own_organisation_only() {
    run(async {
        let (_dir, db) = open();
        store(&db.scope(org(1)), Lane::Facts, &[(1, body(custom(1)))]).await;
        let all = || EventFilter {
            limit: 10,
            ..EventFilter::default()
        };
        assert_eq!(events::query(&db.scope(org(1)), all()).await.expect("events").len(), 1);
        assert_eq!(events::query(&db.scope(org(2)), all()).await.expect("events").len(), 0);
    });
}

#[test]
fn a_second_process_is_refused_and_files_are_private() {
    run(async {
        let (dir, db) = open();
        store(&db.scope(org(1)), Lane::Facts, &[(1, body(custom(1)))]).await;
        assert!(matches!(Db::open(dir.path()), Err(StoreError::InUse { .. })));
        let files = |dir: std::path::PathBuf| {
            fs::read_dir(dir)
                .expect("a directory")
                .map(|file| file.expect("a file").path())
        };
        for path in files(dir.path().to_owned())
            .chain(files(dir.path().join("t")))
            .filter(|path| path.is_file())
        {
            let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
        db.close();
        Db::open(dir.path()).expect("free again");
    });
}

#[test]
fn a_piece_that_fails_takes_only_itself_back() {
    run(async {
        let (_dir, db) = open();
        let platform = db.platform();
        let insert = |name: &'static str, number: i64| {
            platform.write(move |tx| {
                tx.execute(
                    "INSERT INTO org (id, name, created) VALUES ($1, $2, $3)",
                    &[crate::value::SqlParam::from(&org(1)), name.into(), number.into()],
                )
            })
        };
        let (first, second, third) = tokio::join!(insert("first", 1), insert("second", 2), platform.read(|_| Ok(())));
        assert!(first.is_ok() && matches!(second, Err(StoreError::Statement { .. })) && third.is_ok());
        let orgs = crate::orgs::list(&platform).await.expect("organisations");
        assert_eq!(orgs.iter().map(|org| org.name.as_str()).collect::<Vec<_>>(), ["first"]);
    });
}

#[test]
fn pages_of_events_follow_each_other_without_overlap() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let records: Vec<_> = (1..=25).map(|seq| (seq, body(custom(seq)))).collect();
        store(&scope, Lane::Facts, &records).await;
        let (mut before, mut seen) = (None, Vec::new());
        loop {
            let filter = EventFilter {
                name: Some("device.".into()),
                before,
                limit: 10,
                ..EventFilter::default()
            };
            let page = events::query(&scope, filter).await.expect("events");
            let Some(last) = page.last() else { break };
            before = Some((last.at, last.id));
            seen.extend(page.iter().map(|event| event.seq.0));
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
    });
}
