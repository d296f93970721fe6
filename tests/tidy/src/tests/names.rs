//! Rules about names and shapes, each tried on a small tree that breaks it.

use super::{check, findings, tree};
use crate::{apps, shapes, types, words};
use expect_test::expect;

#[test]
fn a_word_the_house_does_not_use() {
    let files = [
        (
            "edge/kernel/src/a.rs",
            "struct DeviceManager;\n// struct Hub;\nmod helpers {}\ntype Database = ();\nenum Metadata {}",
        ),
        ("adapters/hikvision/src/wire.rs", "struct DeviceInfo;\nstruct DoorInfo;"),
        (
            "edge/broker/src/b.rs",
            "struct Message;\nstruct Handler;\nstruct Service;\nstruct Job;",
        ),
    ];
    check(
        words::are_the_house_s,
        &files,
        &expect![[r#"
        adapters/hikvision/src/wire.rs:2: `DoorInfo` says "info". Say what it holds; a name a wire format demands goes to tests/tidy/src/words.rs.
        edge/kernel/src/a.rs:1: `DeviceManager` says "manager". Say what it does; a name a wire format demands goes to tests/tidy/src/words.rs.
        edge/kernel/src/a.rs:3: `helpers` says "helper". Say what it does; a name a wire format demands goes to tests/tidy/src/words.rs.
    "#]],
    );
}

#[test]
fn a_name_that_was_replaced() {
    let files = [
        (
            "edge/kernel/src/a.rs",
            "struct Wishes;\nstruct Proofreading;\n// struct Dice;\nmod weather;",
        ),
        ("tests/site/src/a.rs", "pub(crate) enum Lossy {}"),
    ];
    check(
        words::stay_replaced,
        &files,
        &expect![[r#"
            edge/kernel/src/a.rs:1: `Wishes` was replaced: ScenarioSpec. Say that, or what it is.
            edge/kernel/src/a.rs:4: `weather` was replaced: network conditions. Say that, or what it is.
            tests/site/src/a.rs:1: `Lossy` was replaced: LossyProxy. Say that, or what it is.
        "#]],
    );
}

#[test]
fn a_bool_in_a_signature() {
    let files = [
        (
            "edge/kernel/src/a.rs",
            "pub fn open(door: u16, quick: bool) {}\npub(crate) async fn shut(quick: bool) -> bool { let a: bool = true; a }\n\
             fn private(quick: bool) {}\npub fn asks(check: impl Fn(&str) -> bool) -> bool { true }\n\
             impl A { pub const fn with(self, flag: bool) -> Self { self } }",
        ),
        ("edge/kernel/src/tests.rs", "pub fn open(quick: bool) {}"),
        ("tests/world/src/a.rs", "pub fn open(quick: bool) {}"),
    ];
    check(
        shapes::take_no_bools,
        &files,
        &expect![[r#"
            edge/kernel/src/a.rs:1: `open` takes a bool. Name its two cases in an enum.
            edge/kernel/src/a.rs:2: `shut` takes a bool. Name its two cases in an enum.
            edge/kernel/src/a.rs:5: `with` takes a bool. Name its two cases in an enum.
        "#]],
    );
}

#[test]
fn fields_that_hold_text() {
    let held = "pub struct A {\n    pub name: String,\n    pub(crate) note: Option<String>,\n    pub all: Vec<String>,\n    \
                private: String,\n    pub id: DeviceId,\n}\n";
    let files = [
        ("protocol/src/a.rs", held),
        ("tests/world/src/a.rs", held),
        ("edge/kernel/src/tests.rs", held),
    ];
    assert_eq!(
        shapes::texts(&tree(&files)).to_string(),
        "3 String fields in 7 lines: 428.57 per thousand"
    );
    let found = findings(shapes::hold_few_texts, &files);
    assert!(
        found[0]
            .says
            .contains("first where most of them are: protocol/src/a.rs has 3"),
        "{found:?}"
    );
    let enough = format!("{held}{}", "//\n".repeat(10_000));
    assert!(findings(shapes::hold_few_texts, &[("protocol/src/a.rs", enough.as_str())]).is_empty());
}

#[test]
fn types_that_share_a_name() {
    let files = [
        (
            "edge/kernel/src/a.rs",
            "struct Settings;\nenum Place {}\nimpl A for B { type Error = (); }",
        ),
        (
            "edge/broker/src/a.rs",
            "struct Settings;\nmod inner { struct Place; }\n#[cfg(test)]\nmod tests { struct Other; }",
        ),
        ("edge/broker/src/b.rs", "impl A for B { type Error = (); }"),
        ("edge/broker/src/c.rs", "struct Other;"),
        ("edge/uplink/src/tests.rs", "struct Other;"),
    ];
    let found = findings(types::have_names_of_their_own, &files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].to_string().contains("`Place`"), "{found:?}");
    assert!(findings(types::have_names_of_their_own, &files[1..]).is_empty());
}

#[test]
fn apps_are_pure() {
    assert!(apps::APPS.iter().all(|app| apps::is_pure(app)));
    assert!(apps::is_pure("edge/app") && apps::is_pure("protocol") && !apps::is_pure("edge/kernel"));
}
