//! Commands: asked once, followed to their outcome, never of something that is not there.

use crate::tests::stage::{NOW, Stage, Who, run};
use cloud_admin::role::Role;
use serde_json::{Value, json};
use std::time::Duration;

fn open() -> Value {
    json!({ "action": { "name": "access.open", "args": { "door": 1, "reason": "guest" } } })
}

async fn place(stage: &Stage) -> (protocol::OrgId, String, String) {
    let place = stage.org(1).await;
    let edge = stage.edge(place, 1).await;
    let device = stage.device(place.0, edge, "gate").await;
    let token = stage.account("dilnoza", Role::OrgAdmin, place.0).await;
    (place.0, device, token)
}

#[test]
fn a_command_is_followed_to_its_outcome() {
    run(async {
        let stage = Stage::start();
        let (org, device, token) = place(&stage).await;
        let path = format!("/api/v1/devices/{device}/commands");
        let made = stage
            .call("POST", &path, Who::Token(&token), Some(open()))
            .await
            .expect(201);
        let id = made.body["id"].as_str().expect("an id").to_owned();
        assert_eq!(made.header("location"), format!("/api/v1/commands/{id}"));
        assert_eq!(
            (&made.body["state"], &made.body["by"]),
            (&json!("queued"), &json!("dilnoza"))
        );
        let expires = NOW.plus(Duration::from_secs(10)).to_string();
        assert_eq!(made.body["expires"], json!(expires));
        stage.pass(Duration::from_millis(321));
        let edge = device.split_once('~').expect("a device").0.parse().expect("an edge");
        let told = json!({ "command": id, "command_name": "access.open", "took_ms": 41, "detail": "door 1",
            "expires": NOW.as_millis() });
        stage.event(org, edge, "command.ok", &told, Some(&id)).await;
        let path = made.header("location").to_owned();
        let seen = stage
            .call("GET", &path, Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(
            [
                &seen["state"],
                &seen["round_trip_ms"],
                &seen["took_ms"],
                &seen["detail"]
            ],
            [&json!("ok"), &json!(321), &json!(41), &json!("door 1")]
        );
        let listed = stage
            .call("GET", "/api/v1/commands?state=ok", Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn the_same_request_under_the_same_key_is_carried_out_once() {
    run(async {
        let stage = Stage::start();
        let (_, device, token) = place(&stage).await;
        let keyed = |path: &str, body: &Value, key: &str| {
            let mut request = Stage::request("POST", path, Who::Token(&token), Some(body));
            request
                .headers_mut()
                .insert("idempotency-key", key.parse().expect("a header"));
            stage.send(request)
        };
        let path = format!("/api/v1/devices/{device}/commands");
        let first = keyed(&path, &open(), "key-1").await.expect(201);
        stage.pass(Duration::from_secs(5));
        let again = keyed(&path, &open(), "key-1").await.expect(201);
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("location"), first.header("location"));
        let other = json!({ "action": { "name": "device.reboot", "args": {} } });
        let reused = keyed(&path, &other, "key-1").await.expect(409);
        assert_eq!(reused.kind(), "urn:ostona:idempotency-key-reused");
        let actions = format!("/api/v1/devices/{device}/actions");
        assert_ne!(
            keyed(&actions, &open(), "key-2").await.expect(201).body["id"],
            first.body["id"]
        );
        let listed = stage
            .call("GET", &path, Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
        keyed(&path, &open(), "").await.expect(400);
        stage.pass(Duration::from_secs(24 * 3600));
        let token = stage.token("dilnoza", crate::tests::stage::PASSWORD).await;
        let mut request = Stage::request("POST", &path, Who::Token(&token), Some(&open()));
        request
            .headers_mut()
            .insert("idempotency-key", "key-1".parse().expect("a header"));
        assert_ne!(stage.send(request).await.expect(201).body["id"], first.body["id"]);
    });
}

#[test]
fn what_cannot_be_asked_is_refused() {
    run(async {
        let stage = Stage::start();
        let (_, device, token) = place(&stage).await;
        let edge = device.split_once('~').expect("a device").0;
        let who = Who::Token(&token);
        let path = format!("/api/v1/devices/{device}/commands");
        for (wish, status) in [
            (
                json!({ "action": { "name": "access.open", "args": { "door": 0 } } }),
                422,
            ),
            (
                json!({ "action": { "name": "access.open", "args": { "door": 1.0 } } }),
                201,
            ),
            (
                json!({ "action": { "name": "access.open", "args": {} }, "expires_in_s": 61 }),
                422,
            ),
            (
                json!({ "action": { "name": "access.open", "args": {} }, "expires_in_s": 0 }),
                422,
            ),
            (json!({ "action": { "name": "door.blow_up", "args": {} } }), 422),
            (
                json!({ "action": { "name": "device.reboot", "args": { "door": 1 } } }),
                422,
            ),
            (
                json!({ "action": { "name": "access.open", "args": {} }, "more": 1 }),
                422,
            ),
        ] {
            let reply = stage.call("POST", &path, who, Some(wish.clone())).await;
            assert_eq!(reply.status, status, "{wish}: {}", reply.text);
        }
        let unknown = format!("/api/v1/devices/{edge}~nobody/commands");
        stage.call("POST", &unknown, who, Some(open())).await.expect(404);
        stage
            .call("POST", &format!("/api/v1/edges/{edge}/revoke"), who, None)
            .await
            .expect(204);
        stage.call("POST", &path, who, Some(open())).await.expect(409);
        stage
            .call("POST", &format!("/api/v1/edges/{edge}/release"), who, None)
            .await
            .expect(409);
    });
}

/// What may be asked of a site, and what of nobody or of devices only, with what each is answered.
fn site_requests() -> Vec<(Value, u16)> {
    let hash = "0f".repeat(32);
    let ticket = "0196f3a0-7c1e-7000-8000-0123456789ab";
    let action = |name: &str, args: Value| json!({ "action": { "name": name, "args": args } });
    vec![
        (action("journal.flush", json!({})), 201),
        (action("journal.export", json!({})), 201),
        (
            action("queue.service.set", json!({ "service": "cash", "open": "closed" })),
            201,
        ),
        (
            action("queue.service.set", json!({ "service": "cash", "open": "ajar" })),
            422,
        ),
        (
            action(
                "queue.issue",
                json!({ "ticket": ticket, "service": "cash", "lang": "ru", "token_hash": hash }),
            ),
            201,
        ),
        (
            action(
                "queue.issue",
                json!({ "ticket": ticket, "service": "cash", "lang": "ru", "token_hash": "FF" }),
            ),
            422,
        ),
        (action("queue.feedback", json!({ "ticket": ticket, "score": 6 })), 422),
        (
            action(
                "display.message",
                json!({ "text": { "en": "Leave" }, "seconds": 60, "urgency": "emergency" }),
            ),
            201,
        ),
        (
            action("display.message", json!({ "text": { "en": "Leave" }, "seconds": 0 })),
            422,
        ),
        (action("display.message", json!({ "text": {}, "seconds": 60 })), 422),
        (action("access.open", json!({ "door": 1 })), 422),
        (action("device.reboot", json!({})), 422),
    ]
}

#[test]
fn a_site_itself_is_asked_what_is_for_sites() {
    run(async {
        let stage = Stage::start();
        let (_, device, token) = place(&stage).await;
        let edge = device.split_once('~').expect("a device").0;
        let who = Who::Token(&token);
        let path = format!("/api/v1/edges/{edge}/commands");
        let action = |name: &str, args: Value| json!({ "action": { "name": name, "args": args } });
        for (request, status) in site_requests() {
            let reply = stage.call("POST", &path, who, Some(request.clone())).await;
            assert_eq!(reply.status, status, "{request}: {}", reply.text);
        }
        let made = stage
            .call("POST", &path, who, Some(action("journal.flush", json!({}))))
            .await
            .expect(201);
        assert_eq!((&made.body["edge"], &made.body["device"]), (&json!(edge), &Value::Null));
        // What is for sites is asked of no device, and of no edge of somebody else's.
        let flush = action("journal.flush", json!({}));
        let of_device = format!("/api/v1/devices/{device}/commands");
        stage
            .call("POST", &of_device, who, Some(flush.clone()))
            .await
            .expect(422);
        let unknown = "/api/v1/edges/0196f3a0-7c1e-7000-8000-0123456789ff/commands";
        stage.call("POST", unknown, who, Some(flush)).await.expect(404);
    });
}

#[test]
fn a_list_of_commands_goes_on_where_it_ended() {
    run(async {
        let stage = Stage::start();
        let (_, device, token) = place(&stage).await;
        let path = format!("/api/v1/devices/{device}/commands");
        let mut made = Vec::new();
        for _ in 0..7 {
            stage.pass(Duration::from_millis(1));
            let reply = stage
                .call("POST", &path, Who::Token(&token), Some(open()))
                .await
                .expect(201);
            made.insert(0, reply.body["id"].clone());
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = stage
                .call("GET", &format!("{path}?limit=3{after}"), Who::Token(&token), None)
                .await
                .expect(200);
            seen.extend(
                page.body["items"]
                    .as_array()
                    .expect("items")
                    .iter()
                    .map(|item| item["id"].clone()),
            );
            match page.body["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, made);
    });
}
