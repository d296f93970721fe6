//! Signing in: what works, what stops working, and what a guesser learns.

use crate::tests::stage::{PASSWORD, Stage, Who, run};
use cloud_admin::{first_use, sign_in::lock_after, totp::MfaSecret};
use cloud_store::audit;
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn refresh(stage: &Stage, token: &str) -> crate::tests::stage::Reply {
    stage
        .call(
            "POST",
            "/api/v1/auth/refresh",
            Who::Nobody,
            Some(json!({ "refresh_token": token })),
        )
        .await
}

#[test]
fn a_one_time_password_is_good_for_choosing_another_and_nothing_else() {
    run(async {
        let stage = Stage::start();
        let once = first_use::bootstrap(&stage.app.store, &stage.app.clock, first_use::ONE_TIME_PASSWORDS)
            .await
            .expect("an account")
            .expect("first");
        assert!(
            first_use::bootstrap(&stage.app.store, &stage.app.clock, first_use::ONE_TIME_PASSWORDS)
                .await
                .expect("asked again")
                .is_none()
        );
        let token = stage.token("admin", once.expose()).await;
        let refused = stage
            .call("GET", "/api/v1/orgs", Who::Token(&token), None)
            .await
            .expect(403);
        assert_eq!(refused.kind(), "urn:ostona:password-change-needed");
        let short = json!({ "current": once.expose(), "new": "short" });
        stage
            .call("POST", "/api/v1/auth/password", Who::Token(&token), Some(short))
            .await
            .expect(422);
        let good = json!({ "current": once.expose(), "new": PASSWORD });
        stage
            .call("POST", "/api/v1/auth/password", Who::Token(&token), Some(good))
            .await
            .expect(204);
        stage
            .call("GET", "/api/v1/orgs", Who::Token(&token), None)
            .await
            .expect(200);
        stage.login("admin", once.expose(), None).await.expect(401);
    });
}

#[test]
fn an_access_token_lives_a_quarter_of_an_hour() {
    run(async {
        let stage = Stage::start();
        let token = stage.admin().await;
        stage.pass(15 * MINUTE - Duration::from_millis(1));
        stage
            .call("GET", "/api/v1/auth/me", Who::Token(&token), None)
            .await
            .expect(200);
        stage.pass(Duration::from_millis(1));
        stage
            .call("GET", "/api/v1/auth/me", Who::Token(&token), None)
            .await
            .expect(401);
    });
}

#[test]
fn a_refresh_token_used_twice_ends_the_session() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let first = stage.login("admin", PASSWORD, None).await.expect(200).body;
        let old = first["refresh_token"].as_str().expect("a token");
        let second = refresh(&stage, old).await.expect(200).body;
        let access = second["access_token"].as_str().expect("a token");
        let replaced = first["access_token"].as_str().expect("a token");
        stage
            .call("GET", "/api/v1/auth/me", Who::Token(access), None)
            .await
            .expect(200);
        stage
            .call("GET", "/api/v1/auth/me", Who::Token(replaced), None)
            .await
            .expect(401);
        refresh(&stage, old).await.expect(401);
        stage
            .call("GET", "/api/v1/auth/me", Who::Token(access), None)
            .await
            .expect(401);
        refresh(&stage, second["refresh_token"].as_str().expect("a token"))
            .await
            .expect(401);
        let trail = audit::list_platform(&stage.app.store.platform(), None, 5)
            .await
            .expect("a trail");
        assert!(
            trail.iter().any(|line| line.entry.action == "auth.refresh"),
            "{trail:?}"
        );
    });
}

#[test]
fn a_refresh_token_lives_seven_days() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let first = stage.login("admin", PASSWORD, None).await.expect(200).body;
        stage.pass(7 * 24 * 60 * MINUTE);
        refresh(&stage, first["refresh_token"].as_str().expect("a token"))
            .await
            .expect(401);
    });
}

#[test]
fn signing_out_ends_both_tokens() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let pair = stage.login("admin", PASSWORD, None).await.expect(200).body;
        let access = pair["access_token"].as_str().expect("a token");
        stage
            .call("POST", "/api/v1/auth/logout", Who::Token(access), None)
            .await
            .expect(204);
        stage
            .call("GET", "/api/v1/auth/me", Who::Token(access), None)
            .await
            .expect(401);
        refresh(&stage, pair["refresh_token"].as_str().expect("a token"))
            .await
            .expect(401);
    });
}

#[test]
fn a_guesser_learns_nothing_and_is_locked_out() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let nobody = stage.login("nobody", "whatever it is", None).await.expect(401);
        let wrong = stage.login("admin", "whatever it is", None).await.expect(401);
        assert_eq!(nobody.text, wrong.text);
        for _ in 0..4 {
            stage.login("admin", "whatever it is", None).await.expect(401);
        }
        let locked = stage.login("admin", PASSWORD, None).await.expect(401);
        assert_eq!(locked.text, wrong.text);
        stage.pass(Duration::from_secs(30));
        stage.login("admin", PASSWORD, None).await.expect(200);
        let trail = audit::list_platform(&stage.app.store.platform(), None, 20)
            .await
            .expect("a trail");
        let failed: Vec<_> = trail.iter().filter(|line| line.entry.action == "auth.failed").collect();
        assert_eq!(failed.len(), 7);
        assert!(
            failed
                .iter()
                .all(|line| line.entry.actor == "admin" || line.entry.actor == "-"),
            "{failed:?}"
        );
    });
}

#[test]
fn the_lock_doubles_up_to_a_quarter_of_an_hour() {
    let seconds = |failures| lock_after(failures).map(|length| length.as_secs());
    assert_eq!(
        [4, 5, 6, 9, 10, 11, 60].map(seconds),
        [None, Some(30), Some(60), Some(480), Some(900), Some(900), Some(900)]
    );
}

#[test]
fn with_a_second_factor_a_password_alone_is_not_enough_and_a_code_counts_once() {
    run(async {
        let stage = Stage::start();
        let token = stage.admin().await;
        let who = Who::Token(&token);
        let setup = stage
            .call("POST", "/api/v1/auth/mfa/setup", who, None)
            .await
            .expect(200)
            .body;
        let secret = MfaSecret::from_base32(setup["secret"].as_str().expect("a secret")).expect("base32");
        assert!(
            setup["otpauth"]
                .as_str()
                .is_some_and(|text| text.starts_with("otpauth://totp/Ostona:admin?secret="))
        );
        stage.login("admin", PASSWORD, None).await.expect(200);
        let verify = |code: String| stage.call("POST", "/api/v1/auth/mfa/verify", who, Some(json!({ "code": code })));
        verify("000000".into()).await.expect(401);
        verify(secret.code(stage.app.clock.now()).expect("a code"))
            .await
            .expect(204);
        let asked = stage.login("admin", PASSWORD, None).await.expect(401);
        assert_eq!(asked.kind(), "urn:ostona:mfa-needed");
        let used = secret.code(stage.app.clock.now()).expect("a code");
        stage.login("admin", PASSWORD, Some(&used)).await.expect(401);
        stage.pass(Duration::from_secs(30));
        let code = secret.code(stage.app.clock.now()).expect("a code");
        stage.login("admin", PASSWORD, Some(&code)).await.expect(200);
        stage.login("admin", PASSWORD, Some(&code)).await.expect(401);
        stage
            .call("POST", "/api/v1/auth/mfa/setup", who, None)
            .await
            .expect(409);
    });
}
