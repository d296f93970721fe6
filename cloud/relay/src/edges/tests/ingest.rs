//! Batches: taken in once, refused with a reason, never larger than allowed.

use super::{Cloud, Device, NOW, event, org, run};
use crate::{
    edges::{Encoding, decompression::inflate},
    import::{self, ImportError},
    settings::{RelayLimits, Settings},
};
use axum::body::Body;
use cloud_store::{
    events::{self, EventFilter},
    ingest::IncomingBatch,
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Request, StatusCode};
use protocol::{
    Seq,
    batch::{self, MAX_PLAIN, MAX_WIRE},
    export, frame,
};
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt as _;

async fn stored(cloud: &Cloud) -> usize {
    let filter = EventFilter {
        limit: 1000,
        ..EventFilter::default()
    };
    events::query(&cloud.app.store.scope(org()), filter)
        .await
        .expect("events")
        .len()
}

#[test]
fn a_batch_is_stored_once_and_shown_to_listeners() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let scope = cloud.app.store.scope(org());
        let newest = scope.new_events(1).expect("nobody listens yet");
        let first = cloud.ask(device.batch(1..=3)).await.expect(StatusCode::OK);
        assert_eq!(
            first,
            json!({ "have": { "facts": 3, "telemetry": 0 }, "new": 3, "known": 0 })
        );
        let again = cloud.ask(device.batch(1..=4)).await.expect(StatusCode::OK);
        assert_eq!(
            again,
            json!({ "have": { "facts": 4, "telemetry": 0 }, "new": 1, "known": 3 })
        );
        assert_eq!(*newest.borrow(), 4);
        let found = events::stored_after(&scope, 0, 10).await.expect("events");
        let seqs: Vec<u64> = found.iter().map(|event| event.seq.0).collect();
        assert_eq!(seqs, [1, 2, 3, 4]);
        assert!(found.iter().all(|stored| stored.body == event(stored.seq.0)));
        assert_eq!(stored(&cloud).await, 4);
        assert_eq!(
            (cloud.app.figures.events.get(), cloud.app.figures.duplicates.get()),
            (4, 3)
        );
    });
}

#[test]
fn a_plain_batch_will_do() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let (header, plain) = device.plain(1..=2);
        let request = device.send(&header.idempotency_key(), "identity", plain);
        cloud.ask(request).await.expect(StatusCode::OK);
    });
}

#[test]
fn a_batch_of_somebody_else_is_refused() {
    run(async {
        let cloud = Cloud::start().await;
        let (first, second) = (cloud.edge(1).await, cloud.edge(2).await);
        let (header, plain) = second.plain(1..=2);
        let request = first.send(&header.idempotency_key(), "identity", plain);
        assert_eq!(cloud.ask(request).await.refusal(), (403, "wrong-edge"));
        assert_eq!(stored(&cloud).await, 0);
    });
}

#[test]
fn broken_batches_are_refused_with_a_reason_and_a_line_in_the_trail() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let (header, plain) = device.plain(1..=3);
        let key = header.idempotency_key();
        let mut flipped = plain.clone();
        let last = flipped.len() - 1;
        flipped[last] ^= 1;
        let mut misplaced = Vec::new();
        for seq in [1, 3, 2] {
            frame::encode(&mut misplaced, Seq(seq), &event(seq)).expect("a record");
        }
        let misplaced = batch::encode(&header, &misplaced).expect("a batch");
        let cut = plain[..plain.len() - 5].to_vec();
        for wire in [flipped, misplaced, cut, b"not a batch".to_vec(), Vec::new()] {
            assert_eq!(
                cloud.ask(device.send(&key, "identity", wire)).await.refusal(),
                (422, "batch")
            );
        }
        assert_eq!(
            cloud.ask(device.send(&key, "zstd", plain.clone())).await.refusal(),
            (400, "bad-request")
        );
        assert_eq!(
            cloud
                .ask(device.send("other", "identity", plain.clone()))
                .await
                .refusal(),
            (422, "idempotency-key")
        );
        assert_eq!(
            cloud.ask(device.send(&key, "br", plain.clone())).await.refusal(),
            (415, "unsupported")
        );
        let mut typed = device.send(&key, "identity", plain);
        typed
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("text/plain"));
        assert_eq!(cloud.ask(typed).await.refusal(), (415, "unsupported"));
        assert_eq!(stored(&cloud).await, 0);
        assert_eq!(
            cloud
                .trail()
                .await
                .iter()
                .filter(|action| *action == "ingest.refused")
                .count(),
            7
        );
    });
}

