//! Deadlines, with the clock paused: keep-alive, wills with a delay, sessions that end.

use super::{BrokerLimits, Peer, everybody, fact, fake_kernel::FakeKernel};
use crate::{broker::BrokerTasks, connection::serve, context::BrokerContext};
use rumqttc::mqttbytes::{
    QoS,
    v4::{LastWill, Packet, Subscribe},
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

/// A broker without sockets and without its watchdog: a paused clock runs ahead of the router's thread.
pub(super) async fn context(limits: BrokerLimits, kernel: &Arc<FakeKernel>) -> Arc<BrokerContext> {
    let (_, credentials) = watch::channel(Arc::new(everybody()));
    let assembling = BrokerTasks::assemble(Arc::clone(kernel) as _, limits, credentials, Arc::new(|| {}));
    Arc::clone(&assembling.await.expect("assemble").context)
}

/// A peer on one end of a pipe, a connection on the other.
pub(super) fn peer(context: &Arc<BrokerContext>) -> Peer {
    narrow_peer(context, 1 << 16)
}

/// The same with a pipe that holds so many bytes.
fn narrow_peer(context: &Arc<BrokerContext>, bytes: usize) -> Peer {
    let (here, there) = tokio::io::duplex(bytes);
    let ip = IpAddr::from([127, 0, 0, 1]);
    let stranger = context.admission.enter(ip);
    tokio::spawn(serve(
        there,
        ip,
        Arc::clone(context),
        stranger,
        CancellationToken::new(),
    ));
    Peer::over(here)
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_connection_after_one_and_a_half_keep_alives() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    let mut peer = peer(&context).sign_in("d1", |connect| connect.keep_alive = 10).await;
    let before = Instant::now();
    assert_eq!(peer.read_within(Duration::from_secs(60)).await, "closed");
    assert_eq!(before.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn keep_alive_zero_never_ends() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    let mut peer = peer(&context).sign_in("d1", |connect| connect.keep_alive = 0).await;
    assert_eq!(peer.read_within(Duration::from_secs(86_400)).await, "silent");
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_never_comes_is_not_waited_for() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    let mut peer = peer(&context);
    peer.bytes(b"\x10").await;
    let before = Instant::now();
    assert_eq!(peer.read_within(Duration::from_secs(60)).await, "closed");
    assert_eq!(before.elapsed(), BrokerLimits::default().connect);
}

#[tokio::test(start_paused = true)]
async fn guessing_tokens_gets_slower_and_slower() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    let mut waits = Vec::new();
    for _ in 0..8 {
        let before = Instant::now();
        let wrong = |connect: &mut rumqttc::Connect| {
            connect.set_login("d1", "guess");
        };
        assert_eq!(
            peer(&context).sign_in("d1", wrong).await.connack(),
            "refused BadUserNamePassword"
        );
        waits.push(before.elapsed().as_millis());
    }
    assert_eq!(waits, [0, 0, 0, 0, 0, 250, 500, 1000]);
}

/// A CONNECT of MQTT 5 with a session of `expiry` seconds and a will after `delay` seconds.
fn mortal(expiry: u32, delay: u32) -> Vec<u8> {
    let mut body = b"\x00\x04MQTT\x05\xcc\x00\x00\x05\x11".to_vec();
    body.extend(expiry.to_be_bytes());
    body.extend(b"\x00\x02d1\x05\x18");
    body.extend(delay.to_be_bytes());
    let topic = b"ostona/v1/d1/fact";
    for text in [
        topic.as_slice(),
        fact("d1", 1).as_bytes(),
        b"d1",
        super::TOKEN.as_bytes(),
    ] {
        body.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
        body.extend(text);
    }
    let len = u8::try_from(body.len() % 128).expect("small") | 0x80;
    let mut bytes = vec![0x10, len, u8::try_from(body.len() / 128).expect("small")];
    bytes.extend(body);
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_will_with_a_delay_waits_and_is_called_off_by_a_return() {
    let kernel = Arc::<FakeKernel>::default();
    let context = context(BrokerLimits::default(), &kernel).await;
    for (back_after, expected) in [(5, 0), (20, 1)] {
        let mut first = peer(&context);
        first.bytes(&mortal(3600, 10)).await;
        assert!(!first.read_raw(5).await.is_empty());
        drop(first);
        time::sleep(Duration::from_secs(back_after)).await;
        let mut second = peer(&context);
        second.bytes(&mortal(3600, 10)).await;
        assert!(!second.read_raw(5).await.is_empty());
        second.bytes(&[0xe0, 0]).await;
        time::sleep(Duration::from_secs(30)).await;
        assert_eq!(kernel.numbers().len(), expected, "back after {back_after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_when_its_time_is_over() {
    let kernel = Arc::<FakeKernel>::default();
    let context = context(BrokerLimits::default(), &kernel).await;
    for (away, present) in [(50, 1), (70, 0)] {
        let mut peer = peer(&context);
        peer.bytes(&mortal(60, 0)).await;
        assert!(!peer.read_raw(5).await.is_empty());
        peer.bytes(&[0xe0, 0]).await;
        time::sleep(Duration::from_secs(away)).await;
        let mut peer = super::time::peer(&context);
        peer.bytes(&mortal(60, 0)).await;
        assert_eq!(peer.read_raw(3).await.get(2), Some(&present), "away {away} s");
        peer.bytes(&[0xe0, 0]).await;
        time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_takes_nothing_is_dead_after_its_keep_alive() {
    let kernel = Arc::<FakeKernel>::default();
    let context = context(BrokerLimits::default(), &kernel).await;
    let will = LastWill::new("ostona/v1/d1/fact", fact("d1", 1), QoS::AtMostOnce, false);
    let mortal = |connect: &mut rumqttc::Connect| (connect.keep_alive, connect.last_will) = (10, Some(will));
    let mut peer = peer(&context).sign_in("d1", mortal).await;
    for number in 0..8 {
        peer.publish_with(&format!("d1/own/{number}"), 1, 1, vec![b'x'; 60_000], |publish| {
            publish.retain = true
        })
        .await;
        assert_eq!(peer.read().await, "puback 1");
    }
    // More than the pipe and the broker's own buffer hold; the device reads none of it.
    let mut subscribe = Subscribe::new("ostona/v1/d1/own/#", QoS::AtMostOnce);
    subscribe.pkid = 2;
    peer.send(Packet::Subscribe(subscribe)).await;
    time::sleep(Duration::from_secs(14)).await;
    assert!(kernel.numbers().is_empty());
    time::sleep(Duration::from_secs(2)).await;
    assert_eq!(kernel.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_written_in_time_is_never_written() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    // A pipe that holds less than a request, with nobody reading at the other end.
    let mut peer = narrow_peer(&context, 64)
        .sign_in("d1", |connect| connect.keep_alive = 0)
        .await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/d1/command", 0)]).await, "suback 1 0");
    let deadline = Instant::now() + Duration::from_secs(10);
    let asked = context
        .sessions
        .request(super::device("d1"), super::commands::request(1), deadline);
    assert_eq!(asked.await, Ok(()));
    time::sleep(Duration::from_secs(60)).await;
    assert_eq!(peer.read().await, "closed", "half a request, and nothing after it");
}

#[tokio::test(start_paused = true)]
async fn a_request_nobody_waits_for_any_more_is_not_sent() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    let mut peer = narrow_peer(&context, 64)
        .sign_in("d1", |connect| connect.keep_alive = 0)
        .await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/d1/command", 0)]).await, "suback 1 0");
    let deadline = Instant::now() + Duration::from_secs(10);
    let ask = |number| {
        context
            .sessions
            .request(super::device("d1"), super::commands::request(number), deadline)
    };
    // The first one fills the pipe, so that the second waits behind it, until whoever asked gives up.
    assert_eq!(ask(1).await, Ok(()));
    let impatient = time::timeout(Duration::from_secs(1), ask(2));
    assert!(impatient.await.is_err());
    assert!(peer.read().await.starts_with("publish d1/command"));
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_subscriptions_is_slowed() {
    let context = context(BrokerLimits::default(), &Arc::default()).await;
    let mut peer = peer(&context).sign_in("d1", |connect| connect.keep_alive = 0).await;
    let before = Instant::now();
    for number in 1..=300 {
        let answer = format!("suback {number} 1");
        assert_eq!(peer.subscribe(number, &[("ostona/v1/d1/own/#", 1)]).await, answer);
    }
    // A hundred at once, then a hundred a second.
    let millis = before.elapsed().as_millis();
    assert!((1900..2100).contains(&millis), "{millis} ms");
}

#[tokio::test(start_paused = true)]
async fn a_packet_of_filters_is_taken_as_far_as_a_session_may_have_them() {
    let limits = BrokerLimits {
        filters: 2,
        ..BrokerLimits::default()
    };
    let context = context(limits, &Arc::default()).await;
    let mut peer = peer(&context).sign_in("d1", |connect| connect.keep_alive = 0).await;
    let filter = ("ostona/v1/d1/own/#", 1);
    assert_eq!(peer.subscribe(1, &[filter]).await, "suback 1 1");
    assert_eq!(peer.subscribe(2, &[filter; 4]).await, "suback 2 1 1 no no");
}
