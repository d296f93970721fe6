//! The small tasks by themselves.

use crate::{
    outbox::{Delivery, Outbox, PushResult},
    persister::{Persister, StoredKey},
    retained::{RetainedFull, RetainedMessage, RetainedStore},
    router::{self, Publication, Recipients},
    topic_access::{FilterError, PublishTopic, TopicAccess},
    wire::{self, MqttVersion, QoS},
};
use bytes::{Bytes, BytesMut};
use edge_kernel::Refusal;
use proptest::prelude::*;
use protocol::Timestamp;
use std::sync::Arc;

#[test]
fn a_devices_ground() {
    let topic_access = TopicAccess::of(&super::device("d1"));
    assert_eq!(topic_access.publish("ostona/v1/d1/fact"), Some(PublishTopic::Fact));
    assert_eq!(topic_access.publish("ostona/v1/d1/own/a/b"), Some(PublishTopic::Own));
    for foreign in [
        "ostona/v1/d1/own/",
        "ostona/v1/d1/own/+",
        "ostona/v1/d1",
        "ostona/v1/d1/",
        "d1/fact",
        "",
    ] {
        assert_eq!(topic_access.publish(foreign), None, "{foreign}");
    }
    assert_eq!(
        topic_access.publish(&format!("ostona/v1/d1/own/{}", "x".repeat(256))),
        None
    );
    for own in [
        "ostona/v1/d1/#",
        "ostona/v1/d1/+",
        "ostona/v1/site/#",
        "ostona/v1/site/a/+",
    ] {
        assert_eq!(topic_access.subscribe(own), Ok(()), "{own}");
    }
    assert_eq!(topic_access.subscribe("$share/g/x"), Err(FilterError::Shared));
    assert_eq!(topic_access.subscribe("ostona/v1/d1/#/x"), Err(FilterError::Invalid));
    for foreign in [
        "ostona/#",
        "ostona/v1/#",
        "ostona/v1/d10/#",
        "ostona/v1/sites/#",
        "+/v1/d1/fact",
    ] {
        assert_eq!(topic_access.subscribe(foreign), Err(FilterError::Foreign), "{foreign}");
    }
}

fn delivery(payload: &'static str) -> Delivery {
    let (topic, payload) = (Arc::from("t"), Bytes::from_static(payload.as_bytes()));
    Delivery {
        topic,
        payload,
        qos: QoS::AtLeastOnce,
        retain: false,
        expires: None,
    }
}

#[test]
fn an_outbox_is_bounded_in_number_and_bytes() {
    let outbox = Outbox::new(2, 10);
    assert_eq!(outbox.push(delivery("aaa")), PushResult::Enough);
    assert_eq!(outbox.push(delivery("bbb")), PushResult::Enough);
    assert_eq!(outbox.push(delivery("ccc")), PushResult::FirstLoss);
    assert_eq!(outbox.push(delivery("dddddd")), PushResult::Loss);
    assert_eq!(outbox.pop(), Some(delivery("dddddd")));
    assert_eq!(outbox.pop(), None);
    assert_eq!(
        outbox.push(delivery("longer than there is room")),
        PushResult::FirstLoss
    );
    assert_eq!(outbox.pop(), None);
}

#[test]
fn each_device_has_its_own_room_for_retained_publications() {
    let kept = |payload: &'static str| RetainedMessage {
        payload: payload.into(),
        qos: QoS::AtLeastOnce,
        expires: None,
    };
    let mut table = RetainedStore::default();
    assert_eq!(table.keep("a/", "a/1", kept("xxx"), 2, 6), Ok(()));
    assert_eq!(table.keep("a/", "a/2", kept("xxx"), 2, 6), Ok(()));
    assert_eq!(table.keep("a/", "a/3", kept(""), 2, 6), Err(RetainedFull));
    assert_eq!(table.keep("a/", "a/2", kept("xxxx"), 2, 6), Err(RetainedFull));
    assert_eq!(table.keep("a/", "a/2", kept("yyy"), 2, 6), Ok(()));
    assert_eq!(table.keep("b/", "b/1", kept("xxxxxx"), 2, 6), Ok(()));
    let topics: Vec<&str> = table.below("a/").map(|(topic, _)| topic).collect();
    assert_eq!(topics, ["a/1", "a/2"]);
    assert!(table.forget("a/1"));
    assert!(!table.forget("a/1"));
}

