//! What devices hear: live, queued, retained, and over restarts.

use super::{BrokerLimits, Site, fact, until};
use rumqttc::mqttbytes::v4::{Packet, PubAck, PubComp, PubRec};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_qos_2_delivery_takes_all_four_steps() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/d1/own/#", 2)]).await, "suback 1 2");
    peer.publish("d1/own/x", 2, 5, "twice two").await;
    assert_eq!(
        peer.read_some(2).await,
        ["publish d1/own/x q2 #1 twice two", "pubrec 5"]
    );
    peer.send(Packet::PubRec(PubRec::new(1))).await;
    assert_eq!(peer.read().await, "pubrel 1");
    peer.send(Packet::PubComp(PubComp::new(1))).await;
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_acknowledged_comes_again_after_a_reconnect() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/d1/own/#", 2)]).await, "suback 1 2");
    for number in [1_u16, 2, 3] {
        peer.publish("d1/own/x", if number == 3 { 2 } else { 1 }, number, number.to_string())
            .await;
    }
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(peer.read().await);
    }
    seen.retain(|text| text.starts_with("publish"));
    assert_eq!(
        seen,
        [
            "publish d1/own/x q1 #1 1",
            "publish d1/own/x q1 #2 2",
            "publish d1/own/x q2 #3 3"
        ]
    );
    peer.send(Packet::PubAck(PubAck::new(2))).await;
    peer.send(Packet::PubRec(PubRec::new(3))).await;
    assert_eq!(peer.read().await, "pubrel 3");
    drop(peer);
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.connack(), "resumed");
    assert_eq!(peer.read().await, "publish d1/own/x q1 #1 dup 1");
    assert_eq!(peer.read().await, "pubrel 3");
    peer.send(Packet::PubAck(PubAck::new(1))).await;
    peer.send(Packet::PubComp(PubComp::new(3))).await;
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_and_what_was_retained_survive_a_restart() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    peer.publish_with("d1/own/last", 1, 1, "word", |publish| publish.retain = true)
        .await;
    assert_eq!(peer.read().await, "puback 1");
    assert_eq!(peer.subscribe(2, &[("ostona/v1/site/#", 1)]).await, "suback 2 1");
    let site = site.restart().await;
    assert_eq!(peer.read().await, "closed");
    // Published while the device is away: it waits in the restored session's queue.
    site.broker
        .publish_site("news", b"open at nine".to_vec())
        .await
        .expect("publish");
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.connack(), "resumed");
    assert_eq!(peer.read().await, "publish site/news q1 #1 open at nine");
    peer.send(Packet::PubAck(PubAck::new(1))).await;
    let mut texts = vec![peer.subscribe(3, &[("ostona/v1/d1/own/#", 0)]).await, peer.read().await];
    texts.sort();
    assert_eq!(texts, ["publish d1/own/last q0 #0 retain word", "suback 3 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_session_forgets() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/site/#", 1)]).await, "suback 1 1");
    drop(peer);
    assert_eq!(site.v4("d1").await.connack(), "accepted");
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.connack(), "accepted");
    site.broker.publish_site("news", b"x".to_vec()).await.expect("publish");
    assert_eq!(peer.ping().await, "pong");
    let site = site.restart().await;
    assert_eq!(site.persistent("d1").await.connack(), "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_drops_the_oldest_and_says_so_once() {
    let limits = BrokerLimits {
        queue_len: 10,
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Default::default(), None).await;
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/site/#", 1)]).await, "suback 1 1");
    peer.send(Packet::Disconnect).await;
    assert_eq!(peer.read().await, "closed");
    let mut witness = site.v4("d2").await;
    assert_eq!(witness.subscribe(1, &[("ostona/v1/site/n29", 0)]).await, "suback 1 0");
    for number in 0..30 {
        site.broker
            .publish_site(&format!("n{number}"), b"x".to_vec())
            .await
            .expect("publish");
    }
    assert_eq!(witness.read().await, "publish site/n29 q0 #0 x");
    until(|| site.kernel.has("broker.queue.dropped")).await;
    let mut peer = site.persistent("d1").await;
    let mut seen = Vec::new();
    for _ in 0..10 {
        seen.push(peer.read().await);
    }
    assert_eq!(seen.first().map(String::as_str), Some("publish site/n20 q1 #1 x"));
    assert_eq!(seen.last().map(String::as_str), Some("publish site/n29 q1 #10 x"));
    assert_eq!(site.kernel.names(), ["broker.queue.dropped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_to_a_device_is_kept() {
    let limits = BrokerLimits {
        outgoing: 3,
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Default::default(), None).await;
    let mut peer = site.v4("d1").await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/site/#", 1)]).await, "suback 1 1");
    for number in 1..=5 {
        site.broker
            .publish_site(&format!("n{number}"), b"x".to_vec())
            .await
            .expect("publish");
    }
    for number in 1..=3 {
        assert_eq!(peer.read().await, format!("publish site/n{number} q1 #{number} x"));
    }
    assert_eq!(peer.ping().await, "pong");
    peer.send(Packet::PubAck(PubAck::new(2))).await;
    assert_eq!(peer.read().await, "publish site/n4 q1 #4 x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_hears_its_own_facts_if_it_asks_and_nobody_elses() {
    let site = Site::start().await;
    let (mut one, mut two) = (site.v4("d1").await, site.v4("d2").await);
    assert_eq!(one.subscribe(1, &[("ostona/v1/d1/#", 0)]).await, "suback 1 0");
    assert_eq!(
        two.subscribe(1, &[("ostona/v1/d2/#", 0), ("ostona/v1/site/#", 0)])
            .await,
        "suback 1 0 0"
    );
    one.publish("d1/fact", 0, 0, fact("d1", 1)).await;
    assert_eq!(one.read().await, format!("publish d1/fact q0 #0 {}", fact("d1", 1)));
    assert_eq!(two.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_slow_reader_holds_nobody_up() {
    let site = Site::start().await;
    let mut slow = site.v4("d1").await;
    assert_eq!(slow.subscribe(1, &[("ostona/v1/site/#", 0)]).await, "suback 1 0");
    let mut quick = site.v4("d2").await;
    assert_eq!(quick.subscribe(1, &[("ostona/v1/site/#", 0)]).await, "suback 1 0");
    for number in 0..200 {
        let publishing = site.broker.publish_site("big", vec![b'x'; 60_000]);
        tokio::time::timeout(Duration::from_secs(5), publishing)
            .await
            .expect("not stuck")
            .expect("publish");
        assert!(quick.read().await.starts_with("publish site/big"), "{number}");
    }
    assert_eq!(site.aborts.load(std::sync::atomic::Ordering::SeqCst), 0);
}
