//! Each rule, tried on a small tree that breaks it.

mod circles;
mod dependencies;
mod names;
mod pages;
mod workspace;

use crate::{Finding, Rule, Tree, asyncapi, crates, files, fuzz, map, marks, purity};
use expect_test::{Expect, expect};
use std::fs;

#[test]
fn a_source_without_a_header() {
    let files = [
        ("protocol/src/a.rs", "use std::fmt;\n"),
        ("protocol/src/b.rs", "//! What b is for.\n"),
    ];
    check(
        files::start_with_a_header,
        &files,
        &expect![[r#"
        protocol/src/a.rs: must start with `//!`: what the file is for, then what must never be true of it.
    "#]],
    );
}

#[test]
fn a_source_past_the_limit() {
    let (long, longer) = ("//\n".repeat(401), "//\n".repeat(901));
    let files = [
        ("protocol/src/a.rs", long.as_str()),
        ("protocol/src/tests.rs", long.as_str()),
        ("protocol/src/tests/more.rs", longer.as_str()),
        ("protocol/src/short.rs", "//\n"),
    ];
    check(
        files::stay_short,
        &files,
        &expect![[r#"
        protocol/src/a.rs: has 401 lines, 400 is the most. Split it where it changes its subject.
        protocol/src/tests/more.rs: has 901 lines, 900 is the most. Split it where it changes its subject.
    "#]],
    );
    let lengths = files::lengths(&tree(&files));
    expect!["2 sources beside tests: median 1 lines, p95 1, longest 401"].assert_eq(&lengths.to_string());
}

#[test]
fn names_that_say_nothing() {
    let files = [
        ("edge/kernel/src/mod.rs", ""),
        ("edge/kernel/src/util.rs", ""),
        ("edge/common/src/backoff.rs", ""),
    ];
    check(
        files::have_telling_names,
        &files,
        &expect![[r#"
        edge/common: is called common. Name the thing inside: `backoff`, `clock`, `ledger`.
        edge/kernel/src/mod.rs: is a mod.rs. Make it `foo.rs` beside the folder `foo/`.
        edge/kernel/src/util.rs: is called util. Name the thing inside: `backoff`, `clock`, `ledger`.
    "#]],
    );
}

#[test]
fn a_package_not_named_after_its_path() {
    let files = [
        ("edge/journal/Cargo.toml", "[package]\nname = 'ostona-journal'"),
        ("adapters/zkteco/Cargo.toml", "[package]\nname = 'adapters-zkteco'"),
        ("adapters/sdk/Cargo.toml", "[package]\nname = 'adapter-sdk'"),
        ("edge/apps/queue/Cargo.toml", "[package]\nname = 'edge-apps-queue'"),
    ];
    check(
        crates::named_after_their_path,
        &files,
        &expect![[r#"
        adapters/zkteco/Cargo.toml: the package is called adapters-zkteco. Call it adapter-zkteco: the path with dashes.
        edge/apps/queue: lies more than one level deep. Crates are one level deep; deeper is a module.
        edge/journal/Cargo.toml: the package is called ostona-journal. Call it edge-journal: the path with dashes.
    "#]],
    );
}

#[test]
fn a_map_with_a_white_spot() {
    let files = [
        (
            "docs/architecture.md",
            "`protocol` and edge/journals, but the edge-kernel too.",
        ),
        ("protocol/Cargo.toml", "[package]\nname = 'protocol'"),
        ("edge/kernel/Cargo.toml", "[package]\nname = 'edge-kernel'"),
        ("edge/journal/Cargo.toml", "[package]\nname = 'edge-journal'"),
    ];
    check(
        map::names_every_package,
        &files,
        &expect![[r#"
        docs/architecture.md: does not name edge/journal. Say what it is for and where its arrows go.
    "#]],
    );
    check(
        map::names_every_package,
        &[],
        &expect![[r#"
        docs/architecture.md: is missing. Write the page that names every package and draws the arrows.
    "#]],
    );
}

#[test]
fn a_page_that_disagrees_with_the_protocol() {
    let page = "
        address: ostona/v1/{device}/fact
        address: ostona/v1/{device}/telemetry
        address: ostona/v1/{device}/reported
        address: ostona/v1/{device}/outcome
        address: ostona/v1/{device}/alive
        address: ostona/v1/{device}/desires
        - access.granted
        - access.open
        - access.teleported
        Command:
          payload: {\"command\": \"7\"}
        Telemetry:
          payload: {\"name\": \"device.custom\", \"data\": {\"device\": \"a\", \"kind\": \"b\"}}
          payload: {\"name\": \"site.heartbeat\", \"data\": {}}
        Outcome:
          payload: {\"command\": \"01930f6e-8f00-7000-8000-000000000001\", \"outcome\": \"ok\"}
    ";
    check(
        asyncapi::agrees_with_the_protocol,
        &[("docs/asyncapi.yaml", page)],
        &expect![[r#"
            docs/asyncapi.yaml: has no channel with the address ostona/v1/{device}/command. Describe it.
            docs/asyncapi.yaml: has no channel with the address ostona/v1/{device}/desired. Describe it.
            docs/asyncapi.yaml:10: lists access.teleported, which is neither a fact nor a command of the protocol. Take it out.
            docs/asyncapi.yaml:12: shows what the code refuses: UUID parsing failed: invalid length: found 1 at line 1 column 15. Mend the example.
            docs/asyncapi.yaml:14: shows what the code refuses: device.custom belongs in the other lane. Mend the example.
            docs/asyncapi.yaml:15: shows what the code refuses: missing field `version` at line 1 column 37. Mend the example.
        "#]],
    );
    assert_eq!(findings(asyncapi::agrees_with_the_protocol, &[]).len(), 1);
}

#[test]
fn something_left_for_later() {
    let note = concat!("//! Ok.\n// FIX", "ME: the rest\nfn f() { let s = \"todo!\"; }");
    let found = findings(marks::leave_no_notes, &[("protocol/src/a.rs", note)]);
    assert_eq!(
        found.into_iter().map(|finding| finding.place).collect::<Vec<_>>(),
        ["protocol/src/a.rs:2"]
    );
    let off = "#[test]\n#[ignore]\nfn a() { todo!() }\n#[test]\n#[ignore = \"slow\"]\nfn b() {} // todo!()";
    check(
        marks::switch_nothing_off,
        &[("protocol/src/tests.rs", off)],
        &expect![[r#"
        protocol/src/tests.rs:2: switches a test off. Make it pass, or take it out and say why.
        protocol/src/tests.rs:3: says todo!. Write the code.
        protocol/src/tests.rs:5: switches a test off. Make it pass, or take it out and say why.
    "#]],
    );
}

#[test]
fn a_test_that_waits_for_the_wall_clock() {
    let files = [
        (
            "edge/kernel/src/loop.rs",
            "//! A loop.\nfn f() { std::thread::sleep(TICK) }",
        ),
        (
            "edge/kernel/src/tests.rs",
            "//! Tests.\n#[tokio::test]\nasync fn a() { tokio::time::sleep(TICK).await }",
        ),
        (
            "edge/uplink/src/tests.rs",
            "#[tokio::test(start_paused = true)]\nasync fn a() { tokio::time::sleep(TICK).await }",
        ),
        ("tests/site/src/wait.rs", "fn f() { std::thread::sleep(TICK) }"),
    ];
    check(
        marks::wait_for_no_wall_clock,
        &files,
        &expect![[r#"
        edge/kernel/src/loop.rs:2: sleeps. Wait for the event itself: a channel with a timeout, or tokio's paused clock in a test.
        edge/kernel/src/tests.rs:3: sleeps in a unit test on the real clock. Run the test with `start_paused = true`, or wait for the event itself.
    "#]],
    );
}

#[test]
fn a_fuzz_target_nobody_finds() {
    let source = "fn fuzz_frames() { bolero::check!().for_each(|_| {}); }\nfn xml() {\n    bolero::check!().for_each(|_| {});\n}";
    check(
        fuzz::targets_can_be_found,
        &[("protocol/src/tests.rs", source)],
        &expect![[r#"
            protocol/src/tests.rs:2: `xml` is a fuzz target. Call it fuzz_…, or move it to a module `fuzz`, so that it is found.
        "#]],
    );
}

#[test]
fn a_pure_crate_that_looks_at_the_world() {
    let files = [
        (
            "edge/roster/Cargo.toml",
            "[package]\nname = 'edge-roster'\n[dependencies]\ntokio = '1'",
        ),
        (
            "edge/roster/src/lib.rs",
            "//! Never SystemTime.\nuse std::{fmt, fs};\nfn f() -> Instant { Instant::now() }",
        ),
        ("edge/roster/src/tests.rs", "use std::fs;"),
        (
            "edge/kernel/Cargo.toml",
            "[package]\nname = 'edge-kernel'\n[dependencies]\ntokio = '1'",
        ),
    ];
    check(
        purity::keep_the_world_out,
        &files,
        &expect![[r#"
        edge/roster/Cargo.toml: edge/roster is pure and must not depend on tokio.
        edge/roster/src/lib.rs:2: mentions fs. This crate is pure: take time, randomness and IO in as arguments.
        edge/roster/src/lib.rs:3: mentions Instant. This crate is pure: take time, randomness and IO in as arguments.
        edge/roster/src/lib.rs:3: mentions Instant. This crate is pure: take time, randomness and IO in as arguments.
    "#]],
    );
}

#[test]
fn what_tools_made_is_not_read() {
    let files = [
        ("target/debug/build/a.rs", ""),
        (".cache/venv/b.rs", ""),
        ("protocol/src/lib.rs", ""),
    ];
    assert_eq!(
        tree(&files).sources().map(|(path, _)| path).collect::<Vec<_>>(),
        ["protocol/src/lib.rs"]
    );
}

fn check(rule: Rule, files: &[(&str, &str)], expected: &Expect) {
    let lines: String = findings(rule, files)
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect();
    expected.assert_eq(&lines);
}

fn findings(rule: Rule, files: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = rule(&tree(files));
    findings.sort();
    findings
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Tree::read(root.path()).unwrap()
}
