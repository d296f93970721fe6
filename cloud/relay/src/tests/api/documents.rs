//! Documents: nobody overwrites what they have not seen.

use crate::tests::stage::{Reply, Stage, Who, run};
use cloud_admin::role::Role;
use serde_json::{Value, json};

async fn put(stage: &Stage, path: &str, token: &str, condition: Option<(&'static str, &str)>, body: Value) -> Reply {
    let mut request = Stage::request("PUT", path, Who::Token(token), Some(&body));
    if let Some((name, value)) = condition {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    stage.send(request).await
}

#[test]
fn a_document_changes_only_for_those_who_have_seen_it() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("dilnoza", Role::OrgAdmin, place.0).await;
        let path = format!("/api/v1/edges/{edge}/documents/device/kiosk");
        let body = |value: u32| json!({ "body": { "kind": "kiosk", "desired": { "idle_s": value } } });
        put(&stage, &path, &token, None, body(1)).await.expect(428);
        put(&stage, &path, &token, Some(("if-match", "\"1\"")), body(1))
            .await
            .expect(404);
        let first = put(&stage, &path, &token, Some(("if-none-match", "*")), body(1))
            .await
            .expect(201);
        assert_eq!(
            (first.header("etag"), &first.body["state"]),
            ("\"1\"", &json!("published"))
        );
        put(&stage, &path, &token, Some(("if-none-match", "*")), body(2))
            .await
            .expect(412);
        put(&stage, &path, &token, Some(("if-match", "\"7\"")), body(2))
            .await
            .expect(412);
        put(&stage, &path, &token, Some(("if-match", "nonsense")), body(2))
            .await
            .expect(412);
        let second = put(&stage, &path, &token, Some(("if-match", "\"1\"")), body(2))
            .await
            .expect(200);
        assert_eq!(second.header("etag"), "\"2\"");
        let seen = stage.call("GET", &path, Who::Token(&token), None).await.expect(200);
        assert_eq!(
            (seen.header("etag"), &seen.body["body"]),
            ("\"2\"", &json!({ "kind": "kiosk", "desired": { "idle_s": 2 } }))
        );
        let versions = stage
            .call("GET", &format!("{path}/versions"), Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        let versions: Vec<_> = versions
            .as_array()
            .expect("a list")
            .iter()
            .map(|version| &version["version"])
            .cloned()
            .collect();
        assert_eq!(versions, [json!(2), json!(1)]);
        let mut gone = Stage::request("DELETE", &path, Who::Token(&token), None);
        gone.headers_mut()
            .insert("if-match", "\"2\"".parse().expect("a header"));
        stage.send(gone).await.expect(200);
        stage.call("GET", &path, Who::Token(&token), None).await.expect(404);
        put(&stage, &path, &token, Some(("if-none-match", "*")), body(4))
            .await
            .expect(201);
    });
}

#[test]
fn a_document_that_no_edge_reads_is_refused_with_those_that_are() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("dilnoza", Role::OrgAdmin, place.0).await;
        let publish = async |id: &str, body: Value| {
            let path = format!("/api/v1/edges/{edge}/documents/{id}");
            put(
                &stage,
                &path,
                &token,
                Some(("if-none-match", "*")),
                json!({ "body": body }),
            )
            .await
        };
        let unknown = publish("policy/kiosk", json!({ "idle_s": 1 })).await.expect(422);
        assert!(unknown.text.contains("device/*, queue/branch."), "{}", unknown.text);
        publish("queue/other", json!({})).await.expect(422);
        let replaced = publish("bookings/branch", json!({ "bookings": [] })).await.expect(422);
        assert!(replaced.text.contains("rows of their own"), "{}", replaced.text);
        let bad = publish("device/gate", json!({ "kind": "gate", "adapter": "Hunter2" }))
            .await
            .expect(422);
        assert!(
            bad.text.contains("adapter: ") && !bad.text.contains("unter2"),
            "{}",
            bad.text
        );
        let path = format!("/api/v1/edges/{edge}/documents");
        let all = stage.call("GET", &path, Who::Token(&token), None).await.expect(200);
        assert_eq!(all.body, json!([]), "nothing was published");
        publish("device/gate", json!({ "kind": "gate" })).await.expect(201);
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in one go")]
fn a_device_is_registered_changed_and_removed_by_its_document() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("dilnoza", Role::OrgAdmin, place.0).await;
        let viewer = stage.account("viewer", Role::Viewer, place.0).await;
        let who = Who::Token(&token);
        let config = json!({ "kind": "terminal", "adapter": "hikvision", "settings": { "password": "hunter2" } });
        let new = json!({ "edge": edge, "device": "gate", "config": config });
        let made = stage
            .call("POST", "/api/v1/devices", who, Some(new.clone()))
            .await
            .expect(201);
        let path = made.header("location").to_owned();
        assert_eq!(path, format!("/api/v1/devices/{edge}~gate"));
        stage.call("POST", "/api/v1/devices", who, Some(new)).await.expect(409);
        assert_eq!(
            stage.call("GET", &path, who, None).await.expect(200).body["status"],
            "new"
        );
        stage.device(place.0, edge, "gate").await;
        let status = stage
            .call("GET", &format!("{path}/status"), Who::Token(&viewer), None)
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&status["status"], &status["edge_online"]),
            (&json!("online"), &json!(false))
        );
        for readable in [
            path.clone(),
            format!("/api/v1/edges/{edge}/documents"),
            "/api/v1/devices".to_owned(),
        ] {
            let shown = stage
                .call("GET", &readable, Who::Token(&viewer), None)
                .await
                .expect(200);
            assert!(!shown.text.contains("hunter2"), "{}", shown.text);
        }
        let config = format!("{path}/config");
        stage.call("GET", &config, Who::Token(&viewer), None).await.expect(403);
        let seen = stage.call("GET", &config, who, None).await.expect(200);
        let change = json!({ "body": { "kind": "terminal" } });
        put(
            &stage,
            &config,
            &token,
            Some(("if-match", seen.header("etag"))),
            change.clone(),
        )
        .await
        .expect(200);
        put(&stage, &config, &token, Some(("if-match", seen.header("etag"))), change)
            .await
            .expect(412);
        stage.call("DELETE", &path, who, None).await.expect(204);
        stage.call("GET", &config, who, None).await.expect(404);
        stage.call("DELETE", &path, who, None).await.expect(404);
    });
}
