//! Who gets in, how many, and what is remembered of those who did not.

use super::{BrokerLimits, Peer, Site, TOKEN, until};
use crate::{DeviceCredentials, DeviceTokenHash};
use rumqttc::mqttbytes::{
    QoS,
    v4::{LastWill, Login, Packet},
};
use std::{sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_and_recorded_once() {
    let site = Site::start().await;
    let address = site.broker.plain().expect("plain");
    let wrong = |login: Login| move |connect: &mut rumqttc::mqttbytes::v4::Connect| connect.login = Some(login);
    for (client, user, token) in [
        ("d1", "d1", "wrong"),
        ("d1", "d2", TOKEN),
        ("d1", "", ""),
        ("unknown", "", TOKEN),
    ] {
        let peer = Peer::connect(address, client, wrong(Login::new(user, token))).await;
        assert_eq!(peer.connack(), "refused BadUserNamePassword", "{client} {user}");
    }
    let peer = Peer::connect(address, "d1", |connect| connect.login = None).await;
    assert_eq!(peer.connack(), "refused BadUserNamePassword");
    let peer = Peer::connect(address, "d1", wrong(Login::new("", TOKEN))).await;
    assert_eq!(peer.connack(), "accepted", "the user name may be left empty");
    until(|| site.kernel.names().len() >= 2).await;
    assert_eq!(
        site.kernel.names(),
        ["auth.failed", "auth.failed"],
        "one for d1, one for the unknown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_on_foreign_ground_is_refused() {
    let site = Site::start().await;
    let will = LastWill::new("ostona/v1/d2/own/x", "gone", QoS::AtMostOnce, true);
    let address = site.broker.plain().expect("plain");
    let peer = Peer::connect(address, "d1", |connect| connect.last_will = Some(will)).await;
    assert_eq!(peer.connack(), "refused NotAuthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_credentials_end_the_connection() {
    let site = Site::start().await;
    let (mut kept, mut gone) = (site.v4("d1").await, site.v4("d2").await);
    let left: DeviceCredentials = [(super::device("d1"), DeviceTokenHash::of(TOKEN))]
        .into_iter()
        .collect();
    site.credentials.send_replace(Arc::new(left));
    assert_eq!(gone.read().await, "closed");
    assert_eq!(kept.ping().await, "pong");
    assert_eq!(site.v4("d2").await.connack(), "refused BadUserNamePassword");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_withdrawn_while_the_former_connection_leaves_let_nobody_in() {
    let site = Site::start().await;
    let mut former = site.v4("d1").await;
    site.kernel.hold();
    former.publish("d1/fact", 1, 1, super::fact("d1", 1)).await;
    until(|| site.kernel.held() == 1).await;
    // Let in, and waiting for the former connection, which waits for the disk.
    let address = site.broker.plain().expect("plain");
    let next = tokio::spawn(async move { Peer::connect(address, "d1", |_| {}).await });
    assert_eq!(former.read().await, "closed");
    site.credentials.send_replace(Arc::default());
    site.kernel.release();
    let mut next = next.await.expect("a peer");
    if next.connack() == "accepted" {
        assert_eq!(next.read().await, "closed");
    } else {
        assert_eq!(next.connack(), "closed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_only() {
    let limits = BrokerLimits {
        connections: 2,
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Default::default(), None).await;
    let (first, mut second) = (site.v4("d1").await, site.v4("d2").await);
    assert_eq!(site.v4("d3").await.connack(), "refused ServiceUnavailable");
    drop(first);
    second.send(Packet::Disconnect).await;
    assert_eq!(second.read().await, "closed");
    let mut welcome = String::new();
    for _ in 0..100 {
        welcome = site.v4("d3").await.connack().to_owned();
        if welcome == "accepted" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(welcome, "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mqtt_is_shown_the_door() {
    let limits = BrokerLimits {
        connect: Duration::from_millis(300),
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Default::default(), None).await;
    let address = site.broker.plain().expect("plain");
    let old = b"\x10\x14\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x04abcd\x00\x00";
    let scripts: [(&[u8], &str); 6] = [
        (b"GET / HTTP/1.1\r\n\r\n", "closed"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "closed"),
        (b"", "closed"),
        (b"\x10\x0c\x00\x04MQ", "closed"),
        (b"\x10\xff\xff\xff\x7f", "closed"),
        (old, "refused RefusedProtocolVersion"),
    ];
    for (bytes, expected) in scripts {
        let mut peer = Peer::raw(address).await;
        peer.bytes(bytes).await;
        assert_eq!(peer.read().await, expected, "{bytes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_out_of_place_end_the_connection() {
    let site = Site::start().await;
    let packets: [&[u8]; 8] = [
        b"\x20\x02\x00\x00",                             // CONNACK
        b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00", // a second CONNECT
        b"\x80\x06\x00\x01\x00\x01a\x00",                // SUBSCRIBE with wrong flags
        b"\x82\x06\x00\x00\x00\x01a\x00",                // SUBSCRIBE without packet id
        b"\x82\x02\x00\x01",                             // SUBSCRIBE without filters
        b"\x36\x05\x00\x01a\x00\x01",                    // PUBLISH with QoS 3
        b"\x30\x04\x00\x01+x",                           // PUBLISH to a wildcard
        b"\xc1\x00",                                     // PINGREQ with flags
    ];
    for packet in packets {
        let mut peer = site.v4("d1").await;
        assert_eq!(peer.connack(), "accepted");
        peer.bytes(packet).await;
        assert_eq!(peer.read().await, "closed", "{packet:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traffic_renews_the_lease_but_not_with_every_packet() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    for _ in 0..50 {
        assert_eq!(peer.ping().await, "pong");
    }
    assert_eq!(site.kernel.heard(), 1);
}
