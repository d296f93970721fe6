//! Who is let in: signatures, clocks, codes, copies.

use super::{Cloud, Device, HOST, NOW, run};
use axum::body::Body;
use http::{HeaderValue, Request, StatusCode};
use protocol::{
    control::{INBOX_PATH, OUTBOX_PATH, TIME_PATH, Time},
    http_signature::MAX_SKEW_SECONDS,
};
use std::time::Duration;

#[test]
fn the_time_is_told_to_anybody() {
    run(async {
        let cloud = Cloud::start().await;
        let request = Request::builder()
            .uri(TIME_PATH)
            .header("host", HOST)
            .body(Body::empty())
            .expect("a request");
        let time: Time = serde_json::from_value(cloud.ask(request).await.expect(StatusCode::OK)).expect("a time");
        assert_eq!(time.now, NOW);
    });
}

#[test]
fn a_code_works_once_and_for_its_key() {
    run(async {
        let cloud = Cloud::start().await;
        let (device, other) = (Device::new(1), Device::new(2));
        let code = cloud.code(1).await;
        let first = cloud.ask(device.enrol(&code)).await.expect(StatusCode::OK);
        let again = cloud.ask(device.enrol(&code)).await.expect(StatusCode::OK);
        assert_eq!((&first, first["site_name"].as_str()), (&again, Some("Front")));
        assert_eq!(cloud.ask(other.enrol(&code)).await.refusal(), (403, "code-used"));
        let unknown = protocol::enrolment::Code::from_entropy([9; 10]);
        assert_eq!(cloud.ask(other.enrol(&unknown)).await.refusal(), (403, "code-unknown"));
        let late = cloud.code(3).await;
        cloud.move_clock(Duration::from_secs(3600));
        let other = Device {
            signs_at: cloud.app.clock.now(),
            ..other
        };
        assert_eq!(cloud.ask(other.enrol(&late)).await.refusal(), (403, "code-expired"));
        assert!(cloud.platform_trail().await.contains(&"enrol.refused".to_owned()));
    });
}

#[test]
fn enrolment_needs_the_key_it_brings() {
    run(async {
        let cloud = Cloud::start().await;
        let (device, other) = (Device::new(1), Device::new(2));
        let code = cloud.code(1).await;
        let body = serde_json::json!({ "code": code, "key": other.key.public(), "serial": "s", "version": "1" });
        let request = device.request("POST", protocol::enrolment::PATH, &[], body.to_string().into_bytes());
        assert_eq!(cloud.ask(request).await.refusal(), (401, "signature"));
    });
}

#[test]
fn what_is_not_signed_as_it_should_be_is_refused_and_remembered() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let changed = |name: &'static str, value: &'static str| {
            let mut request = device.batch(1..=3);
            request.headers_mut().insert(name, HeaderValue::from_static(value));
            request
        };
        assert_eq!(
            cloud.ask(changed("host", "elsewhere")).await.refusal(),
            (401, "signature")
        );
        assert_eq!(
            cloud.ask(changed("idempotency-key", "x")).await.refusal(),
            (401, "signature")
        );
        assert_eq!(
            cloud.ask(changed("signature", "ostona=:AAAA:")).await.refusal(),
            (401, "signature")
        );
        assert_eq!(
            cloud.ask(changed("signature-input", "ostona=()")).await.refusal(),
            (401, "signature")
        );
        assert_eq!(
            cloud.ask(changed("content-digest", "sha-256=:AAAA:")).await.refusal(),
            (401, "signature")
        );
        let mut swapped = device.batch(1..=3);
        *swapped.body_mut() = Body::from("another body");
        swapped
            .headers_mut()
            .insert("content-length", HeaderValue::from_static("12"));
        assert_eq!(cloud.ask(swapped).await.refusal(), (400, "digest"));
        let stranger = Device {
            id: device.id,
            counter: device.counter,
            ..Device::new(7)
        };
        assert_eq!(cloud.ask(stranger.batch(1..=3)).await.refusal(), (401, "unknown-key"));
        assert!(
            cloud
                .platform_trail()
                .await
                .iter()
                .filter(|action| *action == "ingest.refused")
                .count()
                >= 5
        );
        cloud.ask(device.batch(1..=3)).await.expect(StatusCode::OK);
    });
}

