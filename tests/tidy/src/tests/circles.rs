//! Circles of files, on small crates that have one and on some that only look like it.

use super::{check, tree};
use crate::circles;
use expect_test::expect;

const MANIFEST: (&str, &str) = ("edge/rooms/Cargo.toml", "[package]\nname = 'edge-rooms'");

#[test]
fn files_that_stand_on_each_other() {
    let files = [
        MANIFEST,
        (
            "edge/rooms/src/lib.rs",
            "//! L.\nmod commit;\nmod port;\nmod entry;\npub use port::Port;",
        ),
        ("edge/rooms/src/commit.rs", "use crate::{port::Port, entry};"),
        (
            "edge/rooms/src/port.rs",
            "use super::entry::{self, Entry};\nfn f() { entry::g() }",
        ),
        ("edge/rooms/src/entry.rs", "fn h() -> crate::commit::Batch { todo() }"),
    ];
    check(
        circles::of_files_are_none,
        &files,
        &expect![[r#"
            edge/rooms/src/commit.rs: stands in a circle of 3 files: edge/rooms/src/commit.rs → edge/rooms/src/entry.rs → edge/rooms/src/commit.rs. Move what both ends need to a file of its own.
        "#]],
    );
}

#[test]
fn what_is_passed_on_belongs_to_who_defines_it() {
    let files = [
        MANIFEST,
        (
            "edge/rooms/src/lib.rs",
            "//! L.\nmod commit;\nmod port;\npub use commit::Batch;\npub use port::Port;",
        ),
        ("edge/rooms/src/commit.rs", "use crate::Port;"),
        ("edge/rooms/src/port.rs", "use crate::Batch;"),
    ];
    let found = circles::circles(&tree(&files), "edge/rooms");
    assert_eq!(
        found[0].way,
        [
            "edge/rooms/src/commit.rs",
            "edge/rooms/src/port.rs",
            "edge/rooms/src/commit.rs"
        ]
    );
}

#[test]
fn a_parent_and_its_child() {
    let files = [
        MANIFEST,
        ("edge/rooms/src/lib.rs", "//! L.\nmod port;"),
        (
            "edge/rooms/src/port.rs",
            "mod wire;\nuse wire::Frame;\npub struct Limit;",
        ),
        ("edge/rooms/src/port/wire.rs", "use super::Limit;"),
    ];
    assert_eq!(circles::circles(&tree(&files), "edge/rooms").len(), 1);
}

#[test]
fn no_circle_by_tests_other_crates_or_modules_in_the_file() {
    let files = [
        MANIFEST,
        (
            "edge/rooms/src/lib.rs",
            "//! L.\nmod commit;\nmod port;\npub use commit::Batch;",
        ),
        (
            "edge/rooms/src/commit.rs",
            "use crate::port::Port;\npub use protocol::Event;\nmod inner { use super::Batch; }\npub struct Batch;",
        ),
        (
            "edge/rooms/src/port.rs",
            "//! See `crate::commit`.\nuse commit::Other;\n#[cfg(test)]\nuse crate::commit::Batch;\n\
             #[cfg(test)]\nmod tests { use crate::commit::Batch; }",
        ),
        ("edge/rooms/src/port/tests.rs", "use crate::commit::Batch;"),
        ("edge/rooms/src/main.rs", "//! M.\nmod wiring;\nuse wiring::run;"),
        ("edge/rooms/src/wiring.rs", "use edge_rooms::Batch;"),
    ];
    assert_eq!(circles::circles(&tree(&files), "edge/rooms"), []);
}
