//! Rules about pages and domains, each tried on a small tree that breaks it.

use super::{check, findings};
use crate::{domains, howto};
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
