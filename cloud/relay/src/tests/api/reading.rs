//! Reading events, figures, edges: filters hold together, pages neither repeat nor skip.

use crate::tests::stage::{NOW, Stage, Who, run};
use cloud_admin::role::Role;
use serde_json::{Value, json};
use std::time::Duration;

fn ids(page: &Value) -> Vec<u64> {
    page["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| item["id"].as_u64())
        .collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in one go")]
fn events_are_found_by_what_they_say_and_paged_without_repeats() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let (edge, other) = (stage.edge(place, 1).await, stage.edge(place, 2).await);
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let mut stored = Vec::new();
        for number in 0..25_u64 {
            stage.pass(Duration::from_secs(u64::from(number % 5 == 0)));
            let device = if number % 2 == 0 { "gate" } else { "door" };
            let name = if number % 3 == 0 {
                "access.granted"
            } else {
                "device.online"
            };
            let data = json!({ "device": device, "key_kind": "card", "decided_by": "device" });
            let at = if number == 24 { other } else { edge };
            stored.push(stage.event(place.0, at, name, &data, None).await);
        }
        let get = |query: String| async move {
            let path = format!("/api/v1/events?{query}");
            let token = stage.token("viewer", crate::tests::stage::PASSWORD).await;
            (
                stage
                    .call("GET", &path, Who::Token(&token), None)
                    .await
                    .expect(200)
                    .body,
                stage,
            )
        };
        let (all, stage) = get("limit=500".into()).await;
        stored.reverse();
        assert_eq!(ids(&all), stored);
        let mut paged = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/api/v1/events?limit=4{after}");
            let page = stage
                .call("GET", &path, Who::Token(&token), None)
                .await
                .expect(200)
                .body;
            paged.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(paged, stored);
        let count = |path: String| {
            let (stage, token) = (&stage, &token);
            async move { ids(&stage.call("GET", &path, Who::Token(token), None).await.expect(200).body).len() }
        };
        let later = NOW.plus(Duration::from_secs(3));
        assert_eq!(count("/api/v1/events?type=access.granted".into()).await, 9);
        assert_eq!(count("/api/v1/events?type=access.".into()).await, 9);
        assert_eq!(count("/api/v1/events?type=acc".into()).await, 0);
        assert_eq!(count(format!("/api/v1/events?device={edge}~gate")).await, 12);
        assert_eq!(count(format!("/api/v1/events?edge={other}")).await, 1);
        assert_eq!(count(format!("/api/v1/events?from={later}&type=device.")).await, 10);
        assert_eq!(count(format!("/api/v1/events?to={later}")).await, 10);
        assert_eq!(count(format!("/api/v1/devices/{edge}~door/logs")).await, 12);
        let whole = &all["items"][0];
        assert_eq!(
            [
                &whole["org"],
                &whole["site"],
                &whole["edge"],
                &whole["epoch"],
                &whole["lane"],
                &whole["event"]["name"]
            ],
            [
                &json!(place.0),
                &json!(place.1),
                &json!(other),
                &json!(1),
                &json!("facts"),
                &json!("access.granted")
            ]
        );
    });
}

#[test]
fn an_edge_shows_how_old_its_word_is() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let path = format!("/api/v1/edges/{edge}");
        let fresh = stage
            .call("GET", &path, Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!((&fresh["online"], &fresh["age_s"]), (&json!(false), &Value::Null));
        let beat = json!({ "version": "0.1.0", "uptime_s": 5, "journal_depth": 7, "journal_bytes": 9, "agents_online": 0,
            "devices_ok": 1, "devices_bad": 0, "boots": 1, "cpu": 12.5 });
        let heartbeat = serde_json::from_value(beat.clone()).expect("a heartbeat");
        stage
            .app
            .links
            .record_contact(edge, stage.app.clock.now(), Some(heartbeat));
        stage.pass(Duration::from_secs(44));
        let seen = stage
            .call("GET", &path, Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&seen["online"], &seen["age_s"], &seen["heartbeat"]["journal_depth"]),
            (&json!(true), &json!(44), &json!(7))
        );
        stage.pass(Duration::from_secs(1));
        let seen = stage
            .call("GET", &path, Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(seen["online"], json!(false));
        stage.event(place.0, edge, "site.heartbeat", &beat, None).await;
        let series = stage
            .call("GET", &format!("{path}/metrics"), Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(series[0]["values"]["cpu"], json!(12.5));
        assert_eq!(
            stage
                .call("GET", &format!("{path}/gaps"), Who::Token(&token), None)
                .await
                .expect(200)
                .body,
            json!([])
        );
    });
}
