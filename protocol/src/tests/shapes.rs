//! Shapes on the wire and on disk. A change here breaks boxes in the field: think before updating the expectation.

use crate::{
    Actor, ClockState, Command, Document, EdgeId, Event, EventId, Fact, Lane, OrgId, Origin, Timestamp,
    command::Action,
    event::Heading,
    fact::{Decider, Door, KeyKind, Passage},
    lan,
};
use expect_test::{Expect, expect};
use serde::Serialize;

fn check(value: &impl Serialize, expected: &Expect) {
    expected.assert_eq(&serde_json::to_string(value).expect("JSON"));
}

fn passage() -> Fact {
    Fact::AccessGranted(Passage {
        device: "gate".parse().expect("a slug"),
        door: Some(Door(1)),
        spot: None,
        dir: None,
        key_kind: KeyKind::Face,
        person: Some("1042".into()),
        reason: None,
        decided_by: Decider::Device,
    })
}

fn event() -> Event {
    Event {
        id: EventId::new(Timestamp::from_millis(1_790_000_000_000), [1; 10]),
        fact: passage(),
        v: 1,
        at: Timestamp::from_millis(1_790_000_000_000),
        clock: ClockState::Synced,
        boot: 3,
        up_ms: 456,
        actor: Actor::Device {
            id: "gate".parse().expect("a slug"),
        },
        subj: Some("gate".into()),
        corr: None,
        replay: true,
        origin: Some(Origin {
            log: "DS-1".into(),
            number: 9,
            at: None,
            code: Some((5, 75)),
        }),
        pii: 1,
    }
}

#[test]
fn an_event() {
    check(
        &event(),
        &expect![[
            r#"{"id":"01a0c450-6c00-7101-8101-010101010101","name":"access.granted","data":{"device":"gate","door":1,"key_kind":"face","person":"1042","decided_by":"device"},"v":1,"at":1790000000000,"clock":"synced","boot":3,"up_ms":456,"actor":{"kind":"device","id":"gate"},"subj":"gate","replay":true,"origin":{"log":"DS-1","number":9,"code":[5,75]},"pii":1}"#
        ]],
    );
    let body = event().encode().expect("JSON");
    assert_eq!(Event::decode(&body).expect("reads"), event());
    let heading: Heading = serde_json::from_slice(&body).expect("reads");
    assert_eq!(
        (heading.name.as_str(), heading.device()),
        ("access.granted", Some("gate"))
    );
}

#[test]
fn a_heading_of_an_event_newer_than_us() {
    let body = r#"{"id":"01a0c4bd-dc00-7101-8101-010101010101","name":"queue.ticket.issued","data":{"x":1},"v":9,"at":5,
        "actor":{"kind":"device","id":"kiosk"},"something":"new"}"#;
    let heading: Heading = serde_json::from_str(body).expect("reads");
    assert_eq!(
        (heading.name.as_str(), heading.device()),
        ("queue.ticket.issued", Some("kiosk"))
    );
    assert!(
        Event::decode(body.as_bytes()).is_err(),
        "what it means is not known here"
    );
}

#[test]
fn a_command_and_what_a_device_is_asked() {
    let at = Timestamp::from_millis(1_790_000_000_000);
    let action = Action::AccessOpen {
        door: Door(2),
        reason: Some("courier".into()),
    };
    let command = Command {
        id: crate::CommandId::new(at, [2; 10]),
        org: OrgId::new(at, [3; 10]),
        edge: EdgeId::new(at, [4; 10]),
        device: Some("gate".parse().expect("a slug")),
        action: action.clone(),
        by: "anna".into(),
        created: at,
        expires: at.plus(action.default_lifetime()),
    };
    check(
        &command,
        &expect![[
            r#"{"id":"01a0c450-6c00-7202-8202-020202020202","org":"01a0c450-6c00-7303-8303-030303030303","edge":"01a0c450-6c00-7404-8404-040404040404","device":"gate","action":{"name":"access.open","args":{"door":2,"reason":"courier"}},"by":"anna","created":1790000000000,"expires":1790000010000}"#
        ]],
    );
    let request = lan::Request {
        command: command.id,
        action,
        expires: command.expires,
        within_ms: 10_000,
    };
    check(
        &request,
        &expect![[
            r#"{"command":"01a0c450-6c00-7202-8202-020202020202","name":"access.open","args":{"door":2,"reason":"courier"},"expires":1790000010000,"within_ms":10000}"#
        ]],
    );
    let text = serde_json::to_string(&request).expect("JSON");
    assert_eq!(serde_json::from_str::<lan::Request>(&text).expect("reads"), request);
}

