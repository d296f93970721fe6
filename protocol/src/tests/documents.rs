//! The table of document kinds: what it names is checked, what it does not name is of no kind.

use crate::{
    DocumentId,
    document::{DocumentFault, DocumentKind, DocumentReader, DocumentReason, DocumentUse},
};
use expect_test::expect;
use serde_json::{Value, json};
use std::fmt::Write as _;

fn kind(id: &str) -> Option<DocumentKind> {
    DocumentKind::of(&id.parse::<DocumentId>().expect("an id"))
}

#[test]
fn every_row_of_the_table() {
    let mut table = String::new();
    for kind in DocumentKind::ALL {
        let (reader, usage) = (kind.reader(), kind.usage());
        let _ = writeln!(table, "{} {reader:?} {usage:?}", kind.pattern());
    }
    expect![[r#"
        device/* Devices Current
        queue/branch App("queue") Current
        bookings/branch App("queue") ReplacedBy("bookings")
    "#]]
    .assert_eq(&table);
}

#[test]
fn an_id_has_one_kind_or_none() {
    assert_eq!(kind("device/lobby-gate-1"), Some(DocumentKind::Device));
    assert_eq!(kind("queue/branch"), Some(DocumentKind::Branch));
    assert_eq!(kind("bookings/branch"), Some(DocumentKind::Bookings));
    for unknown in ["queue/other", "policy/kiosk", "devices/gate", "bookings/b"] {
        assert_eq!(kind(unknown), None, "{unknown}");
    }
    assert_eq!(DocumentKind::Device.reader(), DocumentReader::Devices);
    assert_eq!(DocumentKind::Bookings.usage(), DocumentUse::ReplacedBy("bookings"));
}

#[test]
fn a_body_is_refused_by_the_place_that_is_wrong_and_never_quoted() {
    let check = |kind: DocumentKind, body: &Value| match kind.check(body) {
        Ok(()) => "ok".to_owned(),
        Err(error) => error.to_string(),
    };
    let device = |body: Value| check(DocumentKind::Device, &body);
    assert_eq!(
        device(json!({"kind": "gate", "adapter": "turnstile", "settings": {"password": "hunter2"}})),
        "ok"
    );
    assert_eq!(
        device(json!({"kind": 7})),
        "kind: invalid type: integer `7`, expected a string"
    );
    assert_eq!(device(json!({})), "body: missing field `kind`");
    let secret = device(json!({"kind": "gate", "adapter": "hunter2!"}));
    assert!(
        secret.starts_with("adapter: ") && !secret.contains("hunter2"),
        "{secret}"
    );
    let token = device(json!({"kind": "gate", "token": "hunter2"}));
    assert!(token.starts_with("token: ") && !token.contains("hunter2"), "{token}");

    let branch = |minutes: u16| {
        json!({"name": {"en": "Main"}, "profiles": [], "windows": [], "operators": [], "services": [
            {"id": "cash", "prefix": "K", "name": {"en": "Cash"}, "minutes": minutes, "target_wait": 15}]})
    };
    assert_eq!(check(DocumentKind::Branch, &branch(10)), "ok");
    let bad = DocumentKind::Branch.check(&branch(0)).expect_err("no time at all");
    assert_eq!(bad.path(), "services.0.minutes");
    let fault = DocumentFault::from(bad);
    assert_eq!(fault.reason, DocumentReason::Invalid);
    assert!(
        fault.to_string().starts_with("invalid: services.0.minutes: "),
        "{fault}"
    );
    assert_eq!(DocumentFault::unsupported().to_string(), "unsupported");
}

#[test]
fn a_reason_of_another_version_is_a_failure() {
    let read = |word: &str| serde_json::from_value::<DocumentReason>(word.into()).expect("a reason");
    assert_eq!(read("unsupported"), DocumentReason::Unsupported);
    assert_eq!(read("no door 7"), DocumentReason::Failed);
}
