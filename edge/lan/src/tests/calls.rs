//! Calls: known by a name, answered by a driver, and nothing of a stranger is read.

use super::areas::AREAS;
use super::rig::Rig;
use crate::{CallResponse, CallerName, UnknownCaller};
use axum::body::Body;
use bytes::Bytes;
use expect_test::expect;
use http::StatusCode;
use std::{sync::Arc, time::Duration};

const CALL: &str = "/ring/cdata?SN=A1&table=LOG";

#[tokio::test]
async fn a_known_device_is_put_through_and_told_what_its_driver_answers() {
    let mut rig = Rig::with(AREAS).await;
    for method in ["GET", "POST"] {
        let asking = rig.asking(&format!("{method} {CALL}"), "rows");
        let called = rig.exchange.called.recv().await.expect("put through");
        expect![[r#"DeviceCall { device: DeviceId("gate"), method: M, path: "cdata", body_bytes: 4, .. }"#]]
            .assert_eq(&format!("{called:?}").replace(method, "M"));
        assert_eq!(
            (&called.body[..], called.query.as_str()),
            (&b"rows"[..], "SN=A1&table=LOG")
        );
        let answer = CallResponse {
            status: StatusCode::OK,
            content_type: "text/plain",
            body: "OK: 1\n".into(),
        };
        called.response.send(answer).expect("somebody waits");
        let answer = asking.await.expect("no panic");
        assert_eq!(answer.text(), "200\nOK: 1\n\n");
        assert_eq!(answer.header("content-type"), "text/plain");
        // By the kernel's clock, not the machine's.
        assert_eq!(answer.header("date"), "Mon, 21 Sep 2026 14:13:20 GMT");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_it_is_told_to_try_again() {
    let mut rig = Rig::with(AREAS).await;
    let asking = rig.asking(&format!("POST {CALL}"), "rows");
    drop(rig.exchange.called.recv().await.expect("put through"));
    assert_eq!(asking.await.expect("no panic").status, 503);

    let asking = rig.asking(&format!("POST {CALL}"), "rows");
    let called = rig.exchange.called.recv().await.expect("put through");
    assert_eq!(asking.await.expect("no panic").status, 503);
    assert!(
        called.response.is_closed(),
        "its driver learns that nobody waits any more"
    );

    let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(rig.ask(&format!("POST {CALL}"), &[], endless).await.status, 503);
}

#[tokio::test]
async fn what_is_too_long_is_not_taken() {
    let rig = Rig::with(AREAS).await;
    let body = rig.ask(&format!("POST {CALL}"), &[], vec![b'x'; (1 << 20) + 1]).await;
    let query = rig.get(&format!("{CALL}&x={}", "y".repeat(2048))).await;
    let path = rig.get(&format!("/ring/{}?SN=A1", "y".repeat(129))).await;
    assert_eq!(
        [body.status, query.status, path.status].map(|status| status.as_u16()),
        [413, 414, 414]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_stranger_is_read_and_it_is_told_of() {
    let mut rig = Rig::with(AREAS).await;
    let began = tokio::time::Instant::now();
    for query in [
        "SN=B2", "SN=a1", "SN=", "SN=A1%00", "sn=A1", "SN=%27--", "XSN=A1", "SN=../A1", "",
    ] {
        let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let answer = rig.ask(&format!("POST /ring/cdata?{query}"), &[], endless).await;
        assert_eq!(
            (answer.status.as_u16(), began.elapsed()),
            (403, Duration::ZERO),
            "{query}"
        );
    }
    let answer = rig.get("/ring/cdata?SN=B2").await;
    expect![[r#"
        403
        {"type":"urn:ostona:not-approved","status":403,"title":"Not approved","detail":"Nobody has added this device to the site."}
    "#]]
    .assert_eq(&answer.text());
    let stranger = |name: &str| UnknownCaller {
        prefix: "ring",
        name: CallerName::from(name),
        from: None,
    };
    let told = [rig.exchange.strangers.recv().await, rig.exchange.strangers.recv().await];
    assert_eq!(
        told,
        [Some(stranger("B2")), Some(stranger("a1"))],
        "names that could be names"
    );
    assert!(rig.exchange.called.try_recv().is_err(), "nothing was put through");
}

#[tokio::test]
async fn strangers_are_audited_once_a_minute_and_never_quoted() {
    let rig = Rig::with(AREAS).await;
    for _ in 0..20 {
        rig.get("/ring/cdata?SN=hunter2").await;
    }
    tokio::task::yield_now().await;
    assert_eq!(rig.count("auth.failed").await, 1);
    let facts = serde_json::to_string(&rig.facts()).expect("JSON");
    assert!(
        !facts.contains("hunter2") && facts.contains(r#""method":"call""#),
        "{facts}"
    );
}

#[tokio::test]
async fn a_stranger_that_is_added_is_let_in_and_one_that_is_taken_off_is_not() {
    let mut rig = Rig::with(AREAS).await;
    rig.exchange.callers.send_modify(|known| {
        let gate = known.values().next().cloned().expect("the gate");
        *known = Arc::new([(("ring", "B2".to_owned()), gate)].into());
    });
    assert_eq!(rig.get(CALL).await.status, 403);
    let asking = rig.asking("GET /ring/cdata?SN=B2&SN=A1", "");
    let called = rig.exchange.called.recv().await.expect("put through");
    drop(called);
    assert_eq!(asking.await.expect("no panic").status, 503);
}

#[tokio::test]
async fn nobody_calls_elsewhere() {
    let rig = Rig::with(AREAS).await;
    assert_eq!(rig.get("/ring?SN=A1").await.status, 404);
    assert_eq!(rig.get("/rung/cdata?SN=A1").await.status, 404);
}
