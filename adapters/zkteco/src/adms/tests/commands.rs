//! Commands: fetched in time or expired, confirmed or doubtful, and `Shell` never.

use super::harness::start;
use crate::adms::{
    orders::{AdmsOrder, UserStatus},
    settings::Settings,
};
use proptest::prelude::*;
use protocol::{Outcome, Reason, command::Action, fact::Door};
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

fn open() -> Action {
    Action::AccessOpen {
        door: Door(1),
        reason: None,
    }
}

/// The number of the only command in an answer.
fn id(answer: &str) -> u32 {
    let id = answer.strip_prefix("C:").and_then(|rest| rest.split(':').next());
    id.and_then(|id| id.parse().ok())
        .unwrap_or_else(|| panic!("no command: {answer:?}"))
}

#[tokio::test(start_paused = true)]
async fn a_door_is_opened_when_the_device_asks_and_once() {
    let stage = start(json!({"unlock": "ac_unlock"}), None);
    stage.poll().await;
    let outcome = stage.ask(open(), SOON).await;
    let answer = stage.poll().await;
    assert!(answer.ends_with(":AC_UNLOCK\n"), "{answer}");
    assert_eq!(stage.poll().await, "OK\n", "never twice");
    let confirmed = format!("ID={}&Return=0&CMD=AC_UNLOCK\n", id(&answer));
    assert_eq!(stage.call("POST devicecmd", &confirmed).await, "OK\n");
    assert_eq!(outcome.await, Ok(Outcome::Ok { detail: None }));
    stage.call("POST devicecmd", &confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_fetched_in_time_expires_and_is_never_handed_over() {
    let stage = start(json!({"unlock": "ac_unlock"}), None);
    let outcome = stage.ask(open(), SOON).await;
    assert_eq!(outcome.await, Ok(Outcome::Expired));
    assert_eq!(stage.poll().await, "OK\n");
    let outcome = stage.ask(open(), Duration::ZERO).await;
    assert_eq!(stage.poll().await, "OK\n");
    assert_eq!(outcome.await, Ok(Outcome::Expired));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_hung_up_was_handed_nothing() {
    let stage = start(json!({"unlock": "ac_unlock"}), None);
    stage.poll().await;
    let outcome = stage.ask(open(), SOON).await;
    drop(stage.calling("GET getrequest", "").await);
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::Offline,
            ..
        })
    ));
    assert_eq!(stage.poll().await, "OK\n");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_confirmed_is_doubtful_and_not_repeated() {
    let stage = start(json!({}), None);
    let outcome = stage.ask(Action::DeviceReboot {}, SOON).await;
    assert!(stage.poll().await.ends_with(":REBOOT\n"));
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::TimedOut,
            ..
        })
    ));
    assert_eq!(stage.poll().await, "OK\n");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_for_what_they_are() {
    let stage = start(json!({}), None);
    let closed = stage.ask(open(), SOON).await.await;
    assert!(
        matches!(
            closed,
            Ok(Outcome::Rejected {
                reason: Reason::Unsupported,
                ..
            })
        ),
        "{closed:?}"
    );
    for (result, expected) in [
        (-1002, Reason::Unsupported),
        (-1004, Reason::Unsupported),
        (-2, Reason::Hardware),
    ] {
        let outcome = stage.ask(Action::DeviceTimeSync {}, SOON).await;
        let answer = stage.poll().await;
        assert!(answer.ends_with(":CHECK\n"), "{answer}");
        stage
            .call(
                "POST devicecmd",
                &format!("ID={}&Return={result}&CMD=CHECK", id(&answer)),
            )
            .await;
        let Ok(Outcome::Failed { reason, .. }) = outcome.await else {
            panic!("{result}")
        };
        assert_eq!(reason, expected);
    }
    let stage = start(json!({"unlock": "ac_unlock"}), None);
    let door = Door(2);
    let elsewhere = stage.ask(Action::AccessOpen { door, reason: None }, SOON).await.await;
    assert!(
        matches!(
            elsewhere,
            Ok(Outcome::Rejected {
                reason: Reason::UnknownTarget,
                ..
            })
        ),
        "{elsewhere:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn confirmations_come_in_batches_and_over_several_lines() {
    let stage = start(json!({}), None);
    let test = stage.ask(Action::DeviceTest {}, SOON).await;
    let check = stage.ask(Action::DeviceTimeSync {}, SOON).await;
    let lines = stage.poll().await;
    let ids: Vec<u32> = lines.lines().map(id).collect();
    let body = format!(
        "ID=5&Return=0&CMD=DATA\nID={}&Return=0&CMD=CHECK\nID=x&Return=\n",
        ids[1]
    );
    stage.call("POST devicecmd", &body).await;
    assert_eq!(check.await, Ok(Outcome::Ok { detail: None }));
    let told = "~SerialNumber=A1\nFWVersion=Ver 8.0.4.3\nUserCount=7\nTransactionCount=60\n";
    stage
        .call("POST devicecmd", &format!("ID={}\nReturn=0\nCMD=INFO\n{told}", ids[0]))
        .await;
    let detail = "serial A1, firmware Ver 8.0.4.3, 7 users, 60 records".to_owned();
    assert_eq!(test.await, Ok(Outcome::Ok { detail: Some(detail) }));
}

#[tokio::test(start_paused = true)]
async fn what_a_device_made_up_confirms_nothing() {
    let stage = start(json!({}), None);
    let outcome = stage.ask(Action::DeviceReboot {}, SOON).await;
    let mine = id(&stage.poll().await);
    stage
        .call(
            "POST devicecmd",
            &format!("ID=32\nReturn=0\nCMD=Shell\nContent=x\nID={mine}&Return=0&CMD=REBOOT\n"),
        )
        .await;
    assert!(matches!(
        outcome.await,
        Ok(Outcome::Failed {
            reason: Reason::TimedOut,
            ..
        })
    ));
}

#[tokio::test(start_paused = true)]
async fn with_the_asks_the_conversation_ends() {
    let stage = start(json!({}), None);
    stage.poll().await;
    drop(stage.asks);
    assert_eq!(stage.driver.await.expect("no panic").word(), "refused");
}

/// Every verb there is: the device would carry out `Shell` as root, so it is not among them.
const VERBS: [&str; 7] = [
    "DATA UPDATE USERINFO PIN=",
    "DATA DELETE USERINFO PIN=",
    "DATA QUERY USERINFO",
    "CHECK",
    "INFO",
    "REBOOT",
    "AC_UNLOCK",
];

proptest! {
    /// Whatever stands in the settings and whatever a device calls its users, an order is one line with a known verb.
    #[test]
    fn no_order_is_shell_and_no_field_smuggles_one_in(
        name in ".{0,40}|[\\x00-\\x1f]{0,9}Shell reboot|\\nC:9:Shell id\\n",
        card in any::<u32>(),
        pin in "[0-9]{0,8}",
        stranger in ".{0,30}|1\\nC:9:Shell id",
    ) {
        let settings = json!({"serial": "A1", "people": [{"person": "17", "name": name, "card": card, "pin": pin}]});
        let settings = Settings::parse(&settings).expect("good settings");
        let write = |standing| AdmsOrder::WriteUser { person: "17".into(), standing };
        let orders = [
            write(UserStatus::New),
            write(UserStatus::Known),
            AdmsOrder::DeleteUser { person: stranger.into() },
            AdmsOrder::ListUsers,
            AdmsOrder::Check,
            AdmsOrder::Describe,
            AdmsOrder::Reboot,
            AdmsOrder::Unlock,
        ];
        for order in orders {
            let line = order.line(7, &settings).expect("the person is there");
            let body = line.strip_prefix("C:7:").and_then(|line| line.strip_suffix('\n')).expect("one line");
            prop_assert!(VERBS.iter().any(|verb| body.starts_with(verb)), "{body:?}");
            prop_assert!(!body.chars().any(|character| character.is_control() && character != '\t'), "{body:?}");
            let fields = body.split('\t').skip(1);
            for field in fields {
                let known = ["Name=", "Passwd=", "Card=", "Privilege=0"];
                prop_assert!(known.iter().any(|key| field.starts_with(key)), "{field:?}");
            }
        }
    }
}

#[test]
fn the_adapter_s_source_has_no_other_verb() {
    let source = include_str!("../orders.rs");
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    assert!(!code.to_ascii_lowercase().contains("shell"));
}
