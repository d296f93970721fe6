//! The table of actions: the JSON of every one as released, and that no row contradicts another.

use crate::command::{ACTIONS, Action, ActionName, ActionTarget, Actuation, ArgumentShape, Permission, Presence};
use expect_test::expect;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _};

/// One of every action, as somebody would send it. A change here breaks boxes in the field.
const SPELLED: &[&str] = &[
    r#"{"name":"access.open","args":{"door":2,"reason":"courier"}}"#,
    r#"{"name":"device.restart","args":{}}"#,
    r#"{"name":"device.reboot","args":{}}"#,
    r#"{"name":"device.identify","args":{}}"#,
    r#"{"name":"device.time.sync","args":{}}"#,
    r#"{"name":"device.test","args":{}}"#,
    r#"{"name":"print.ticket","args":{"print":"01a0c450-6c00-7101-8101-010101010101","sheet":{"kind":"ticket","blocks":[]}}}"#,
    r#"{"name":"print.badge","args":{"print":"01a0c450-6c00-7101-8101-010101010101","sheet":{"kind":"badge","blocks":[]}}}"#,
    r#"{"name":"print.report","args":{"print":"01a0c450-6c00-7101-8101-010101010101","sheet":{"kind":"report","blocks":[]},"copy":true}}"#,
    r#"{"name":"print.test","args":{}}"#,
    r#"{"name":"agent.restart","args":{}}"#,
    r#"{"name":"journal.flush","args":{}}"#,
    r#"{"name":"journal.export","args":{}}"#,
    r#"{"name":"queue.issue","args":{"ticket":"01a0c450-6c00-7101-8101-010101010101","service":"cash","lang":"ru","token_hash":"ab"}}"#,
    r#"{"name":"queue.cancel","args":{"ticket":"01a0c450-6c00-7101-8101-010101010101"}}"#,
    r#"{"name":"queue.delay","args":{"ticket":"01a0c450-6c00-7101-8101-010101010101"}}"#,
    r#"{"name":"queue.feedback","args":{"ticket":"01a0c450-6c00-7101-8101-010101010101","score":5}}"#,
    r#"{"name":"queue.service.set","args":{"service":"cash","open":"closed"}}"#,
    r#"{"name":"display.message","args":{"text":{"ru":"Выход"},"seconds":60,"urgency":"emergency"}}"#,
];