#[test]
fn bombs_and_oversized_bodies_are_refused() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let bomb = zstd::encode_all(std::io::repeat(0).take_all(MAX_PLAIN as u64 * 8), 1).expect("zstd");
        assert!(bomb.len() < 100_000);
        assert_eq!(
            cloud.ask(device.send("x", "zstd", bomb)).await.refusal(),
            (413, "too-large")
        );
        let long = vec![0; MAX_WIRE + 1];
        assert_eq!(
            cloud.ask(device.send("x", "identity", long.clone())).await.refusal(),
            (413, "too-large")
        );
        // A length that lies: the body goes on past what it announced.
        let mut lying = device.send("x", "identity", long);
        lying
            .headers_mut()
            .insert("content-length", HeaderValue::from_static("10"));
        assert_eq!(cloud.ask(lying).await.refusal(), (413, "too-large"));
    });
}

/// A body that announces much, sends what is given, and then nothing more.
fn stalling(request: Request<Body>, sent: Vec<u8>) -> Request<Body> {
    let (mut parts, _) = request.into_parts();
    parts.headers.insert("content-length", HeaderValue::from(MAX_WIRE));
    let sent = stream::once(async move { Ok::<_, std::convert::Infallible>(sent) });
    Request::from_parts(parts, Body::from_stream(sent.chain(stream::pending())))
}

#[test]
fn bodies_that_are_announced_and_do_not_come_hold_nobody_up() {
    run(async {
        let cloud = Cloud::start().await;
        let mut stalled = Vec::new();
        for number in 1..=20 {
            let device = cloud.edge(number).await;
            for _ in 0..4 {
                let asked = stalling(device.send("x", "identity", Vec::new()), Vec::new());
                stalled.push(tokio::spawn(cloud.router.clone().oneshot(asked)));
            }
            // Until all four have been let in.
            while cloud.ask(device.send("x", "identity", Vec::new())).await.refusal() != (503, "busy") {}
        }
        let device = cloud.edge(21).await;
        cloud.ask(device.batch(1..=3)).await.expect(StatusCode::OK);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(11)).await;
        tokio::time::resume();
        for stalled in stalled {
            let answer = stalled.await.expect("no panic").expect("an answer");
            assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        }
    });
}

#[test]
fn what_has_arrived_is_charged_to_the_organisation_and_joins_have_room_of_their_own() {
    run(async {
        let cloud = Cloud::start().await;
        let mut stalled = Vec::new();
        for number in 1..=3 {
            let device = cloud.edge(number).await;
            let asked = stalling(device.send("x", "identity", Vec::new()), vec![0; MAX_WIRE - 1]);
            stalled.push(tokio::spawn(cloud.router.clone().oneshot(asked)));
        }
        let mut last = cloud.edge(4).await;
        let asked = stalling(last.send("x", "identity", Vec::new()), vec![0; 4_000_000]);
        assert_eq!(cloud.ask(asked).await.refusal(), (503, "busy"));
        last.join(&cloud).await;
        for stalled in stalled {
            stalled.abort();
            let _ = stalled.await;
        }
        cloud.ask(last.batch(1..=3)).await.expect(StatusCode::OK);
    });
}

