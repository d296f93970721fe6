//! People: asked for, compared, only what differs written, and nobody written twice.

use super::harness::{DriverHarness, FixedClock, start};
use crate::adms::{
    order_queue::OrderQueue,
    orders::AdmsOrder,
    people::{self, PeopleSync},
    rows::{self, OperationEntry},
    settings::Settings,
};
use expect_test::expect;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

fn known() -> Value {
    json!({"people": [
        {"person": "17", "name": "Мария", "card": 7_000_002, "pin": "4321"},
        {"person": "1001", "name": "Алишер Ў", "card": 555},
        {"person": "2002", "name": "Ҳулкар\tPrivilege=14\nC:1:Shell id", "pin": "99"},
    ]})
}

/// The numbers of commands and the rest of their lines.
fn orders(answer: &str) -> Vec<(u32, String)> {
    let order = |line: &str| {
        let (id, order) = line.strip_prefix("C:")?.split_once(':')?;
        Some((id.parse().ok()?, order.replace('\t', "|")))
    };
    answer.lines().filter_map(order).collect()
}

/// The device is asked for its users, tells these, and answers the question with `result`.
async fn told(stage: &DriverHarness, users: &str, result: i64) {
    let asked = orders(&stage.poll().await);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].1, "DATA QUERY USERINFO");
    stage
        .call("POST devicecmd", &format!("ID={}&Return={result}&CMD=DATA", asked[0].0))
        .await;
    stage.call("POST cdata?table=OPERLOG", users).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
}

async fn confirm(stage: &DriverHarness, orders: &[(u32, String)], result: i64) {
    let lines: String = orders
        .iter()
        .map(|(id, _)| format!("ID={id}&Return={result}&CMD=DATA\n"))
        .collect();
    stage.call("POST devicecmd", &lines).await;
}

const USERS: &str = "\
    USER PIN=17\tName=Мария\tPri=0\tPasswd=4321\tCard=7000002\tGrp=1\n\
    USER PIN=1001\tName=Alisher\tPri=14\tPasswd=\tCard=555\n\
    USER PIN=30\tName=Gone\tPri=0\tPasswd=1\tCard=\n\
    USER PIN=404\tName=Admin\tPri=14\tPasswd=\tCard=[0102]\n\
    FP PIN=30\tFID=0\tValid=1\tTMP=abc\n";

#[tokio::test(start_paused = true)]
async fn only_what_differs_is_written_and_administrators_are_left_alone() {
    let stage = start(known(), None);
    told(&stage, USERS, 0).await;
    let due = orders(&stage.poll().await);
    let text: String = due.iter().map(|(_, order)| format!("{order}\n")).collect();
    expect![[r#"
        DATA UPDATE USERINFO PIN=1001|Name=Алишер Ў|Passwd=|Card=555
        DATA DELETE USERINFO PIN=30
        DATA UPDATE USERINFO PIN=2002|Name=ҲулкарPrivilege=14|Passwd=99|Card=0|Privilege=0
    "#]]
    .assert_eq(&text);
    confirm(&stage, &due, 0).await;
    assert_eq!(stage.poll().await, "OK\n");
    assert_eq!(stage.states(), ["online ?"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_enrolled_at_the_device_later_is_removed_and_nobody_is_written_twice() {
    let stage = start(known(), None);
    told(&stage, USERS, 0).await;
    let due = orders(&stage.poll().await);
    confirm(&stage, &due, 0).await;
    // What it made of the name, again and again, and somebody new.
    for _ in 0..3 {
        let users =
            "USER PIN=1001\tName=Cut\tPri=14\tPasswd=\tCard=555\nUSER PIN=31\tName=New\tPri=0\tPasswd=\tCard=\n";
        stage.call("POST cdata?table=OPERLOG", users).await;
    }
    let due = orders(&stage.poll().await);
    assert_eq!(
        due.iter().map(|(_, order)| order.as_str()).collect::<Vec<_>>(),
        ["DATA DELETE USERINFO PIN=31"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_device_that_refuses_is_degraded_until_it_was_compared_again() {
    for result in [-1002, -1004] {
        let stage = start(known(), None);
        told(&stage, USERS, 0).await;
        let due = orders(&stage.poll().await);
        confirm(&stage, &due, result).await;
        assert_eq!(stage.states(), ["online ?", "people_refused"]);
        tokio::time::sleep(Duration::from_secs(61)).await;
        stage.call("GET cdata?options=all", "").await;
        told(&stage, "", -1).await;
        // The first answer lets as many go as the device takes at once.
        let due = orders(&stage.poll().await);
        assert_eq!(due.len(), 3, "the device has nobody any more");
        confirm(&stage, &due, 0).await;
        assert_eq!(stage.states().last().map(String::as_str), Some("online ?"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_cannot_list_its_users_is_written_everybody() {
    let stage = start(known(), None);
    told(&stage, "", -1004).await;
    assert_eq!(orders(&stage.poll().await).len(), 3);
    assert!(stage.states().contains(&"people_refused".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_confirmed_is_handed_over_again_a_few_times() {
    let stage = start(known(), None);
    told(&stage, USERS, 0).await;
    for _ in 0..3 {
        assert_eq!(orders(&stage.poll().await).len(), 3);
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert_eq!(stage.poll().await, "OK\n");
        tokio::time::sleep(Duration::from_secs(50)).await;
        stage.poll().await;
        tokio::time::sleep(Duration::from_secs(21)).await;
    }
    assert_eq!(stage.poll().await, "OK\n");
    assert_eq!(stage.states().last().map(String::as_str), Some("people_refused"));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_tells_of_users_without_end_is_given_orders_with_one() {
    let settings = Settings::parse(&json!({"serial": "A1", "people": []})).expect("good settings");
    let mut people = PeopleSync::new();
    people.begin(&settings, Instant::now()).expect("it is asked");
    assert_eq!(people.compare(&settings), []);
    let strangers = (0..3 * people::USERS).filter_map(|number| {
        let line = format!("USER PIN={number}\tName=New\tPri=0\tPasswd=\tCard=");
        let Some(OperationEntry::User(user)) = rows::operation(line.as_bytes()) else {
            panic!("{line} is a user")
        };
        people.hear(&settings, &user, Instant::now())
    });
    let orders: Vec<AdmsOrder> = strangers.collect();
    assert_eq!(orders.len(), people::USERS);
    // They are never fetched, and compared again and again.
    let mut waiting = OrderQueue::new(&FixedClock(Instant::now()));
    for _ in 0..5 {
        waiting.orders(orders.clone());
    }
    assert!(waiting.own() <= 2 * people::USERS, "{} wait", waiting.own());
}

#[tokio::test(start_paused = true)]
async fn users_are_nobody_s_business_where_the_settings_hold_none() {
    let stage = start(json!({}), None);
    stage.call("POST cdata?table=OPERLOG", USERS).await;
    assert_eq!(stage.poll().await, "OK\n");
}