#[test]
fn a_wrong_clock_is_told_the_time() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let skew = Duration::from_secs(MAX_SKEW_SECONDS as u64 + 1);
        let ahead = Device {
            signs_at: NOW.plus(skew),
            ..device.clone()
        };
        let answer = cloud.ask(ahead.batch(1..=3)).await;
        assert_eq!(answer.refusal(), (401, "clock-skew"));
        assert_eq!(answer.body["now"], NOW.as_millis());
        cloud.move_clock(skew);
        assert_eq!(cloud.ask(device.batch(1..=3)).await.refusal(), (401, "clock-skew"));
    });
}

#[test]
fn a_copied_card_stops_both() {
    run(async {
        let cloud = Cloud::start().await;
        let mut original = cloud.edge(1).await;
        let copy = original.clone();
        original.join(&cloud).await;
        // The copy still carries the counter of the moment it was made. So may a late request of the original: neither is
        // believed, nobody is stopped.
        assert_eq!(cloud.ask(copy.batch(1..=3)).await.refusal(), (409, "rejoin"));
        cloud.ask(original.batch(1..=3)).await.expect(StatusCode::OK);
        // Joining again is where the copy shows.
        assert_eq!(
            cloud.ask(copy.joining(&"d".repeat(22))).await.refusal(),
            (409, "quarantined")
        );
        assert_eq!(cloud.ask(original.batch(1..=3)).await.refusal(), (409, "quarantined"));
        assert_eq!(
            cloud.ask(original.joining(&"a".repeat(22))).await.refusal(),
            (409, "quarantined")
        );
        assert!(cloud.platform_trail().await.contains(&"edge.quarantined".to_owned()));
        assert!(cloud.trail().await.contains(&"ingest.refused".to_owned()));
    });
}

#[test]
fn a_copy_that_joins_first_stops_both_too() {
    run(async {
        let cloud = Cloud::start().await;
        let original = cloud.edge(1).await;
        let mut copy = original.clone();
        copy.join(&cloud).await;
        assert_eq!(
            cloud.ask(original.joining(&"b".repeat(22))).await.refusal(),
            (409, "quarantined")
        );
        assert_eq!(cloud.ask(copy.batch(1..=3)).await.refusal(), (409, "quarantined"));
    });
}

#[test]
fn a_join_names_the_edge_that_signed_it() {
    run(async {
        let cloud = Cloud::start().await;
        let (first, second) = (cloud.edge(1).await, cloud.edge(2).await);
        let liar = Device { id: second.id, ..first };
        assert_eq!(
            cloud.ask(liar.joining(&"c".repeat(22))).await.refusal(),
            (403, "wrong-edge")
        );
    });
}

#[test]
fn who_asks_too_often_has_to_wait() {
    run(async {
        let mut settings = crate::settings::Settings::default();
        settings.limits.per_edge = std::num::NonZeroU32::MIN;
        let cloud = Cloud::with(settings).await;
        let device = cloud.edge(1).await;
        let mut limited = 0;
        for _ in 0..20 {
            let answer = cloud
                .ask(device.request("POST", OUTBOX_PATH, &[], b"[]".to_vec()))
                .await;
            limited += u32::from(answer.refusal() == (429, "too-many-requests"));
        }
        assert!((5..20).contains(&limited), "{limited}");
    });
}

#[test]
fn a_request_without_the_join_counter_is_refused() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let mut request = device.request("GET", INBOX_PATH, &[], Vec::new());
        request.headers_mut().remove("ostona-join");
        assert_eq!(cloud.ask(request).await.refusal(), (401, "signature"));
    });
}
