//! Rules about pages and domains, each tried on a small tree that breaks it.

use super::{check, findings};
use crate::{domains, howto, threats};
use expect_test::expect;

#[test]
fn a_page_that_names_what_is_gone() {
    let page = "# How to add\n\n`edge/queue/src/lib.rs`, `edge/<app>/src/lib.rs`, `adapters/<family>/src/wire.rs`\n\
                `/api/v1/edges`, `v2/ingest`, `edge/queue/`, `cargo test -p edge-queue`, `docs/openapi.json`\n\
                `tickets_are_numbered` and `tickets_are_forgotten`, `App::decide`, `edge/gone.rs`\n";
    let files = [
        ("docs/how-to-add.md", page),
        ("docs/openapi.json", "{}"),
        ("edge/queue/src/lib.rs", "fn tickets_are_numbered() {}"),
    ];
    check(
        howto::names_what_exists,
        &files,
        &expect![[r#"
            docs/how-to-add.md:3: names adapters/<family>/src/wire.rs, which is not there. Say where it is now.
            docs/how-to-add.md:5: names edge/gone.rs, which is not there. Say where it is now.
            docs/how-to-add.md:5: names the test tickets_are_forgotten, which is not there. Say which one fails now.
        "#]],
    );
    assert_eq!(findings(howto::names_what_exists, &[]).len(), 1);
}

#[test]
fn a_promise_that_no_test_shows() {
    let page = "| threat | promise | test |\n|---|---|---|\n| a | b | siege `lan::nobody_is_kept_out`, `--test siege` |\n\
                | c | d `e_f_g` | |\n| c | d | the same |\n| h | i | `edge-seal tests`, `lan::nobody_…`, `siege.rs` |\n\
                | j | k | `lan::nobody_is_let_in`, `--test gone`, `gone.rs`, `edge-kernel tests::gone`, `somebody_…` |\n";
    let files = [
        ("docs/security.md", page),
        ("tests/site/tests/siege.rs", "#[test]\nfn nobody_is_kept_out() {}"),
        ("edge/seal/src/lib.rs", "#[test]\nfn a() {}"),
    ];
    check(
        threats::name_tests_that_exist,
        &files,
        &expect![[r#"
            docs/security.md:4: promises what no test shows. Name the test.
            docs/security.md:5: promises what no test shows. Name the test.
            docs/security.md:7: names --test gone, which is not there. Name the test that fails now.
            docs/security.md:7: names edge-kernel tests::gone, which is not there. Name the test that fails now.
            docs/security.md:7: names gone.rs, which is not there. Name the test that fails now.
            docs/security.md:7: names lan::nobody_is_let_in, which is not there. Name the test that fails now.
            docs/security.md:7: names somebody_…, which is not there. Name the test that fails now.
        "#]],
    );
    assert_eq!(findings(threats::name_tests_that_exist, &[]).len(), 1);
}

#[test]
fn a_domain_named_where_it_has_no_place() {
    let files = [
        ("edge/queue/src/lib.rs", "use crate::queue::Ticket;"),
        (
            "edge/broker/src/lib.rs",
            "//! B.\n\nuse protocol::{DeviceId, queue::Ticket};",
        ),
        ("edge/broker/src/tests.rs", "use edge_queue::Ticket;"),
        (
            "edge/uplink/src/lib.rs",
            "// edge_queue\nfn f() { let queue = 1; }\nmod queue;",
        ),
        (
            "edge/vitals/Cargo.toml",
            "[package]\nname = 'edge-vitals'\n[dependencies]\nedge-prints = '1'",
        ),
        ("tests/site/src/lib.rs", "use edge_queue::Ticket;"),
    ];
    check(
        domains::are_named_where_listed,
        &files,
        &expect![[r#"
            edge/broker/src/lib.rs:3: names the domain queue. Hand the thing in through a table of tests/tidy/src/domains.rs, or move the code to the domain's own crates.
            edge/uplink/src/lib.rs:3: names the domain queue. Hand the thing in through a table of tests/tidy/src/domains.rs, or move the code to the domain's own crates.
            edge/vitals/Cargo.toml:1: names the domain prints. Hand the thing in through a table of tests/tidy/src/domains.rs, or move the code to the domain's own crates.
        "#]],
    );
}
