//! Ids, codes and topics: parsed once, strictly where machines write them, kindly where people do.

use crate::{
    CommandId, DeviceId, DocumentId, Timestamp,
    enrolment::Code,
    topic::{Leaf, Topic},
};
use proptest::prelude::*;

#[test]
fn slugs_are_strict() {
    for good in ["a", "0", "lobby-gate-1", &"x".repeat(63)] {
        assert_eq!(good.parse::<DeviceId>().map(|id| id.to_string()).as_deref(), Ok(good));
    }
    for bad in ["", "-a", "A", "a/b", "a_b", "a b", "ʻ", "../x", &"x".repeat(64)] {
        assert!(bad.parse::<DeviceId>().is_err(), "{bad:?}");
        assert!(serde_json::from_value::<DeviceId>(bad.into()).is_err(), "{bad:?}");
    }
}

#[test]
fn document_ids_are_two_slugs() {
    let id: DocumentId = "device/kiosk-privacy".parse().expect("two slugs");
    assert_eq!((id.kind(), id.name()), ("device", "kiosk-privacy"));
    assert_eq!(
        DocumentId::of_device(&"gate".parse().expect("a slug")).as_str(),
        "device/gate"
    );
    for bad in ["policy", "policy/", "/x", "a/b/c", "A/b"] {
        assert!(bad.parse::<DocumentId>().is_err(), "{bad:?}");
    }
}

#[test]
fn uuids_of_later_moments_sort_later() {
    let at = |ms, entropy| CommandId::new(Timestamp::from_millis(ms), [entropy; 10]);
    assert!(at(1, 255) < at(2, 0));
    assert_eq!(at(1, 0).as_uuid().get_version_num(), 7);
    assert_eq!(at(7, 9).to_string().parse(), Ok(at(7, 9)));
}

#[test]
fn codes_forgive_what_people_do() {
    let code = Code::from_entropy([0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22]);
    let shown = code.to_string();
    assert_eq!(shown.len(), 19);
    let spoken = shown
        .to_lowercase()
        .replace('-', " ")
        .replace('0', "o")
        .replace('1', "l");
    assert!(spoken.parse() == Ok(code.clone()));
    assert_eq!(format!("{code:?}"), "Code(…)");
    assert!("1234".parse::<Code>().is_err() && "U234-5678-9ABC-DEFG".parse::<Code>().is_err());
}

#[test]
fn topics_say_whose_they_are() {
    let gate: DeviceId = "gate".parse().expect("a slug");
    for leaf in Leaf::ALL {
        let topic = Topic::of(&gate, leaf);
        assert_eq!(topic.to_string().parse(), Ok(topic));
    }
    assert_eq!("ostona/v1/gate/own/a/b".parse(), Ok(Topic::Own(gate, "a/b".into())));
    assert_eq!("ostona/v1/site/notice".parse(), Ok(Topic::Site("notice".into())));
    for bad in [
        "",
        "ostona/v1",
        "ostona/v1/gate",
        "ostona/v1/gate/",
        "ostona/v1/gate/fact/x",
        "ostona/v1/+/fact",
        "ostona/v1/gate/#",
        "ostona/v2/gate/fact",
        "$SYS/x",
        "ostona/v1/Gate/fact",
        "ostona/v1/gate/own/",
    ] {
        assert!(bad.parse::<Topic>().is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn every_code_comes_back(entropy: [u8; 10]) {
        let code = Code::from_entropy(entropy);
        prop_assert!(code.to_string().parse() == Ok(code));
    }
    #[test]
    fn what_is_a_topic_is_spelled_one_way(text in "ostona/v1/[a-z]{1,3}/(fact|own/[a-z/]{0,4}|[a-z]{1,4})|\\PC{0,40}") {
        if let Ok(topic) = text.parse::<Topic>() {
            prop_assert_eq!(topic.to_string(), text);
        }
    }
}

#[test]
fn fuzz_texts() {
    bolero::check!().with_type::<String>().for_each(|text| {
        let _ = (
            text.parse::<Topic>(),
            text.parse::<DocumentId>(),
            text.parse::<DeviceId>(),
        );
        let _ = (
            text.parse::<Code>(),
            Timestamp::from_rfc3339(text),
            text.parse::<CommandId>(),
        );
    });
}
