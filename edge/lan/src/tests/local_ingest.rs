//! Local ingest: 202 means on disk.

use super::areas::AREAS;
use super::rig::{Answer, Rig};
use expect_test::{Expect, expect};

const RIGHT: (&str, &str) = ("authorization", "Bearer kiosk.right");

async fn report(rig: &Rig, authorization: &str, body: &str) -> Answer {
    rig.ask(
        "POST /local/v1/events",
        &[("authorization", authorization)],
        body.to_owned(),
    )
    .await
}

fn custom(device: &str, body: &str) -> String {
    format!(r#"{{"name":"device.custom","data":{{"device":"{device}","kind":"tap","body":"{body}"}}}}"#)
}

async fn check(body: &str, expected: &Expect) {
    let rig = Rig::with(AREAS).await;
    let before = rig.count("device.custom").await;
    let answer = report(&rig, RIGHT.1, body).await;
    expected.assert_eq(&answer.text());
    assert_eq!(rig.count("device.custom").await, before, "nothing half done");
    assert!(!answer.body.contains("hunter2"), "nothing of the body is quoted");
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn what_was_answered_with_202_is_on_disk() {
    let rig = Rig::with(AREAS).await;
    let body = format!("[{},{}]", custom("kiosk", "one"), custom("kiosk", "two"));
    let answer = report(&rig, RIGHT.1, &body).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""));
    let kept = rig.facts();
    let kept: Vec<_> = kept
        .iter()
        .filter(|event| event.fact.name() == "device.custom")
        .collect();
    assert_eq!(kept.len(), 2, "read from the files, not asked of the kernel");
    assert!(matches!(&kept[0].actor, protocol::Actor::Device { id } if id.as_str() == "kiosk"));
    assert_eq!(
        report(&rig, "bearer kiosk.right", "[]").await.status,
        202,
        "the scheme's case does not matter"
    );
}

#[tokio::test]
async fn an_entry_told_again_is_answered_again_and_kept_once() {
    let rig = Rig::with(AREAS).await;
    let entry = custom("kiosk", "one").replace(r#"{"name""#, r#"{"origin":{"log":"a","number":1},"name""#);
    for _ in 0..3 {
        assert_eq!(report(&rig, RIGHT.1, &format!("[{entry},{entry}]")).await.status, 202);
    }
    assert_eq!(rig.count("device.custom").await, 1);
}

#[tokio::test]
async fn who_is_not_let_in_gets_one_answer_and_is_audited_once_a_minute() {
    let rig = Rig::with(AREAS).await;
    let body = format!("[{}]", custom("kiosk", "one"));
    for authorization in [
        "",
        "Bearer",
        "Bearer kiosk",
        "Bearer kiosk.wrong",
        "Bearer gate.right",
        "Basic kiosk.right",
    ] {
        let answer = report(&rig, authorization, &body).await;
        expect![[r#"
            401
            {"type":"urn:ostona:not-signed-in","status":401,"title":"Not signed in","detail":"Send Authorization: Bearer <device>.<token> with the token this device was given."}
        "#]]
        .assert_eq(&answer.text());
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    tokio::task::yield_now().await;
    assert_eq!(rig.count("auth.failed").await, 1);
    assert_eq!(rig.count("device.custom").await, 0);
}

#[tokio::test]
async fn what_is_not_understood_is_not_quoted_and_audited() {
    check(r#"["hunter2"]"#, &expect![[r#"
        400
        {"type":"urn:ostona:bad-report","status":400,"title":"Not understood","detail":"The body is not a JSON array of reports: Data error at line 1 column 10."}
    "#]]).await;
    check("hunter2", &expect![[r#"
        400
        {"type":"urn:ostona:bad-report","status":400,"title":"Not understood","detail":"The body is not a JSON array of reports: Syntax error at line 1 column 1."}
    "#]]).await;
    check(r#"[{"name":"no.such.fact","data":{"secret":"hunter2"}}]"#, &expect![[r#"
        400
        {"type":"urn:ostona:bad-report","status":400,"title":"Not understood","detail":"The body is not a JSON array of reports: Data error at line 1 column 23."}
    "#]]).await;
    let rig = Rig::with(AREAS).await;
    for _ in 0..3 {
        report(&rig, RIGHT.1, "hunter2").await;
    }
    tokio::task::yield_now().await;
    assert_eq!(rig.count("audit.recorded").await, 1);
    assert!(!serde_json::to_string(&rig.facts()).expect("JSON").contains("hunter2"));
}

#[tokio::test]
async fn nobody_reports_for_another_or_what_only_the_edge_says() {
    let both = format!("[{},{}]", custom("kiosk", "one"), custom("gate", "hunter2"));
    check(&both, &expect![[r#"
        403
        {"type":"urn:ostona:not-yours","status":403,"title":"Not this device's to say","detail":"kiosk may not report device.custom here"}
    "#]]).await;
    check(
        r#"[{"name":"device.online","data":{"device":"kiosk","reason":"hunter2"}}]"#,
        &expect![[r#"
            403
            {"type":"urn:ostona:not-yours","status":403,"title":"Not this device's to say","detail":"kiosk may not report device.online here"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn too_much_at_once_is_refused_whole() {
    let many = vec![custom("kiosk", "hunter2"); 1001].join(",");
    check(
        &format!("[{many}]"),
        &expect![[r#"
        413
        {"type":"urn:ostona:too-many","status":413,"title":"Too many","detail":"More than 1000 reports at once."}
    "#]],
    )
    .await;
    check(
        &format!("[{}]", custom("kiosk", &"x".repeat(1 << 20))),
        &expect![[r#"
        413
        {"type":"urn:ostona:too-long","status":413,"title":"Too long","detail":"Send less at once."}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_full_lane_is_said_and_what_was_told_before_is_kept() {
    let rig = Rig::with(AREAS).await;
    let body = format!("[{}]", custom("kiosk", &"x".repeat(60 << 10)));
    let mut taken = 0;
    let refused = loop {
        let answer = report(&rig, RIGHT.1, &body).await;
        match answer.status.as_u16() {
            202 => taken += 1,
            _ => break answer,
        }
    };
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["type"]),
        (507, &"urn:ostona:full".into())
    );
    assert!(taken > 1);
    assert_eq!(rig.count("device.custom").await, taken);
}

#[tokio::test]
async fn a_stopping_edge_says_not_now() {
    let rig = Rig::with(AREAS).await;
    rig.port.stop().await;
    let answer = report(&rig, RIGHT.1, &format!("[{}]", custom("kiosk", "one"))).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["type"]),
        (503, &"urn:ostona:not-now".into())
    );
}
