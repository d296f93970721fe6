//! Pushes: one answer for every wrong address, and "taken" only when it is.

use super::areas::AREAS;
use super::rig::{PUSH, Rig};
use axum::body::Body;
use bytes::Bytes;
use expect_test::expect;

#[tokio::test]
async fn every_wrong_address_gets_the_same_answer() {
    let mut rig = Rig::with(AREAS).await;
    let mut answers = Vec::new();
    for path in [
        "/push/gate/wrong",
        "/push/gate/s3cre",
        "/push/gate/s3cret2",
        "/push/kiosk/s3cret",
        "/push/nobody/s3cret",
        "/push/NO%20SLUG/s3cret",
        "/push/%FF/%FF",
    ] {
        let answer = rig.ask(&format!("POST {path}"), &[], "x").await;
        answers.push(format!("{} {:?}\n", answer.text(), answer.headers));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    let answer = rig.ask("POST /push/gate/wrong", &[], "x").await;
    expect![[r#"
        404
        {"type":"urn:ostona:not-found","status":404,"title":"Nothing here","detail":"No such push address."}
    "#]]
    .assert_eq(&answer.text());
    assert!(rig.pushed.try_recv().is_err(), "nothing was handed over");
}

#[tokio::test]
async fn a_push_is_taken_when_its_driver_says_so() {
    let mut rig = Rig::with(AREAS).await;
    for (said, expected) in [(Some(true), 200), (Some(false), 503), (None, 503)] {
        let asking = rig.asking(&format!("POST {PUSH}"), "an event");
        let pushed = rig.pushed.recv().await.expect("handed over");
        assert_eq!((pushed.device.as_str(), &pushed.body[..]), ("gate", &b"an event"[..]));
        assert!(!asking.is_finished(), "nobody said it is on disk");
        match said {
            Some(said) => pushed.stored.send(said).expect("somebody waits"),
            None => drop(pushed),
        }
        assert_eq!(asking.await.expect("no panic").status, expected);
    }
}

#[tokio::test]
async fn a_box_with_its_hands_full_says_so_at_once() {
    let mut rig = Rig::with(AREAS).await;
    let waiting = rig.asking(&format!("POST {PUSH}"), "first");
    let handed = loop {
        // The first fills the only place on the way to the drivers.
        tokio::task::yield_now().await;
        if rig.pushed.len() == 1 {
            break rig.ask(&format!("POST {PUSH}"), &[], "second").await;
        }
    };
    expect![[r#"
        503
        {"type":"urn:ostona:not-now","status":503,"title":"Not now","detail":"Send it again later."}
    "#]]
    .assert_eq(&handed.text());
    let first = rig.pushed.recv().await.expect("handed over");
    first.stored.send(true).expect("somebody waits");
    assert_eq!(waiting.await.expect("no panic").status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_says_nothing_is_not_waited_for_for_ever() {
    let mut rig = Rig::with(AREAS).await;
    let asking = rig.asking(&format!("POST {PUSH}"), "an event");
    let pushed = rig.pushed.recv().await.expect("handed over");
    assert_eq!(asking.await.expect("no panic").status, 503);
    assert!(pushed.stored.is_closed());
}

#[tokio::test(start_paused = true)]
async fn bodies_are_read_only_behind_the_right_secret_and_not_for_ever() {
    let rig = Rig::with(AREAS).await;
    let endless = || Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let slow = rig.ask(&format!("POST {PUSH}"), &[], endless()).await;
    assert_eq!(slow.status, 503);
    let began = tokio::time::Instant::now();
    let wrong = rig.ask("POST /push/gate/wrong", &[], endless()).await;
    assert_eq!(
        (wrong.status.as_u16(), began.elapsed()),
        (404, std::time::Duration::ZERO)
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_a_problem() {
    let rig = Rig::with(AREAS).await;
    let answer = rig.ask(&format!("POST {PUSH}"), &[], vec![b'x'; (4 << 20) + 1]).await;
    expect![[r#"
        413
        {"type":"urn:ostona:too-long","status":413,"title":"Too long","detail":"Send less at once."}
    "#]]
    .assert_eq(&answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn wrong_secrets_are_audited_once_a_minute_and_never_quoted() {
    let rig = Rig::with(AREAS).await;
    for _ in 0..20 {
        rig.ask("POST /push/gate/hunter2", &[], "x").await;
    }
    tokio::task::yield_now().await;
    assert_eq!(rig.count("auth.failed").await, 1);
    let facts = serde_json::to_string(&rig.facts()).expect("JSON");
    assert!(
        !facts.contains("hunter2") && facts.contains(r#""method":"push""#),
        "{facts}"
    );
}