fn read(text: &str) -> Action {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_action_is_spelled_as_released() {
    let mut spelled = BTreeSet::new();
    for text in SPELLED {
        let action = read(text);
        assert_eq!(serde_json::to_string(&action).expect("JSON"), *text);
        assert!(text.starts_with(&format!(r#"{{"name":"{}","#, action.name())), "{text}");
        assert_eq!(ActionName::of(action.name()), Some(action.which()));
        assert_eq!(
            serde_json::to_string(&action.which()).expect("JSON"),
            format!("{:?}", action.name())
        );
        spelled.insert(action.name());
    }
    let rows: BTreeSet<&str> = ACTIONS.iter().map(|spec| spec.name).collect();
    assert_eq!(spelled, rows, "one text for every row");
    assert_eq!(rows.len(), ACTIONS.len(), "a name stands once");
}

#[test]
fn no_action_takes_an_argument_it_does_not_know() {
    for text in SPELLED {
        let strange = text
            .replacen(r#""args":{"#, r#""args":{"hold_open":true,"#, 1)
            .replace(",}", "}");
        assert!(serde_json::from_str::<Action>(&strange).is_err(), "{strange}");
    }
    assert!(serde_json::from_str::<Action>(r#"{"name":"access.open_all","args":{}}"#).is_err());
    assert_eq!(ActionName::of("access.open_all"), None);
}

#[test]
fn arguments_are_taken_as_the_table_describes_them() {
    for text in SPELLED {
        let spelled: Value = serde_json::from_str(text).expect("JSON");
        let spec = read(text).spec();
        let args = spelled["args"].as_object().expect("arguments");
        for name in args.keys() {
            assert!(spec.arguments.iter().any(|one| one.name == name), "{name} of {text}");
        }
        for argument in spec.arguments {
            let taken = |value: Option<Value>| {
                let mut changed = spelled.clone();
                let args = changed["args"].as_object_mut().expect("arguments");
                match value {
                    Some(value) => args.insert(argument.name.to_owned(), value),
                    None => args.remove(argument.name),
                };
                serde_json::from_value::<Action>(changed).is_ok()
            };
            assert_eq!(taken(None), argument.presence == Presence::Optional, "{argument:?}");
            assert!(!taken(Some(json!([]))), "{argument:?}");
            assert!(argument.summary.ends_with('.'), "{argument:?}");
            match argument.shape {
                ArgumentShape::Words(words) => {
                    assert!(words.iter().all(|word| taken(Some(json!(word)))), "{argument:?}");
                    assert!(!taken(Some(json!("nonsense"))), "{argument:?}");
                }
                ArgumentShape::Number { least, most } => {
                    assert!(taken(Some(json!(least))) && taken(Some(json!(most))), "{argument:?}");
                    assert!(!taken(Some(json!("one"))), "{argument:?}");
                }
                ArgumentShape::Uuid | ArgumentShape::Pattern(_) | ArgumentShape::Text(_) => {
                    assert!(!taken(Some(json!(1))), "{argument:?}")
                }
                ArgumentShape::Flag => assert!(taken(Some(json!(false))), "{argument:?}"),
                ArgumentShape::Object => assert!(!taken(Some(json!("a text"))), "{argument:?}"),
            }
        }
    }
}

#[test]
fn the_table_as_it_stands() {
    let mut table = String::new();
    for spec in ACTIONS {
        let (lifetime, longest) = (spec.lifetime.as_secs(), spec.longest.as_secs());
        let actuates = match spec.actuates {
            Actuation::Yes => " actuates",
            Actuation::No => "",
        };
        writeln!(
            table,
            "{} {:?} {} {lifetime}/{longest}{actuates}",
            spec.name,
            spec.target,
            spec.permission.as_str()
        )
        .expect("a text takes everything");
        assert!(spec.lifetime <= spec.longest, "{}", spec.name);
        assert!(
            spec.summary.ends_with('.') && !spec.summary.starts_with(' '),
            "{}",
            spec.name
        );
        assert_eq!(*spec, *spec.action.spec());
        if spec.actuates == Actuation::Yes {
            assert_eq!(spec.target, ActionTarget::Device, "{}", spec.name);
        }
    }
    expect![[r#"
        access.open Device doors.open 10/60 actuates
        device.restart Device devices.operate 300/2592000 actuates
        device.reboot Device devices.operate 300/2592000 actuates
        device.identify Device devices.operate 60/2592000
        device.time.sync Device devices.operate 300/2592000
        device.test Device devices.operate 60/2592000
        print.ticket Device devices.operate 120/2592000 actuates
        print.badge Device devices.operate 120/2592000 actuates
        print.report Device devices.operate 120/2592000 actuates
        print.test Device devices.operate 120/2592000 actuates
        agent.restart Device devices.operate 3600/2592000 actuates
        journal.flush Edge devices.operate 300/2592000
        journal.export Edge devices.operate 300/2592000
        queue.issue Site devices.operate 30/2592000
        queue.cancel Site devices.operate 30/2592000
        queue.delay Site devices.operate 30/2592000
        queue.feedback Site devices.operate 30/2592000
        queue.service.set Site devices.operate 3600/2592000
        display.message Site devices.operate 60/2592000
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_permission_is_spelled_alike_everywhere() {
    for permission in Permission::ALL {
        let text = serde_json::to_string(&permission).expect("JSON");
        assert_eq!(text, format!("{:?}", permission.as_str()));
        assert_eq!(serde_json::from_str::<Permission>(&text).expect("reads"), permission);
    }
}
