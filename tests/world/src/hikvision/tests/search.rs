//! Pages of the log.

use super::*;
use serde_json::{Value, json};

const PATH: &str = "/ISAPI/AccessControl/AcsEvent?format=json";

async fn search(client: &Client, condition: Value) -> (u16, Value) {
    let body = json!({ "AcsEventCond": condition }).to_string();
    let answer = client.ask("POST", PATH, &body).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// Status and number of rows of each page, and how many different rows there were.
async fn pages(client: &Client, ask: usize) -> (Vec<String>, usize) {
    let (mut seen, mut log) = (std::collections::BTreeSet::new(), Vec::new());
    loop {
        let condition =
            json!({ "searchID": "a", "searchResultPosition": seen.len(), "maxResults": ask, "major": 5, "minor": 0 });
        let (_, page) = search(client, condition).await;
        let page = &page["AcsEvent"];
        log.push(format!(
            "{} {}",
            page["responseStatusStrg"].as_str().unwrap(),
            page["numOfMatches"]
        ));
        for row in page["InfoList"].as_array().into_iter().flatten() {
            seen.insert(row["serialNo"].as_u64().unwrap());
        }
        if page["responseStatusStrg"] != "MORE" {
            return (log, seen.len());
        }
    }
}

#[tokio::test]
async fn pages_hold_thirty_rows_whatever_was_asked_for() {
    let terminal = Terminal::start(standing()).unwrap();
    for _ in 0..70 {
        terminal.deny();
    }
    let (log, seen) = pages(&Client::of(&terminal), 100).await;
    assert_eq!(log, ["MORE 30", "MORE 30", "OK 10"]);
    assert_eq!(seen, 70);
}

#[tokio::test]
async fn later_entries_are_not_in_a_search_under_way() {
    let terminal = Terminal::start(standing()).unwrap();
    let client = Client::of(&terminal);
    terminal.deny();
    terminal.deny();
    let condition = |position| json!({ "searchID": "b", "searchResultPosition": position, "maxResults": 1 });
    assert_eq!(search(&client, condition(0)).await.1["AcsEvent"]["totalMatches"], 2);
    terminal.deny();
    assert_eq!(
        search(&client, condition(1)).await.1["AcsEvent"]["responseStatusStrg"],
        "OK"
    );
    assert_eq!(
        search(&client, condition(2)).await.1["AcsEvent"]["responseStatusStrg"],
        "NO MATCH"
    );
}

#[tokio::test]
async fn a_begin_without_an_end_is_refused() {
    let terminal = Terminal::start(standing()).unwrap();
    let client = Client::of(&terminal);
    let first = terminal.badge("7", KeyKind::Card);
    let last = terminal.deny();
    let base = json!({ "searchID": "c", "searchResultPosition": 0, "maxResults": 30 });
    let with = |more: Value| {
        let mut condition = base.clone();
        condition
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        condition
    };
    let (status, body) = search(&client, with(json!({ "beginSerialNo": first }))).await;
    assert_eq!((status, body["errorMsg"].as_str()), (400, Some("endSerialNo")));
    let (_, body) = search(
        &client,
        with(json!({ "beginSerialNo": last, "endSerialNo": 3_000_000_000_u64 })),
    )
    .await;
    assert_eq!(body["AcsEvent"]["totalMatches"], 1);
    let (status, body) = search(&client, with(json!({ "startTime": "2026-11-20T09:00:00" }))).await;
    assert_eq!((status, body["errorMsg"].as_str()), (400, Some("startTime")));
    let (_, body) = search(&client, with(json!({ "major": 5, "minor": 1 }))).await;
    expect![[r#"
        {
          "attendanceStatus": "undefined",
          "cardReaderKind": 1,
          "cardReaderNo": 1,
          "currentVerifyMode": "invalid",
          "employeeNoString": "7",
          "major": 5,
          "mask": "unknown",
          "minor": 1,
          "name": "Person 7",
          "pictureURL": "http://127.0.0.1/LOCALS/pic/acsLinkCap/1.jpg@WEB000000000042",
          "serialNo": 1,
          "statusValue": 0,
          "time": "2026-11-20T09:30:00+05:00",
          "userType": "normal"
        }"#]]
    .assert_eq(&format!("{:#}", body["AcsEvent"]["InfoList"][0]));
}
