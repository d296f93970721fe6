//! Organisations: what is another's does not exist, and what a role does not include is refused and remembered.

use crate::tests::stage::{Stage, Who, run};
use cloud_admin::role::Role;
use cloud_store::audit::{self, AuditChainStatus, AuditResult};
use serde_json::json;

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in one go")]
fn what_belongs_to_another_organisation_does_not_exist() {
    run(async {
        let stage = Stage::start();
        let admin = stage.admin().await;
        let (ours, theirs) = (stage.org(1).await, stage.org(2).await);
        let edge = stage.edge(theirs, 2).await;
        let device = stage.device(theirs.0, edge, "gate").await;
        let token = stage.account("dilnoza", Role::OrgAdmin, ours.0).await;
        let who = Who::Token(&token);
        let wish = json!({ "action": { "name": "access.open", "args": {} } });
        let command = stage
            .call(
                "POST",
                &format!("/api/v1/devices/{device}/commands"),
                Who::For(&admin, theirs.0),
                Some(wish.clone()),
            )
            .await
            .expect(201);
        let command = command.body["id"].as_str().expect("an id").to_owned();
        let site = theirs.1;
        for path in [
            format!("/edges/{edge}"),
            format!("/edges/{edge}/gaps"),
            format!("/edges/{edge}/registers"),
            format!("/edges/{edge}/bookings"),
            format!("/edges/{edge}/metrics"),
            format!("/edges/{edge}/documents"),
            format!("/edges/{edge}/documents/device/gate"),
            format!("/edges/{edge}/documents/device/gate/versions"),
            format!("/devices?edge={edge}"),
            format!("/devices/{device}"),
            format!("/devices/{device}/status"),
            format!("/devices/{device}/config"),
            format!("/devices/{device}/logs"),
            format!("/devices/{device}/metrics"),
            format!("/devices/{device}/commands"),
            format!("/commands/{command}"),
            format!("/commands?edge={edge}"),
            format!("/events?edge={edge}"),
            format!("/events?device={device}"),
            format!("/live?device={device}"),
            format!("/sites/{site}/enrolment-codes"),
            format!("/sites?org={}", theirs.0),
        ] {
            let reply = stage.call("GET", &format!("/api/v1{path}"), who, None).await;
            assert_eq!(
                (reply.status.as_u16(), reply.kind()),
                (404, "urn:ostona:not-found"),
                "{path}: {}",
                reply.text
            );
        }
        for (method, path, body) in [
            ("POST", format!("/edges/{edge}/revoke"), None),
            ("POST", format!("/edges/{edge}/release"), None),
            ("POST", format!("/devices/{device}/commands"), Some(wish)),
            ("PUT", format!("/devices/{device}/config"), Some(json!({ "body": {} }))),
            ("DELETE", format!("/devices/{device}"), None),
            ("DELETE", format!("/edges/{edge}/bookings/{edge}"), None),
            (
                "POST",
                format!("/sites/{site}/enrolment-codes"),
                Some(json!({ "name": "Mine" })),
            ),
            (
                "POST",
                "/devices".to_owned(),
                Some(json!({ "edge": edge, "device": "x", "config": {} })),
            ),
        ] {
            let reply = stage.call(method, &format!("/api/v1{path}"), who, body).await;
            assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text);
        }
        for path in ["/edges", "/devices", "/accounts"] {
            let listed = stage
                .call("GET", &format!("/api/v1{path}"), who, None)
                .await
                .expect(200);
            assert!(!listed.text.contains(&edge.to_string()), "{}", listed.text);
        }
        assert_eq!(
            stage.call("GET", "/api/v1/events", who, None).await.expect(200).body["items"],
            json!([])
        );
        assert_eq!(
            stage
                .call("GET", "/api/v1/orgs", who, None)
                .await
                .expect(200)
                .body
                .as_array()
                .map(Vec::len),
            Some(1)
        );
    });
}