#[test]
fn unknown_keys_in_what_actuates_are_refused() {
    let bad = r#"{"name":"access.open","args":{"door":1,"hold_open":true}}"#;
    assert!(serde_json::from_str::<Action>(bad).is_err());
    assert!(serde_json::from_str::<Action>(r#"{"name":"access.open_all","args":{}}"#).is_err());
    let default = serde_json::from_str::<Action>(r#"{"name":"access.open","args":{}}"#).expect("the first door");
    assert_eq!(
        default,
        Action::AccessOpen {
            door: Door(1),
            reason: None
        }
    );
}

#[test]
fn a_documents_hash_does_not_depend_on_the_order_of_keys() {
    let document = |text: &str| Document {
        id: "device/gate".parse().expect("a document id"),
        version: 1,
        org: OrgId::new(Timestamp::from_millis(1), [1; 10]),
        edge: EdgeId::new(Timestamp::from_millis(1), [1; 10]),
        published: Timestamp::from_millis(1),
        requires_restart: false,
        withdrawn: false,
        body: serde_json::from_str(text).expect("JSON"),
    };
    assert_eq!(
        document(r#"{"a":1,"b":[1,2]}"#).hash(),
        document(r#"{ "b": [1, 2], "a": 1 }"#).hash()
    );
    assert_ne!(
        document(r#"{"a":1,"b":[1,2]}"#).hash(),
        document(r#"{"a":1,"b":[2,1]}"#).hash()
    );
}

#[test]
fn every_name_is_dotted_and_stands_once_and_figures_are_telemetry() {
    let mut names = Fact::NAMES.to_vec();
    assert!(
        names
            .iter()
            .all(|name| name.contains('.') && name.chars().all(|c| c.is_ascii_lowercase() || ".-_".contains(c)))
    );
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Fact::NAMES.len());
    assert_eq!(passage().lane(), Lane::Facts);
    assert_eq!((passage().personal(), passage().is_a_devices_own()), (1, true));
}

#[test]
fn times_are_shown_as_people_and_machines_read_them() {
    let at = Timestamp::from_rfc3339("2026-11-20T09:30:00+05:00").expect("a time");
    assert_eq!(at.to_string(), "2026-11-20T04:30:00.000Z");
    assert_eq!(Timestamp::from_rfc3339("2026-11-20 09:30"), None);
    assert_eq!(Timestamp::from_millis(-1).as_secs(), -1);
}

#[test]
fn fuzz_events_and_reports() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = Event::decode(bytes);
        let _ = serde_json::from_slice::<lan::Report>(bytes);
        let _ = serde_json::from_slice::<lan::CommandReply>(bytes);
        let _ = serde_json::from_slice::<crate::control::CloudMessage>(bytes);
        let _ = serde_json::from_slice::<crate::control::EdgeMessage>(bytes);
    });
}

#[test]
fn what_a_site_is_asked_is_spelled_like_what_a_device_is_asked() {
    use crate::command::{Action, SiteAction};
    let texts = [
        r#"{"name":"queue.service.set","args":{"service":"cash","open":"closed"}}"#,
        r#"{"name":"journal.flush","args":{}}"#,
        r#"{"name":"print.test","args":{}}"#,
    ];
    for text in texts {
        let action: Action = serde_json::from_str(text).expect(text);
        assert_eq!(serde_json::to_string(&action).expect("JSON"), text);
        assert!(text.contains(action.name()));
    }
    let shown = r#"{"name":"display.message","args":{"text":{"ru":"Выход"},"seconds":60}}"#;
    let action: Action = serde_json::from_str(shown).expect("a wish");
    assert!(
        matches!(action, Action::Site(SiteAction::DisplayMessage { .. })),
        "{action:?}"
    );
    for bad in [
        r#"{"name":"queue.service.set","args":{"service":"cash"}}"#,
        r#"{"name":"queue.service.set","args":{"service":"cash","open":"closed","more":1}}"#,
        r#"{"name":"queue.nothing","args":{}}"#,
    ] {
        assert!(serde_json::from_str::<Action>(bad).is_err(), "{bad}");
    }
}
