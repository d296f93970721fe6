//! Requests nobody should send: each is refused with a problem, and none shows what was in it.

use crate::tests::stage::{Stage, Who, run};
use axum::body::Body;
use http::Request;
use serde_json::json;

#[test]
fn every_refusal_is_a_problem_with_security_headers() {
    run(async {
        let stage = Stage::start();
        let token = stage.admin().await;
        let who = Who::Token(&token);
        let login = |content: &'static str, body: Vec<u8>| {
            let request = Request::builder()
                .method("POST")
                .uri("/api/v1/auth/login")
                .header("content-type", content);
            stage.send(request.body(Body::from(body)).expect("a request"))
        };
        let cases = [
            (stage.call("GET", "/api/v1/nothing", who, None).await, 404, "not-found"),
            (
                stage.call("PATCH", "/api/v1/orgs", who, None).await,
                405,
                "method-not-allowed",
            ),
            (login("text/plain", b"{}".to_vec()).await, 415, "media-type"),
            (login("application/json", b"{".to_vec()).await, 400, "bad-request"),
            (login("application/json", b"{}".to_vec()).await, 422, "invalid"),
            (login("application/json", vec![b' '; 300 << 10]).await, 413, "too-large"),
            (
                stage.call("GET", "/api/v1/events?limit=0", who, None).await,
                400,
                "bad-request",
            ),
            (
                stage.call("GET", "/api/v1/commands/no-uuid?org=x", who, None).await,
                400,
                "bad-request",
            ),
        ];
        for (reply, status, kind) in cases {
            assert_eq!(reply.status, status, "{}", reply.text);
            assert_eq!(reply.kind(), format!("urn:ostona:{kind}"));
            assert_eq!(reply.body["status"], status);
            assert_eq!(reply.header("cache-control"), "no-store");
            assert_eq!(reply.header("x-content-type-options"), "nosniff");
            assert!(
                reply
                    .header("content-security-policy")
                    .contains("frame-ancestors 'none'")
            );
        }
    });
}

#[test]
fn a_refused_body_is_not_quoted() {
    run(async {
        let stage = Stage::start();
        let typed = json!({ "login": "admin", "password": { "secret": "hunter2hunter2" } });
        let reply = stage
            .call("POST", "/api/v1/auth/login", Who::Nobody, Some(typed))
            .await
            .expect(422);
        assert!(!reply.text.contains("hunter2"), "{}", reply.text);
        let typed = json!({ "login": "admin", "password": 7, "hunter2hunter2": 1 });
        let reply = stage
            .call("POST", "/api/v1/auth/login", Who::Nobody, Some(typed))
            .await
            .expect(422);
        assert!(!reply.text.contains("hunter2"), "{}", reply.text);
    });
}

#[test]
fn an_address_may_ask_so_often_and_sign_in_seldom() {
    run(async {
        let stage = Stage::with(20, 3);
        for _ in 0..3 {
            stage.login("nobody", "whatever it is", None).await.expect(401);
        }
        let refused = stage.login("nobody", "whatever it is", None).await.expect(429);
        assert_eq!(refused.kind(), "urn:ostona:too-many-requests");
        assert!(
            refused
                .header("retry-after")
                .parse::<u64>()
                .is_ok_and(|seconds| (1..=60).contains(&seconds))
        );
        for _ in 0..16 {
            stage
                .call("GET", "/api/v1/auth/me", Who::Nobody, None)
                .await
                .expect(401);
        }
        stage
            .call("GET", "/api/v1/auth/me", Who::Nobody, None)
            .await
            .expect(429);
    });
}