#[test]
fn a_platform_account_says_whom_it_means() {
    run(async {
        let stage = Stage::start();
        let admin = stage.admin().await;
        let (org, _) = stage.org(1).await;
        stage
            .call("GET", "/api/v1/sites", Who::Token(&admin), None)
            .await
            .expect(400);
        stage
            .call("GET", &format!("/api/v1/sites?org={org}"), Who::Token(&admin), None)
            .await
            .expect(200);
        stage
            .call("GET", "/api/v1/sites", Who::For(&admin, org), None)
            .await
            .expect(200);
        let unknown = protocol::OrgId::new(crate::tests::stage::NOW, [9; 10]);
        stage
            .call("GET", "/api/v1/sites", Who::For(&admin, unknown), None)
            .await
            .expect(404);
        stage
            .call(
                "GET",
                &format!("/api/v1/sites?org={unknown}"),
                Who::For(&admin, org),
                None,
            )
            .await
            .expect(404);
    });
}

#[test]
fn what_a_role_does_not_include_is_refused_and_remembered() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let device = stage.device(place.0, edge, "gate").await;
        let viewer = stage.account("viewer", Role::Viewer, place.0).await;
        let who = Who::Token(&viewer);
        let open = json!({ "action": { "name": "access.open", "args": {} } });
        let tried = [
            ("POST", "/api/v1/orgs".to_owned(), Some(json!({ "name": "Mine" }))),
            ("POST", "/api/v1/sites".to_owned(), Some(json!({ "name": "Mine" }))),
            (
                "POST",
                format!("/api/v1/sites/{}/enrolment-codes", place.1),
                Some(json!({ "name": "Mine" })),
            ),
            ("POST", format!("/api/v1/edges/{edge}/revoke"), None),
            ("POST", format!("/api/v1/devices/{device}/commands"), Some(open)),
            ("GET", format!("/api/v1/devices/{device}/config"), None),
            ("GET", "/api/v1/audit".to_owned(), None),
            ("GET", "/api/v1/platform/audit".to_owned(), None),
            ("GET", "/api/v1/accounts".to_owned(), None),
        ];
        let count = tried.len();
        for (method, path, body) in tried {
            let reply = stage.call(method, &path, who, body).await;
            assert_eq!(
                (reply.status.as_u16(), reply.kind()),
                (403, "urn:ostona:forbidden"),
                "{path}: {}",
                reply.text
            );
        }
        stage.call("GET", "/api/v1/events", who, None).await.expect(200);
        let scope = stage.app.store.scope(place.0);
        let trail = audit::list(&scope, None, 100).await.expect("a trail");
        let refused = trail
            .iter()
            .filter(|line| line.entry.result == AuditResult::Refused && line.entry.actor == "viewer");
        assert_eq!(refused.count(), count);
        assert_eq!(
            audit::verify(&scope).await.expect("a walk"),
            AuditChainStatus::Whole(trail.len() as u64)
        );
    });
}

#[test]
fn an_account_of_an_organisation_begins_with_a_one_time_password() {
    run(async {
        let stage = Stage::start();
        let admin = stage.admin().await;
        let (org, _) = stage.org(1).await;
        let who = Who::For(&admin, org);
        let wish = json!({ "login": "guard-1", "role": "guard" });
        let made = stage
            .call("POST", "/api/v1/accounts", who, Some(wish.clone()))
            .await
            .expect(201)
            .body;
        stage
            .call("POST", "/api/v1/accounts", who, Some(wish))
            .await
            .expect(409);
        let above = json!({ "login": "chief", "role": "platform_admin" });
        stage
            .call("POST", "/api/v1/accounts", who, Some(above))
            .await
            .expect(403);
        let token = stage
            .token("guard-1", made["one_time_password"].as_str().expect("a password"))
            .await;
        stage
            .call("GET", "/api/v1/sites", Who::Token(&token), None)
            .await
            .expect(403);
        let me = stage
            .call("GET", "/api/v1/auth/me", Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&me["role"], &me["must_change_password"]),
            (&json!("guard"), &json!(true))
        );
    });
}
