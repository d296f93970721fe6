//! What was found broken in rumqttd's listeners (facts/platform.md §4.2), each by its number there.

use super::{BrokerLimits, Peer, Site, device, fact, until};
use rumqttc::mqttbytes::{
    QoS,
    v4::{LastWill, Packet, PubAck, PubRec, PubRel},
};
use std::{sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn defect_1_a_strange_client_id_hurts_nobody() {
    let site = Site::start().await;
    for client in ["dev/1", "dev/1", "a+b", "#", "$share", "", "D1", "\u{0}"] {
        let peer = site.v4(client).await;
        assert_eq!(peer.connack(), "refused BadClientId", "{client:?}");
    }
    assert_eq!(site.v4("d1").await.connack(), "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_2_shared_subscriptions_are_refused_politely() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    assert_eq!(
        peer.subscribe(1, &[("$share/g/ostona/v1/d1/#", 1), ("ostona/v1/d1/own/#", 1)])
            .await,
        "suback 1 no 1"
    );
    drop(peer);
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.connack(), "resumed");
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_3_a_silent_tls_socket_blocks_nobody() {
    let (server, client) = certificates();
    let limits = BrokerLimits {
        handshake: Duration::from_millis(300),
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Arc::default(), Some(server)).await;
    let address = site.broker.tls().expect("tls");
    let mut silent = Peer::raw(address).await;
    let socket = tokio::net::TcpStream::connect(address).await.expect("connect");
    let name = rustls_pki_types::ServerName::try_from("localhost").expect("name");
    let stream = tokio_rustls::TlsConnector::from(client)
        .connect(name, socket)
        .await
        .expect("handshake");
    let mut peer = Peer::over(stream).sign_in("d1", |_| {}).await;
    assert_eq!(peer.connack(), "accepted");
    peer.publish("d1/fact", 1, 1, fact("d1", 1)).await;
    assert_eq!(peer.read().await, "puback 1");
    assert_eq!(silent.read().await, "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_4_a_will_belongs_to_the_connection_that_left_it() {
    let site = Site::start().await;
    let address = site.broker.plain().expect("plain");
    let will = |number| LastWill::new("ostona/v1/d1/fact", fact("d1", number), QoS::AtLeastOnce, false);
    let mut first = Peer::connect(address, "d1", |connect| connect.last_will = Some(will(1))).await;
    let second = Peer::connect(address, "d1", |connect| connect.last_will = Some(will(2))).await;
    // The first one's will is out before the second one is welcome; the second one's is not.
    assert_eq!(site.kernel.numbers(), [1]);
    assert_eq!(first.read().await, "closed");
    drop(second);
    until(|| site.kernel.numbers() == [1, 2]).await;
    let mut third = Peer::connect(address, "d1", |connect| connect.last_will = Some(will(3))).await;
    third.send(Packet::Disconnect).await;
    assert_eq!(third.read().await, "closed");
    let mut fourth = site.v4("d1").await;
    assert_eq!(fourth.ping().await, "pong");
    assert_eq!(site.kernel.numbers(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_7_three_hundred_retained_publications_are_all_delivered() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    for number in 1..=300_u16 {
        let topic = format!("d1/own/{number:03}");
        peer.publish_with(&topic, 1, number, number.to_string(), |publish| publish.retain = true)
            .await;
        assert_eq!(peer.read().await, format!("puback {number}"));
    }
    assert_eq!(site.kernel.retained().len(), 300);
    let mut peer = site.v4("d1").await;
    let mut seen = Vec::new();
    let suback = peer.subscribe(1, &[("ostona/v1/d1/own/+", 1)]).await;
    assert_eq!(suback, "suback 1 1");
    while seen.len() < 300 {
        let text = peer.read().await;
        let pkid = text
            .split('#')
            .nth(1)
            .and_then(|tail| tail.split(' ').next())
            .and_then(|id| id.parse().ok());
        peer.send(Packet::PubAck(PubAck::new(pkid.expect("a delivery")))).await;
        seen.push(text.split(' ').nth(1).expect("topic").to_owned());
    }
    let expected: Vec<String> = (1..=300).map(|number| format!("d1/own/{number:03}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_8_an_empty_payload_clears_only_with_retain() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    peer.publish_with("d1/own/x", 1, 1, "kept", |publish| publish.retain = true)
        .await;
    assert_eq!(peer.read().await, "puback 1");
    peer.publish("d1/own/x", 1, 2, "").await;
    assert_eq!(peer.read().await, "puback 2");
    assert_eq!(site.kernel.retained(), ["ostona/v1/d1/own/x"]);
    peer.publish_with("d1/own/x", 1, 3, "", |publish| publish.retain = true)
        .await;
    assert_eq!(peer.read().await, "puback 3");
    assert!(site.kernel.retained().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_9_a_pubrel_after_a_reconnect_completes() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    peer.publish("d1/fact", 2, 7, fact("d1", 1)).await;
    assert_eq!(peer.read().await, "pubrec 7");
    drop(peer);
    let mut peer = site.persistent("d1").await;
    peer.send(Packet::PubRel(PubRel::new(7))).await;
    assert_eq!(peer.read().await, "pubcomp 7");
    assert_eq!(site.kernel.numbers(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_10_a_repeated_qos_2_publication_is_taken_once() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    for _ in 0..2 {
        peer.publish_with("d1/fact", 2, 7, fact("d1", 1), |publish| publish.dup = true)
            .await;
        assert_eq!(peer.read().await, "pubrec 7");
    }
    drop(peer);
    let mut peer = site.persistent("d1").await;
    peer.publish_with("d1/fact", 2, 7, fact("d1", 1), |publish| publish.dup = true)
        .await;
    assert_eq!(peer.read().await, "pubrec 7");
    peer.send(Packet::PubRel(PubRel::new(7))).await;
    assert_eq!(peer.read().await, "pubcomp 7");
    assert_eq!(site.kernel.numbers(), [1]);
    // Released, the packet id is free for something new.
    peer.publish("d1/fact", 2, 7, fact("d1", 2)).await;
    assert_eq!(peer.read().await, "pubrec 7");
    assert_eq!(site.kernel.numbers(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_11_unsubscribing_is_answered_once_whatever_the_filters() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    peer.unsubscribe(1, &["ostona/v1/d1/nothing"]).await;
    assert_eq!(peer.read().await, "unsuback 1");
    peer.unsubscribe(2, &["a", "b"]).await;
    assert_eq!(peer.read().await, "unsuback 2");
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_12_acknowledgements_out_of_order_are_fine() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    assert_eq!(peer.subscribe(1, &[("ostona/v1/d1/own/#", 2)]).await, "suback 1 2");
    for number in 1..=3 {
        peer.publish("d1/own/x", 1, number, number.to_string()).await;
        let expected = [
            format!("puback {number}"),
            format!("publish d1/own/x q1 #{number} {number}"),
        ];
        assert_eq!(peer.read_some(2).await, expected);
    }
    for pkid in [3, 1, 2] {
        peer.send(Packet::PubAck(PubAck::new(pkid))).await;
    }
    peer.send(Packet::PubRec(PubRec::new(99))).await;
    assert_eq!(peer.read().await, "pubrel 99");
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_13_keep_alive_zero_is_welcome() {
    let site = Site::start().await;
    let address = site.broker.plain().expect("plain");
    let mut peer = Peer::connect(address, "d1", |connect| connect.keep_alive = 0).await;
    assert_eq!(peer.connack(), "accepted");
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_15_nobody_hears_everything() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    let filters = [
        ("#", 0),
        ("+/v1/d1/fact", 0),
        ("ostona/v1/+/fact", 0),
        ("ostona/v1/d2/#", 0),
        ("$SYS/#", 0),
    ];
    assert_eq!(peer.subscribe(1, &filters).await, "suback 1 no no no no no");
    assert_eq!(
        peer.subscribe(2, &[("ostona/v1/d1/#", 1), ("ostona/v1/site/#", 2)])
            .await,
        "suback 2 1 2"
    );
    until(|| site.kernel.has("broker.subscribe.refused")).await;
    // A name that begins like another's is another's.
    assert!(
        crate::topic_access::TopicAccess::of(&device("d1"))
            .publish("ostona/v1/d11/fact")
            .is_none()
    );
}

fn certificates() -> (Arc<rustls::ServerConfig>, Arc<rustls::ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("certificate");
    let server = crate::tls_config(&made.cert.pem(), &made.signing_key.serialize_pem(), None).expect("tls");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = builder
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, Arc::new(client))
}
