//! Who may depend on whom, tried on small trees that break it.

use super::{check, findings};
use crate::{arrows, owners};
use expect_test::expect;

#[test]
fn an_arrow_that_is_not_in_the_table() {
    let files = [
        ("protocol/Cargo.toml", "[package]\nname = 'protocol'"),
        (
            "edge/journal/Cargo.toml",
            "[package]\nname = 'edge-journal'\n[dependencies]\nprotocol.workspace = true",
        ),
        (
            "edge/roster/Cargo.toml",
            "[package]\nname = 'edge-roster'\n[dependencies]\nedge-journal.workspace = true",
        ),
    ];
    check(
        arrows::follow_the_table,
        &files,
        &expect![[r#"
        edge/roster/Cargo.toml: edge/roster must not depend on edge/journal: it may depend on protocol, edge/app. Take the dependency out and hand the thing in through a port, or move the code to where the arrow exists.
    "#]],
    );
}

#[test]
fn an_arrow_hidden_by_a_rename_a_target_or_a_build() {
    let files = [
        ("edge/journal/Cargo.toml", "[package]\nname = 'edge-journal'"),
        (
            "edge/vitals/Cargo.toml",
            "[package]\nname = 'edge-vitals'\n[dependencies]\ndisk = { package = 'edge-journal', path = '.' }",
        ),
        (
            "edge/broker/Cargo.toml",
            "[package]\nname = 'edge-broker'\n[target.'cfg(unix)'.dependencies]\nedge-journal = '1'",
        ),
        (
            "edge/uplink/Cargo.toml",
            "[package]\nname = 'edge-uplink'\n[build-dependencies]\nedge-journal = '1'",
        ),
    ];
    let places = findings(arrows::follow_the_table, &files)
        .into_iter()
        .map(|finding| finding.place);
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            "edge/broker/Cargo.toml",
            "edge/uplink/Cargo.toml",
            "edge/vitals/Cargo.toml"
        ]
    );
}

#[test]
fn nothing_depends_on_tests_and_the_agent_not_on_the_updater() {
    let files = [
        ("tests/world/Cargo.toml", "[package]\nname = 'tests-world'"),
        (
            "tests/site/Cargo.toml",
            "[package]\nname = 'tests-site'\n[dependencies]\ntests-world = '1'\nedge-agent = '1'",
        ),
        ("edge/updater/Cargo.toml", "[package]\nname = 'edge-updater'"),
        (
            "edge/agent/Cargo.toml",
            "[package]\nname = 'edge-agent'\n[dependencies]\nedge-updater = '1'",
        ),
        (
            "cloud/store/Cargo.toml",
            "[package]\nname = 'cloud-store'\n[dev-dependencies]\ntests-world = '1'",
        ),
    ];
    check(
        arrows::follow_the_table,
        &files,
        &expect![[r#"
        cloud/store/Cargo.toml: cloud/store must not depend on tests/world: it may depend on protocol. Take the dependency out and hand the thing in through a port, or move the code to where the arrow exists.
        edge/agent/Cargo.toml: edge/agent must not depend on edge/updater: it may depend on protocol, edge/*, adapters/*. Take the dependency out and hand the thing in through a port, or move the code to where the arrow exists.
    "#]],
    );
}

#[test]
fn unit_tests_may_follow_arrows_further_but_not_across() {
    let files = [
        ("adapters/sdk/Cargo.toml", "[package]\nname = 'adapter-sdk'"),
        ("adapters/zkteco/Cargo.toml", "[package]\nname = 'adapter-zkteco'"),
        ("edge/journal/Cargo.toml", "[package]\nname = 'edge-journal'"),
        ("edge/kernel/Cargo.toml", "[package]\nname = 'edge-kernel'"),
        (
            "edge/uplink/Cargo.toml",
            "[package]\nname = 'edge-uplink'\n[dependencies]\nedge-journal = '1'",
        ),
        (
            "edge/lan/Cargo.toml",
            "[package]\nname = 'edge-lan'\n[dev-dependencies]\nadapter-sdk = '1'\nedge-journal = '1'\nadapter-zkteco = '1'",
        ),
    ];
    check(
        arrows::follow_the_table,
        &files,
        &expect![[r#"
            edge/lan/Cargo.toml: edge/lan must not depend on adapters/zkteco: it may depend on protocol, edge/kernel, edge/words, edge/atomic-file. Take the dependency out and hand the thing in through a port, or move the code to where the arrow exists.
            edge/uplink/Cargo.toml: edge/uplink must not depend on edge/journal: it may depend on protocol, edge/kernel, edge/backoff, edge/atomic-file, edge/seal. Take the dependency out and hand the thing in through a port, or move the code to where the arrow exists.
        "#]],
    );
}

#[test]
fn a_crate_without_a_row_in_the_table() {
    let files = [("sensors/Cargo.toml", "[package]\nname = 'sensors'")];
    check(
        arrows::follow_the_table,
        &files,
        &expect![[r#"
        sensors: is not in the table of arrows. Add its row to tests/tidy/src/arrows.rs and docs/architecture.md.
    "#]],
    );
}

#[test]
fn a_manifest_that_is_no_toml() {
    let found = findings(arrows::follow_the_table, &[("edge/vitals/Cargo.toml", "[package")]);
    assert!(
        found.iter().any(|finding| finding.says.starts_with("is no TOML")),
        "{found:?}"
    );
}

#[test]
fn a_library_in_the_wrong_hands() {
    let files = [
        (
            "edge/kernel/Cargo.toml",
            "[package]\nname = 'edge-kernel'\n[dependencies]\nredb = '4'",
        ),
        (
            "edge/journal/Cargo.toml",
            "[package]\nname = 'edge-journal'\n[dependencies]\nredb = '4'",
        ),
        (
            "protocol/Cargo.toml",
            "[package]\nname = 'protocol'\n[dev-dependencies]\nanyhow = '1'",
        ),
    ];
    check(
        owners::own_their_libraries,
        &files,
        &expect![[r#"
        edge/kernel/Cargo.toml: redb belongs to edge/journal. Ask its owner for what edge/kernel needs.
        protocol/Cargo.toml: anyhow belongs to edge/agent, edge/updater, cloud/relay, xtask, tests/*. Ask its owner for what protocol needs.
    "#]],
    );
}

#[test]
fn anyhow_beyond_the_wiring() {
    let files = [
        ("cloud/relay/src/main.rs", "//! Main.\nuse anyhow::Result;"),
        (
            "cloud/relay/src/ingest.rs",
            "//! Takes batches, never `anyhow`.\n\nuse anyhow::Result;",
        ),
    ];
    check(
        owners::keep_anyhow_in_the_wiring,
        &files,
        &expect![[r#"
        cloud/relay/src/ingest.rs:3: uses anyhow. Give the module an error enum that callers can match on.
    "#]],
    );
}
