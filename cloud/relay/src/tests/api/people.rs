//! Accounts end: what each change does to whoever is signed in, and what cannot be done.

use crate::tests::stage::{PASSWORD, Stage, Who, run};
use cloud_admin::role::Role;
use futures_util::StreamExt as _;
use protocol::OrgId;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

struct Office {
    stage: Stage,
    org: OrgId,
    chief: String,
}

impl Office {
    async fn open() -> Self {
        let stage = Stage::start();
        let (org, _) = stage.org(1).await;
        let chief = stage.account("chief", Role::OrgAdmin, org).await;
        Self { stage, org, chief }
    }
    async fn id(&self, login: &str) -> String {
        let all = self
            .stage
            .call("GET", "/api/v1/accounts", Who::Token(&self.chief), None)
            .await;
        let all = all.expect(200).body;
        let found = all
            .as_array()
            .expect("a list")
            .iter()
            .find(|account| account["login"] == login);
        found.expect("an account")["id"].as_str().expect("an id").to_owned()
    }
    async fn change(&self, login: &str, change: &str) -> crate::tests::stage::Reply {
        let path = format!("/api/v1/accounts/{}/{change}", self.id(login).await);
        self.stage.call("POST", &path, Who::Token(&self.chief), None).await
    }
    async fn me(&self, token: &str) -> u16 {
        let reply = self.stage.call("GET", "/api/v1/auth/me", Who::Token(token), None).await;
        reply.status.as_u16()
    }
}

#[test]
fn a_disabled_account_is_signed_out_at_once_and_stays_out() {
    run(async {
        let office = Office::open().await;
        let guard = office.stage.account("guard", Role::Guard, office.org).await;
        assert_eq!(office.me(&guard).await, 200);
        office.change("guard", "disable").await.expect(200);
        assert_eq!(office.me(&guard).await, 401);
        office.stage.login("guard", PASSWORD, None).await.expect(401);
        office.change("guard", "enable").await.expect(200);
        assert_eq!(office.me(&guard).await, 401, "the old session does not come back");
        office.stage.login("guard", PASSWORD, None).await.expect(200);
        let guard = office.stage.token("guard", PASSWORD).await;
        office.change("guard", "delete").await.expect(200);
        assert_eq!(office.me(&guard).await, 401);
        office.stage.login("guard", PASSWORD, None).await.expect(401);
    });
}

#[test]
fn another_role_a_reset_and_a_sign_out_end_sessions_too() {
    run(async {
        let office = Office::open().await;
        let mut guard = office.stage.account("guard", Role::Guard, office.org).await;
        let path = format!("/api/v1/accounts/{}/role", office.id("guard").await);
        let role = |role: &str| Some(json!({ "role": role }));
        let who = Who::Token(&office.chief);
        office
            .stage
            .call("PUT", &path, who, role("platform_admin"))
            .await
            .expect(403);
        office.stage.call("PUT", &path, who, role("viewer")).await.expect(204);
        assert_eq!(office.me(&guard).await, 401);
        for change in ["end-sessions", "reset-mfa"] {
            guard = office.stage.token("guard", PASSWORD).await;
            office.change("guard", change).await.expect(200);
            assert_eq!(office.me(&guard).await, 401, "{change}");
        }
        // Locked out by guesses: the reset ends that as well.
        for _ in 0..6 {
            office
                .stage
                .login("guard", "a wrong one, always", None)
                .await
                .expect(401);
        }
        let reset = office.change("guard", "reset-password").await.expect(200).body;
        let once = reset["one_time_password"].as_str().expect("a password");
        office.stage.login("guard", PASSWORD, None).await.expect(401);
        office.stage.login("guard", once, None).await.expect(200);
    });
}

#[test]
fn the_last_administrator_stays() {
    run(async {
        let office = Office::open().await;
        for change in ["disable", "delete"] {
            let refused = office.change("chief", change).await.expect(409);
            assert_eq!(refused.kind(), "urn:ostona:last-administrator");
        }
        let path = format!("/api/v1/accounts/{}/role", office.id("chief").await);
        let role = Some(json!({ "role": "viewer" }));
        office
            .stage
            .call("PUT", &path, Who::Token(&office.chief), role)
            .await
            .expect(409);
        office.stage.account("deputy", Role::OrgAdmin, office.org).await;
        office.change("deputy", "disable").await.expect(200);
        office.change("chief", "delete").await.expect(409);
        office.change("deputy", "enable").await.expect(200);
        office.change("chief", "delete").await.expect(200);
        assert_eq!(office.me(&office.chief).await, 401);
    });
}