#[test]
fn a_batch_is_never_more_than_it_announces() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let (header, plain) = device.plain(1..=3);
        let mut wire = zstd::bulk::compress(&plain[..40], 1).expect("zstd");
        wire.extend(zstd::bulk::compress(&plain[40..], 1).expect("zstd"));
        let sent = device.send(&header.idempotency_key(), "zstd", wire);
        assert_eq!(cloud.ask(sent).await.refusal(), (413, "too-large"));
    });
}

trait TakeAll: std::io::Read + Sized {
    fn take_all(self, len: u64) -> std::io::Take<Self> {
        self.take(len)
    }
}
impl<R: std::io::Read> TakeAll for R {}

#[test]
fn an_organisation_that_is_full_is_told_to_keep_its_events() {
    run(async {
        let limits = RelayLimits {
            org_mib: std::num::NonZeroU32::MIN,
            ..RelayLimits::default()
        };
        let cloud = Cloud::with(Settings {
            limits,
            ..Settings::default()
        })
        .await;
        let mut device = cloud.edge(1).await;
        cloud.ask(device.batch(1..=2_000)).await.expect(StatusCode::OK);
        let full = cloud
            .router
            .clone()
            .oneshot(device.batch(2_001..=2_002))
            .await
            .expect("an answer");
        assert_eq!(full.status(), StatusCode::INSUFFICIENT_STORAGE);
        assert!(full.headers().contains_key("retry-after"));
        assert_eq!(cloud.ask(device.batch(2_001..=2_002)).await.refusal(), (507, "quota"));
        // Nothing else stops.
        device.join(&cloud).await;
    });
}

#[test]
fn an_export_file_is_imported_once() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        cloud.ask(device.batch(1..=2)).await.expect(StatusCode::OK);
        let parts: Vec<_> = [1..=3, 4..=6]
            .map(|seqs| {
                let (header, plain) = device.plain(seqs);
                (header, zstd::encode_all(plain.as_slice(), 1).expect("zstd"))
            })
            .into();
        let file = export::encode(device.id, NOW, &parts, &device.key).expect("a file");
        let imported = import::import(&cloud.app, &file).await.expect("imported");
        assert_eq!((imported.new, imported.known), (4, 2));
        let imported = import::import(&cloud.app, &file).await.expect("imported");
        assert_eq!((imported.new, imported.known), (0, 6));
        let forged = export::encode(device.id, NOW, &parts, &Device::new(2).key).expect("a file");
        assert!(matches!(
            import::import(&cloud.app, &forged).await,
            Err(ImportError::File(_))
        ));
        let mut flipped = file.clone();
        let last = flipped.len() - 1;
        flipped[last] ^= 1;
        assert!(matches!(
            import::import(&cloud.app, &flipped).await,
            Err(ImportError::File(_))
        ));
    });
}

#[test]
fn fuzz_no_bytes_make_the_batch_road_panic() {
    bolero::check!()
        .with_type::<(Vec<u8>, bool)>()
        .for_each(|(wire, plain)| {
            let encoding = if *plain { Encoding::Plain } else { Encoding::Zstd };
            if let Ok(plain) = inflate(wire, encoding) {
                assert!(plain.len() <= MAX_PLAIN);
                let _ = IncomingBatch::read(plain);
            }
        });
}

#[test]
fn fuzz_no_change_to_a_batch_makes_the_road_panic_or_goes_unseen() {
    let (header, good) = Device::new(1).plain(1..=3);
    bolero::check!().with_type::<(u16, u8)>().for_each(|(place, bits)| {
        let mut bytes = good.clone();
        let place = usize::from(*place) % bytes.len();
        bytes[place] ^= bits;
        let in_header = place < good.len() - 3 * (frame::HEADER + event(1).len());
        match IncomingBatch::read(bytes) {
            Ok(read) => assert!(
                *bits == 0 || in_header,
                "byte {place} changed unseen in {:?}",
                read.header()
            ),
            Err(_) => assert_ne!(*bits, 0, "{header:?}"),
        }
    });
}