proptest! {
    #[test]
    fn what_is_retained_reads_back(payload: Vec<u8>, expires in proptest::option::of(1_i64..), qos in 0_u8..3) {
        let qos = rumqttc::mqttbytes::qos(qos).expect("qos");
        let kept = RetainedMessage { payload: payload.into(), qos, expires: expires.map(Timestamp::from_millis) };
        prop_assert_eq!(RetainedMessage::decode(kept.encode()), Some(kept));
    }

    /// However the bytes arrive, the same packets come out.
    #[test]
    fn packets_do_not_depend_on_how_they_arrive(
        payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..8),
        cuts in proptest::collection::vec(1_usize..50, 1..20),
        five: bool,
    ) {
        let version = if five { MqttVersion::V5 } else { MqttVersion::V4 };
        let bytes = encode(&payloads, version);
        let mut whole = BytesMut::from(bytes.as_ref());
        let expected = all(&mut whole, version);
        prop_assert_eq!(expected.len(), payloads.len() * 2);
        let (mut buffer, mut seen, mut rest) = (BytesMut::new(), Vec::new(), bytes.as_ref());
        for cut in cuts.iter().cycle() {
            let (head, tail) = rest.split_at((*cut).min(rest.len()));
            buffer.extend_from_slice(head);
            seen.extend(all(&mut buffer, version));
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(seen, expected);
    }
}

fn encode(payloads: &[Vec<u8>], version: MqttVersion) -> BytesMut {
    let mut out = BytesMut::new();
    let writer = wire::PacketWriter {
        version,
        max_packet: usize::MAX,
    };
    for (number, payload) in payloads.iter().enumerate() {
        let delivery = Delivery {
            payload: payload.clone().into(),
            ..delivery("")
        };
        assert!(writer.publish(&mut out, &delivery, number as u16 + 1, false));
        out.extend_from_slice(&[0xc0, 0]);
    }
    out
}

fn all(buffer: &mut BytesMut, version: MqttVersion) -> Vec<wire::InboundPacket> {
    std::iter::from_fn(|| wire::read(buffer, version, 1 << 20).expect("sound")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_router_gives_everything_back_in_order() {
    let (router_sender, mut router_receiver, _) = router::start().expect("router");
    let publication = |number: u32| Publication {
        topic: format!("t/{number}"),
        payload: vec![0; (number as usize * 37) % 9000].into(),
        qos: QoS::ExactlyOnce,
        retain: number.is_multiple_of(2),
        local: number.is_multiple_of(3),
        expiry: number.is_multiple_of(5).then_some(number),
    };
    let sending = tokio::spawn(async move {
        for number in 0..5000 {
            let recipients = if number % 7 == 0 {
                Recipients::Site
            } else {
                Recipients::Device(super::device("d1"))
            };
            router_sender
                .send(&recipients, &publication(number))
                .await
                .expect("send");
        }
    });
    for number in 0..5000 {
        let routed = tokio::time::timeout(std::time::Duration::from_secs(5), router_receiver.next()).await;
        let routed = routed.expect("in time").expect("alive");
        assert_eq!(routed.publication, publication(number));
        assert_eq!(routed.recipients == Recipients::Site, number % 7 == 0);
    }
    sending.await.expect("sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_router_ends_the_process() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (router_sender, _unread, seen) = router::start().expect("router");
    let aborts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&aborts);
    let abort = Arc::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let silence = std::time::Duration::from_millis(200);
    router_sender
        .watch(seen, silence, abort, tokio_util::sync::CancellationToken::new())
        .await;
    assert_eq!(aborts.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_stopped_for_a_while_has_no_silent_router() {
    use std::time::Duration;
    let (router_sender, _unread, _) = router::start().expect("router");
    let (pulse, seen) = tokio::sync::watch::channel(());
    let abort = Arc::new(|| panic!("the router had no time to answer"));
    let shutdown = tokio_util::sync::CancellationToken::new();
    let watching = tokio::spawn(router_sender.watch(seen, Duration::from_secs(5), abort, shutdown.clone()));
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(60)).await;
    for _ in 0..20 {
        pulse.send_replace(());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    shutdown.cancel();
    watching.await.expect("no abort");
}

#[tokio::test]
async fn what_the_network_does_not_deliver_soon_it_never_delivers() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let _peer = tokio::net::TcpStream::connect(listener.local_addr().expect("bound")).await;
    let (socket, _) = listener.accept().await.expect("accept");
    crate::listener::prepare(&socket, std::time::Duration::from_secs(15));
    let timeout = socket2::SockRef::from(&socket)
        .tcp_user_timeout()
        .expect("an option of Linux");
    assert_eq!(timeout, Some(std::time::Duration::from_secs(15)));
}

#[tokio::test]
async fn a_scribe_with_too_much_to_keep_says_so_at_once() {
    let (persister, _) = Persister::start(Arc::<super::FakeKernel>::default());
    let keep = |_| persister.keep(StoredKey::Retained("ostona/v1/d1/own/x".to_owned()), None);
    // The persister itself has no turn before this test waits.
    let mut answers: Vec<_> = (0..5000).map(keep).collect();
    assert!(matches!(answers.remove(4999).await, Ok(Err(Refusal::Busy))));
    assert!(matches!(answers.remove(0).await, Ok(Ok(()))));
}