#[test]
fn whoever_cannot_sign_in_any_more_is_no_other_administrator() {
    run(async {
        let office = Office::open().await;
        let new = Some(json!({ "login": "deputy", "role": "org_admin" }));
        let made = office
            .stage
            .call("POST", "/api/v1/accounts", Who::Token(&office.chief), new);
        made.await.expect(201);
        office.stage.pass(72 * HOUR);
        let chief = office.stage.token("chief", PASSWORD).await;
        let id = office
            .stage
            .call("GET", "/api/v1/auth/me", Who::Token(&chief), None)
            .await
            .expect(200);
        let delete = format!("/api/v1/accounts/{}/delete", id.body["id"].as_str().expect("an id"));
        let refused = office
            .stage
            .call("POST", &delete, Who::Token(&chief), None)
            .await
            .expect(409);
        assert_eq!(refused.kind(), "urn:ostona:last-administrator");
    });
}

#[test]
fn nobody_changes_an_account_of_another_organisation_or_without_the_role() {
    run(async {
        let office = Office::open().await;
        let (other, _) = office.stage.org(2).await;
        let foreign = office.stage.account("foreign", Role::OrgAdmin, other).await;
        let guard = office.stage.account("guard", Role::Guard, office.org).await;
        let path = format!("/api/v1/accounts/{}/disable", office.id("guard").await);
        office
            .stage
            .call("POST", &path, Who::Token(&foreign), None)
            .await
            .expect(404);
        office
            .stage
            .call("POST", &path, Who::Token(&guard), None)
            .await
            .expect(403);
        let platform = "/api/v1/platform/accounts";
        office
            .stage
            .call("GET", platform, Who::Token(&office.chief), None)
            .await
            .expect(403);
        assert_eq!(office.me(&guard).await, 200);
    });
}

#[test]
fn the_platform_has_more_than_one_administrator_and_keeps_one() {
    run(async {
        let stage = Stage::start();
        let admin = stage.admin().await;
        let who = Who::Token(&admin);
        let platform = "/api/v1/platform/accounts";
        let all = stage.call("GET", platform, who, None).await.expect(200).body;
        let first = all[0]["id"].as_str().expect("an id").to_owned();
        let disable = format!("{platform}/{first}/disable");
        let refused = stage.call("POST", &disable, who, None).await.expect(409);
        assert_eq!(refused.kind(), "urn:ostona:last-administrator");
        let wrong = json!({ "login": "second", "role": "viewer" });
        stage.call("POST", platform, who, Some(wrong)).await.expect(403);
        let new = json!({ "login": "second", "role": "platform_admin" });
        stage.call("POST", platform, who, Some(new)).await.expect(201);
        stage.call("POST", &disable, who, None).await.expect(200);
        stage.call("GET", platform, who, None).await.expect(401);
    });
}

#[test]
fn a_one_time_password_expires() {
    run(async {
        let office = Office::open().await;
        let new = |login: &str| Some(json!({ "login": login, "role": "viewer" }));
        let make = |login| {
            office
                .stage
                .call("POST", "/api/v1/accounts", Who::Token(&office.chief), new(login))
        };
        let once = |reply: &Value| reply["one_time_password"].as_str().expect("a password").to_owned();
        let (early, late) = (
            make("early").await.expect(201).body,
            make("late").await.expect(201).body,
        );
        office.stage.pass(72 * HOUR - Duration::from_secs(1));
        office.stage.login("early", &once(&early), None).await.expect(200);
        office.stage.pass(Duration::from_secs(1));
        office.stage.login("late", &once(&late), None).await.expect(401);
    });
}

#[test]
fn a_live_stream_ends_with_the_session() {
    run(async {
        let office = Office::open().await;
        let viewer = office.stage.account("viewer", Role::Viewer, office.org).await;
        let request = Stage::request("GET", "/api/v1/live", Who::Token(&viewer), None);
        let response = tower::ServiceExt::oneshot(office.stage.router.clone(), request).await;
        let mut stream = response.expect("an answer").into_body().into_data_stream();
        let ended = tokio::spawn(async move { while stream.next().await.is_some() {} });
        tokio::task::yield_now().await;
        office.change("viewer", "disable").await.expect(200);
        let soon = tokio::time::timeout(Duration::from_secs(20), ended).await;
        soon.expect("the stream ends").expect("no panic");
    });
}
