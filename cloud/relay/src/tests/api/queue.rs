//! Reports on queues, and documents that describe them.

use crate::tests::stage::{NOW, Stage, Who, run};
use cloud_admin::role::Role;
use cloud_store::registers::{self, RegisterProgress};
use protocol::register::{RegisterKind, RegisterVersion};
use serde_json::{Value, json};
use std::time::Duration;

const TICKET: &str = "018f0000-0000-7000-8000-00000000000";
const OPERATOR: &str = "018f0000-0000-7000-8000-0000000000aa";

fn issued(number: u8) -> Value {
    json!({
        "ticket": format!("{TICKET}{number}"), "number": format!("K-00{number}"), "day": "2027-01-15",
        "service": "cash", "source": "kiosk", "lang": "ru", "token_hash": format!("{number:064x}"), "ahead": 0,
    })
}

fn done(number: u8, wait_s: u64) -> Value {
    json!({
        "ticket": format!("{TICKET}{number}"), "service": "cash", "window": "window-1", "operator": OPERATOR,
        "wait_s": wait_s, "serve_s": 120,
    })
}

#[test]
fn a_report_is_json_and_a_file_and_each_sees_their_own() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let elsewhere = stage.org(2).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let stranger = stage.account("stranger", Role::Viewer, elsewhere.0).await;
        for number in 1..=3 {
            stage
                .event(place.0, edge, "queue.ticket.issued", &issued(number), None)
                .await;
        }
        for (number, wait_s) in [(1, 60), (2, 300)] {
            stage
                .event(place.0, edge, "queue.ticket.done", &done(number, wait_s), None)
                .await;
        }
        stage.pass(Duration::from_secs(60));
        let path = format!("/api/v1/queue/report?by=service&edge={edge}");
        let report = stage
            .call("GET", &path, Who::Token(&token), None)
            .await
            .expect(200)
            .body;
        assert_eq!(
            report,
            json!([{
                "key": "cash", "issued": 3, "abandoned": 0, "served": 2, "wait_p50_s": 60, "wait_p90_s": 300,
                "serve_p50_s": 120, "serve_p90_s": 120, "busy_s": 240, "score": null,
            }])
        );
        let file = "/api/v1/queue/report.csv?by=operator";
        let file = stage.call("GET", file, Who::Token(&token), None).await.expect(200);
        assert_eq!(
            file.header("content-disposition"),
            "attachment; filename=\"queue-by-operator.csv\""
        );
        let line = format!("{},0,0,2,60,300,120,120,240,\r\n", OPERATOR.replace('-', ""));
        assert!(file.text.ends_with(&line), "{}", file.text);

        let theirs = stage
            .call("GET", "/api/v1/queue/report", Who::Token(&stranger), None)
            .await
            .expect(200);
        assert_eq!(theirs.body, json!([]));
        stage.call("GET", &path, Who::Token(&stranger), None).await.expect(404);
        stage.call("GET", &path, Who::Nobody, None).await.expect(401);
    });
}

#[test]
fn a_stretch_that_makes_no_sense_is_refused() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let token = stage.account("viewer", Role::Viewer, place.0).await;
        let to = NOW.to_string();
        for (query, status) in [
            ("offset_min=841".to_owned(), 400),
            ("from=yesterday".to_owned(), 400),
            ("by=shoe_size".to_owned(), 400),
            (format!("from=2020-01-01T00:00:00Z&to={to}"), 422),
        ] {
            let path = format!("/api/v1/queue/report?{query}");
            let reply = stage.call("GET", &path, Who::Token(&token), None).await;
            assert_eq!(reply.status.as_u16(), status, "{query}: {}", reply.text);
        }
    });
}

