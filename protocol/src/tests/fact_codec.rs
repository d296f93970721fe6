//! Facts, reports and events are read and written as serde's derive would, whatever the order, and whatever is wrong.

use crate::{
    Actor, ClockState, DeviceId, Event, EventId, Fact, Origin, RawJson, Timestamp,
    fact::derived,
    id::{CustomKind, SubjectId},
    json::{self, MAX_DEPTH, RawJsonError},
    lan,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A custom fact whose body is a tree: what the derive can read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Custom {
    device: DeviceId,
    kind: CustomKind,
    #[serde(default)]
    body: Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct DerivedReport {
    #[serde(flatten)]
    fact: derived::Fact,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replay: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DerivedEvent {
    id: EventId,
    #[serde(flatten)]
    fact: derived::Fact,
    v: u16,
    at: Timestamp,
    clock: ClockState,
    boot: u64,
    up_ms: u64,
    actor: DerivedActor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subj: Option<SubjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corr: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replay: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    #[serde(default)]
    pii: u8,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum DerivedActor {
    Edge,
    Device { id: DeviceId },
    Cloud { id: String },
    Person { id: crate::PersonId },
    Account { id: String },
}

/// Names and data as devices and the edge write them.
const FACTS: &[(&str, &str)] = &[
    (
        "device.custom",
        r#"{"device":"d1","kind":"count","body":{"n":7,"pad":"é\u00e9\ud83d\ude00\n"}}"#,
    ),
    ("device.custom", r#"{"device":"d1","kind":"none"}"#),
    (
        "device.custom",
        r#"{"device":"a-device-with-quite-a-long-name","kind":"x","body":[1,2.5,-3e2,null,true,"x"]}"#,
    ),
    ("device.metric", r#"{"device":"d1","cpu":12.5,"more":{"a":1,"b":-2.5}}"#),
    ("device.metric", "{}"),
    (
        "access.granted",
        r#"{"device":"gate","door":1,"key_kind":"face","person":"1042","decided_by":"device"}"#,
    ),
    (
        "agent.span.recorded",
        r#"{"device":"pc","kind":"afk","start":5,"dur_ms":9,"title":"a \"title\""}"#,
    ),
    (
        "device.reported",
        r#"{"device":"d1","settings":{"volume":3,"deep":{"er":[1]}}}"#,
    ),
    ("site.heartbeat", "{}"),
    ("policy.applied", r#"{"document":"device/d1","version":2,"hash":"00"}"#),
    (
        "queue.ticket.cancelled",
        r#"{"ticket":"01a0c4bd-dc00-7101-8101-010101010101","service":"cash"}"#,
    ),
    ("no.such.fact", "{}"),
];

/// What else may stand in an object, some of it wrong.
const OTHERS: &[&str] = &[
    r#""replay":true"#,
    r#""replay":1"#,
    r#""origin":{"log":"l","number":3}"#,
    r#""origin":null"#,
    r#""extra":{"a":[1,{"b":null}]}"#,
    r#""id":"01a0c450-6c00-7101-8101-010101010101""#,
    r#""v":1"#,
    r#""at":1790000000000"#,
    r#""clock":"synced""#,
    r#""boot":3"#,
    r#""up_ms":456"#,
    r#""actor":{"kind":"device","id":"gate"}"#,
    r#""actor":{"id":"somebody","kind":"cloud"}"#,
    r#""actor":{"kind":"edge"}"#,
    r#""subj":"gate""#,
    r#""subj":"a \"gate\" \u0001""#,
    r#""clock":"estimated""#,
    r#""actor":{"kind":"person","id":"01a0c450-6c00-7101-8101-010101010101"}"#,
    r#""corr":"é\\""#,
    r#""corr":null"#,
    r#""pii":2"#,
];

/// The same as text, or as no text where it cannot be read; numbers and escapes as serde_json writes them.
fn normal<T: DeserializeOwned + Serialize>(text: &str) -> Option<Value> {
    let read: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&read).expect("JSON");
    Some(serde_json::from_str(&written).expect("JSON"))
}

fn agree(text: &str) {
    assert_eq!(normal::<Fact>(text), normal::<derived::Fact>(text), "fact {text}");
    assert_eq!(
        normal::<lan::Report>(text),
        normal::<DerivedReport>(text),
        "report {text}"
    );
    assert_eq!(normal::<Event>(text), normal::<DerivedEvent>(text), "event {text}");
    encoded_as_serialised(text);
}

/// The record's body is what `Serialize` makes of the event.
fn encoded_as_serialised(text: &str) {
    if let Ok(event) = serde_json::from_str::<Event>(text) {
        let encoded = String::from_utf8(event.encode().expect("JSON")).expect("text");
        assert_eq!(encoded, serde_json::to_string(&event).expect("JSON"));
    }
}

/// Everything an event has beside its fact.
const WHOLE: [usize; 9] = [2, 5, 6, 7, 8, 9, 10, 11, 15];

#[test]
fn each_fact_is_read_and_written_as_by_the_derive() {
    for (name, data) in FACTS {
        let event: Vec<&str> = WHOLE.iter().map(|at| OTHERS[*at]).collect();
        let rest = event.join(",");
        agree(&format!(r#"{{"name":"{name}","data":{data}}}"#));
        agree(&format!(r#"{{"data":{data},"name":"{name}"}}"#));
        agree(&format!(r#"{{"name":"{name}","data":{data},{rest}}}"#));
        agree(&format!(r#"{{{rest},"data":{data},"name":"{name}"}}"#));
        agree(&format!(r#"["{name}",{data}]"#));
    }
}

#[test]
fn text_is_the_same_byte_for_byte() {
    for (name, data) in FACTS {
        let text = format!(r#"{{"name":"{name}","data":{data},"replay":true}}"#);
        let Ok(report) = serde_json::from_str::<lan::Report>(&text) else {
            continue;
        };
        let derived: DerivedReport = serde_json::from_str(&text).expect("the derive reads it too");
        let written = serde_json::to_string(&report).expect("JSON");
        if !matches!(report.fact, Fact::DeviceCustom(_)) {
            assert_eq!(written, serde_json::to_string(&derived).expect("JSON"));
        } else if data.contains("body") {
            assert_eq!(written, text, "a body travels as it came");
        }
    }
}

proptest! {
    /// Fields in any order, twice, left out, and of other shapes.
    #[test]
    fn random_objects_are_read_as_by_the_derive(
        fact in prop::sample::select(FACTS),
        whole: bool,
        named in 0..3_usize,
        with_data in 0..3_usize,
        others in prop::collection::vec(prop::sample::select(OTHERS), 0..4),
        seed: u64,
    ) {
        let mut fields: Vec<String> = others.into_iter().map(str::to_owned).collect();
        if whole {
            fields.extend(WHOLE.iter().map(|at| OTHERS[*at].to_owned()));
        }
        fields.extend((0..named).map(|_| format!(r#""name":"{}""#, fact.0)));
        fields.extend((0..with_data).map(|_| format!(r#""data":{}"#, fact.1)));
        // A shuffle that proptest can repeat.
        fields.sort_by_key(|field| {
            use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
            BuildHasherDefault::<DefaultHasher>::new().hash_one((field, seed))
        });
        agree(&format!("{{{}}}", fields.join(",")));
    }

    /// One byte changed, or the end cut off. What a derive reads of a field it then throws away is not compared.
    #[test]
    fn damaged_reports_are_refused_alike(
        fact in prop::sample::select(FACTS),
        at: prop::sample::Index,
        with in prop::sample::select(&b"\"{}[],:\\ 019ex\x00\xff"[..]),
        cut: bool,
    ) {
        let mut bytes = format!(r#"{{"name":"{}","data":{}}}"#, fact.0, fact.1).into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = with }
        if let Ok(text) = String::from_utf8(bytes.clone()) {
            agree(&text);
        } else {
            prop_assert!(serde_json::from_slice::<lan::Report>(&bytes).is_err());
        }
    }

    /// Whatever a tree of JSON is read from is taken as text, and means the same.
    #[test]
    fn a_body_is_taken_where_a_tree_is(text in r#"[\[\]{}",:0-9eE+.\\uD8Cdtrfalsn \n-]{0,24}"#) {
        let (tree, raw) = (serde_json::from_str::<Value>(&text), serde_json::from_str::<RawJson>(&text));
        prop_assert_eq!(tree.ok(), raw.ok().map(|raw| raw.read::<Value>().expect("was checked")));
    }
}

#[test]
fn a_body_holds_no_spaces_and_is_not_too_deep() {
    let raw: RawJson = serde_json::from_str("{ \"a b\" :\n[ 1 , \"\\\" \\\\\" ]\t}").expect("JSON");
    assert_eq!(raw.as_str(), r#"{"a b":[1,"\" \\"]}"#);
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(json::check(&nested(MAX_DEPTH)), Ok(()));
    assert_eq!(json::check(&nested(MAX_DEPTH + 1)), Err(RawJsonError::Depth));
    assert_eq!(json::check("[1e999]"), Err(RawJsonError::Number));
    assert_eq!(json::check(r#""\ud800x""#), Err(RawJsonError::Escape));
    assert_eq!(json::check(r#""\udc00""#), Err(RawJsonError::Escape));
    assert!(serde_json::from_str::<RawJson>(&nested(100_000)).is_err());
    assert_eq!(RawJson::default().as_str(), "null");
}

/// What is taken as deep as it may be can still be read when it stands in an event.
#[test]
fn the_deepest_body_is_read_again_from_its_event() {
    let body = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    for text in [
        format!(r#"{{"name":"device.custom","data":{{"device":"d1","kind":"k","body":{body}}}}}"#),
        format!(r#"{{"data":{{"device":"d1","kind":"k","body":{body}}},"name":"device.custom"}}"#),
    ] {
        let Ok(report) = serde_json::from_str::<lan::Report>(&text) else {
            assert!(text.starts_with(r#"{"data""#), "the deepest in place is taken");
            continue;
        };
        let event = Event {
            id: EventId::new(Timestamp::from_millis(1), [1; 10]),
            fact: report.fact,
            v: 1,
            at: Timestamp::from_millis(1),
            clock: ClockState::Synced,
            boot: 1,
            up_ms: 1,
            actor: Actor::Edge,
            subj: None,
            corr: None,
            replay: false,
            origin: None,
            pii: 0,
        };
        let encoded = event.encode().expect("JSON");
        assert_eq!(Event::decode(&encoded).expect("reads"), event);
        assert!(serde_json::from_slice::<Value>(&encoded).is_ok(), "any reader reads it");
    }
}
