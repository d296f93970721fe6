//! Live events: what arrives is heard, what was missed is caught up, who is too slow is told so.

use crate::tests::stage::{Stage, Who, run};
use axum::body::{Body, BodyDataStream};
use cloud_admin::role::Role;
use futures_util::StreamExt as _;
use http::Request;
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt as _;

async fn listen(stage: &Stage, request: Request<Body>) -> BodyDataStream {
    let response = stage.router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// Lines until `count` blocks have come.
async fn blocks(stream: &mut BodyDataStream, count: usize) -> Vec<String> {
    let mut text = String::new();
    let read = async {
        while text.matches("\n\n").count() < count {
            let Some(chunk) = stream.next().await else { break };
            text.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .expect("it comes in time");
    text.split("\n\n")
        .filter(|block| !block.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_arrives_is_heard_once_and_only_what_was_asked_for() {
    run(async {
        let stage = Stage::start();
        let (place, foreign) = (stage.org(1).await, stage.org(2).await);
        let (edge, elsewhere) = (stage.edge(place, 1).await, stage.edge(foreign, 2).await);
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let path = format!("/api/v1/live?device={edge}~gate");
        let mut live = listen(&stage, Stage::request("GET", &path, Who::Token(&token), None)).await;
        stage
            .event(
                foreign.0,
                elsewhere,
                "device.online",
                &json!({ "device": "gate" }),
                None,
            )
            .await;
        stage
            .event(place.0, edge, "device.online", &json!({ "device": "other" }), None)
            .await;
        let id = stage
            .event(place.0, edge, "device.offline", &json!({ "device": "gate" }), None)
            .await;
        let metric = json!({ "device": "gate", "cpu": 7.0 });
        stage.event(place.0, edge, "device.metric", &metric, None).await;
        let heard = blocks(&mut live, 4).await;
        assert!(
            heard[0].starts_with("event: event\n") && heard[0].contains(&format!("id: {id}")),
            "{heard:?}"
        );
        assert!(
            heard[1].starts_with("event: device:status\n") && heard[1].contains("\"status\":\"offline\""),
            "{heard:?}"
        );
        assert!(
            heard[3].starts_with("event: device:metric\n") && heard[3].contains("\"cpu\":7.0"),
            "{heard:?}"
        );
    });
}

#[test]
fn a_listener_goes_on_where_it_broke_off() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let mut ids = Vec::new();
        for _ in 0..1203 {
            ids.push(
                stage
                    .event(place.0, edge, "access.closed", &json!({ "device": "gate" }), None)
                    .await,
            );
        }
        let mut request = Stage::request("GET", "/api/v1/live", Who::Token(&token), None);
        request
            .headers_mut()
            .insert("last-event-id", ids[1].to_string().parse().expect("a header"));
        let mut live = listen(&stage, request).await;
        ids.push(
            stage
                .event(place.0, edge, "access.closed", &json!({ "device": "gate" }), None)
                .await,
        );
        let heard = blocks(&mut live, ids.len() - 2).await;
        let heard: Vec<u64> = heard
            .iter()
            .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("id: "))?.parse().ok())
            .collect();
        assert_eq!(heard, ids[2..]);
        let mut bad = Stage::request("GET", "/api/v1/live", Who::Token(&token), None);
        bad.headers_mut()
            .insert("last-event-id", "x".parse().expect("a header"));
        stage.send(bad).await.expect(400);
    });
}

#[test]
fn a_listener_that_does_not_read_misses_nothing_and_nothing_is_held_for_it() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let mut live = listen(&stage, Stage::request("GET", "/api/v1/live", Who::Token(&token), None)).await;
        let mut ids = Vec::new();
        for _ in 0..60 {
            let closed = json!({ "device": "gate" });
            ids.push(stage.event(place.0, edge, "access.closed", &closed, None).await);
        }
        let heard = blocks(&mut live, ids.len()).await;
        let heard: Vec<u64> = heard
            .iter()
            .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("id: "))?.parse().ok())
            .collect();
        assert_eq!(heard, ids);
    });
}

#[test]
fn a_stream_ends_with_its_session() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let mut live = listen(&stage, Stage::request("GET", "/api/v1/live", Who::Token(&token), None)).await;
        let out = Stage::request("POST", "/api/v1/auth/logout", Who::Token(&token), None);
        stage.send(out).await.expect(204);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(11)).await;
        tokio::time::resume();
        let end = async { while live.next().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(10), end)
            .await
            .expect("it ends with the session");
    });
}

#[test]
fn an_organisation_has_so_many_streams_and_no_more() {
    run(async {
        let stage = Stage::start();
        let (place, other) = (stage.org(1).await, stage.org(2).await);
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let elsewhere = stage.account("other", Role::Viewer, other.0).await;
        let request = |token: &str| Stage::request("GET", "/api/v1/live", Who::Token(token), None);
        let mut open = Vec::new();
        for _ in 0..256 {
            open.push(listen(&stage, request(&token)).await);
        }
        let refused = stage.send(request(&token)).await;
        refused.expect(503);
        open.push(listen(&stage, request(&elsewhere)).await);
        drop(open.swap_remove(0));
        open.push(listen(&stage, request(&token)).await);
    });
}

#[test]
fn live_answers_end_when_the_relay_does() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let mut live = listen(&stage, Stage::request("GET", "/api/v1/live", Who::Token(&token), None)).await;
        stage.app.stop.cancel();
        assert_eq!(blocks(&mut live, 1).await, Vec::<String>::new());
    });
}