#[test]
fn a_branch_that_does_not_hold_together_is_never_published() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("admin", Role::OrgAdmin, place.0).await;
        let path = format!("/api/v1/edges/{edge}/documents/queue/branch");
        let branch = |prefix: &str| {
            json!({"body": {
                "name": {"en": "Main"}, "profiles": [], "windows": [], "operators": [],
                "services": [{"id": "cash", "prefix": prefix, "name": {"en": "Cash"}, "minutes": 10, "target_wait": 15}],
            }})
        };
        let put = async |prefix: &str| {
            let mut request = Stage::request("PUT", &path, Who::Token(&token), Some(&branch(prefix)));
            let first = "*".parse().expect("a header");
            request.headers_mut().insert("if-none-match", first);
            stage.send(request).await
        };
        let bad = put("k").await.expect(422);
        assert!(
            bad.text.contains("ticket number"),
            "it says what is wrong: {}",
            bad.text
        );
        put("K").await.expect(201);
    });
}

#[test]
fn a_time_is_agreed_and_only_the_hash_of_its_code_travels() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let token = stage.account("admin", Role::OrgAdmin, place.0).await;
        let path = format!("/api/v1/edges/{edge}/bookings");
        let book = async |service: &str, at: String| {
            let wish = json!({"service": service, "at": at});
            stage.call("POST", &path, Who::Token(&token), Some(wish)).await
        };
        let in_an_hour = NOW.plus(Duration::from_secs(3600)).to_string();
        book("cash-desk", in_an_hour.clone()).await.expect(409);
        let branch: Value =
            serde_json::from_str(include_str!("../../../../console/assets/branch.json")).expect("an example");
        let document = format!("/api/v1/edges/{edge}/documents/queue/branch");
        let mut request = Stage::request("PUT", &document, Who::Token(&token), Some(&json!({"body": branch})));
        request
            .headers_mut()
            .insert("if-none-match", "*".parse().expect("a header"));
        stage.send(request).await.expect(201);

        let made = book("cash-desk", in_an_hour.clone()).await.expect(201).body;
        let second = book("cash-desk", in_an_hour.clone()).await.expect(201).body;
        assert_ne!(made["code"], second["code"]);
        let code = made["code"].as_str().expect("a code").to_owned();
        assert!(
            code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
            "{code}"
        );
        book("loans", in_an_hour).await.expect(422);
        book("cash-desk", NOW.plus(Duration::from_secs(30 * 86_400)).to_string())
            .await
            .expect(422);
        book("cash-desk", "tomorrow".to_owned()).await.expect(422);

        let list = stage.call("GET", &path, Who::Token(&token), None).await.expect(200);
        assert_eq!(list.body.as_array().map(Vec::len), Some(2));
        assert!(!list.text.contains(&code), "{}", list.text);
        let (scope, register) = (stage.app.store.scope(place.0), RegisterKind::Bookings.id());
        let tracked = registers::get(&scope, edge, register.clone()).await.expect("an answer");
        let tracked = tracked.map(|tracked| (tracked.state.version, tracked.progress));
        assert_eq!(tracked, Some((RegisterVersion(2), RegisterProgress::Due)), "a row each");
        let rows = registers::rows(&scope, edge, register.clone()).await.expect("rows");
        assert_eq!(rows.len(), 2);
        for row in rows {
            let body = row.body().expect("not deleted");
            assert!(!body.contains(&format!("\"{code}\"")), "only its hash travels");
        }

        let gone = format!("{path}/{}", made["id"].as_str().expect("an id"));
        stage.call("DELETE", &gone, Who::Token(&token), None).await.expect(204);
        stage.call("DELETE", &gone, Who::Token(&token), None).await.expect(404);
        let left = stage.call("GET", &path, Who::Token(&token), None).await.expect(200);
        assert_eq!(left.body.as_array().map(Vec::len), Some(1));
        let shown = format!("/api/v1/edges/{edge}/registers");
        let shown = stage.call("GET", &shown, Who::Token(&token), None).await.expect(200);
        let tracked = registers::get(&scope, edge, register).await.expect("an answer");
        let hash = tracked.expect("a register").state.hash.to_string();
        assert_eq!(
            shown.body,
            json!([{"id": "bookings", "version": 3, "hash": hash, "state": "due", "held": null, "reason": null}])
        );
    });
}
