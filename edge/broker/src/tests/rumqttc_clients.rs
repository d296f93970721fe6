//! rumqttc's own clients, which nobody here wrote, against this broker.

use super::{BrokerLimits, Peer, Site, TOKEN, fact, until};
use bytes::BytesMut;
use rumqttc::v5::mqttbytes::{QoS as QoS5, v5};
use std::{collections::BTreeSet, time::Duration};

/// A CONNECT of MQTT 5.
pub(super) fn connect_v5(client: &str, keep: bool) -> BytesMut {
    let properties = keep.then(|| v5::ConnectProperties {
        session_expiry_interval: Some(3600),
        ..v5::ConnectProperties::new()
    });
    let connect = v5::Connect {
        keep_alive: 30,
        client_id: client.to_owned(),
        clean_start: !keep,
        properties,
    };
    let login = v5::Login {
        username: String::new(),
        password: TOKEN.to_owned(),
    };
    let mut bytes = BytesMut::new();
    let login = Some(v5::Login {
        username: client.to_owned(),
        ..login
    });
    v5::Packet::Connect(connect, None, login)
        .write(&mut bytes, None)
        .expect("encode");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn rumqttc_of_3_1_1_publishes_and_subscribes() {
    let site = Site::start().await;
    let address = site.broker.plain().expect("plain");
    let mut options = rumqttc::MqttOptions::new("d1", "127.0.0.1", address.port());
    options.set_credentials("d1", TOKEN).set_inflight(20);
    let (client, mut events) = rumqttc::AsyncClient::new(options, 50);
    let speaking = tokio::spawn(async move {
        client
            .subscribe("ostona/v1/d1/own/#", rumqttc::QoS::ExactlyOnce)
            .await
            .expect("subscribe");
        for number in 0..300 {
            let qos = [
                rumqttc::QoS::AtMostOnce,
                rumqttc::QoS::AtLeastOnce,
                rumqttc::QoS::ExactlyOnce,
            ][number % 3];
            client
                .publish("ostona/v1/d1/fact", qos, false, fact("d1", number as u64))
                .await
                .expect("publish");
        }
        client
            .publish("ostona/v1/d1/own/end", rumqttc::QoS::ExactlyOnce, false, "end")
            .await
            .expect("publish");
        client
    });
    let hearing = async {
        loop {
            if let rumqttc::Event::Incoming(rumqttc::Packet::Publish(publish)) = events.poll().await.expect("poll") {
                return publish.payload;
            }
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(10), hearing)
        .await
        .expect("in time");
    assert_eq!(heard, "end");
    drop(speaking);
    assert_eq!(site.kernel.numbers(), (0..300).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn rumqttc_of_5_publishes_and_subscribes() {
    let site = Site::start().await;
    let address = site.broker.plain().expect("plain");
    let mut options = rumqttc::v5::MqttOptions::new("d1", "127.0.0.1", address.port());
    options.set_credentials("d1", TOKEN);
    let (client, mut events) = rumqttc::v5::AsyncClient::new(options, 50);
    let speaking = tokio::spawn(async move {
        client
            .subscribe("ostona/v1/site/#", QoS5::AtLeastOnce)
            .await
            .expect("subscribe");
        for number in 0..100 {
            client
                .publish("ostona/v1/d1/fact", QoS5::AtLeastOnce, false, fact("d1", number))
                .await
                .expect("publish");
        }
        client
    });
    let mut acked = 0;
    let hearing = async {
        while acked < 100 {
            if let rumqttc::v5::Event::Incoming(v5::Packet::PubAck(ack)) = events.poll().await.expect("poll") {
                assert_eq!(ack.reason, v5::PubAckReason::Success);
                acked += 1;
            }
        }
        site.broker
            .publish_site("news", b"hello".to_vec())
            .await
            .expect("publish");
        loop {
            if let rumqttc::v5::Event::Incoming(v5::Packet::Publish(publish)) = events.poll().await.expect("poll") {
                return publish.payload;
            }
        }
    };
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(10), hearing)
            .await
            .expect("in time"),
        "hello"
    );
    drop(speaking);
    assert_eq!(site.kernel.numbers(), (0..100).collect::<Vec<u64>>());
}

/// Reads MQTT 5 packets until `wanted` says what it wanted.
async fn hear<T>(peer: &mut Peer, buffer: &mut BytesMut, mut wanted: impl FnMut(v5::Packet) -> Option<T>) -> T {
    use tokio::io::AsyncReadExt;
    let hearing = async {
        loop {
            match v5::Packet::read(buffer, None) {
                Ok(packet) => {
                    if let Some(found) = wanted(packet) {
                        return found;
                    }
                }
                Err(_) => {
                    let read = peer.stream.read_buf(buffer).await.expect("read");
                    assert_ne!(read, 0, "closed");
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), hearing)
        .await
        .expect("in time")
}

fn subscribe_v5(filters: &[(&str, QoS5)], id: Option<usize>) -> BytesMut {
    let filters = filters.iter().map(|(path, qos)| v5::Filter::new(*path, *qos));
    let properties = id.map(|id| v5::SubscribeProperties {
        id: Some(id),
        user_properties: Vec::new(),
    });
    let mut subscribe = v5::Subscribe::new_many(filters, properties);
    subscribe.pkid = 3;
    let mut bytes = BytesMut::new();
    v5::Packet::Subscribe(subscribe)
        .write(&mut bytes, None)
        .expect("encode");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_5_says_what_is_not_offered() {
    let site = Site::start().await;
    let mut peer = Peer::raw(site.broker.plain().expect("plain")).await;
    let mut buffer = BytesMut::new();
    peer.bytes(&connect_v5("d1", true)).await;
    let offered = hear(&mut peer, &mut buffer, |packet| {
        if let v5::Packet::ConnAck(ack) = packet {
            ack.properties
        } else {
            None
        }
    });
    let offered = offered.await;
    assert_eq!(offered.shared_subscription_available, Some(0));
    assert_eq!(offered.topic_alias_max, None);
    assert_eq!(offered.receive_max, Some(BrokerLimits::default().incoming));

    let filters = [
        ("$share/g/ostona/v1/d1/#", QoS5::AtLeastOnce),
        ("#", QoS5::AtMostOnce),
        ("a#", QoS5::AtMostOnce),
    ];
    let codes = |packet| {
        if let v5::Packet::SubAck(ack) = packet {
            Some(ack.return_codes)
        } else {
            None
        }
    };
    peer.bytes(&subscribe_v5(&filters, None)).await;
    use v5::SubscribeReasonCode as Code;
    let expected = [
        Code::SharedSubscriptionsNotSupported,
        Code::NotAuthorized,
        Code::TopicFilterInvalid,
    ];
    assert_eq!(hear(&mut peer, &mut buffer, codes).await, expected);
    peer.bytes(&subscribe_v5(&[("ostona/v1/d1/#", QoS5::AtLeastOnce)], Some(5)))
        .await;
    assert_eq!(
        hear(&mut peer, &mut buffer, codes).await,
        [Code::SubscriptionIdNotSupported]
    );

    // A topic alias, though none was offered: 0x94.
    let mut publish = v5::Publish::new("ostona/v1/d1/alive", QoS5::AtMostOnce, "", None);
    publish.properties = Some(v5::PublishProperties {
        topic_alias: Some(1),
        ..Default::default()
    });
    let mut bytes = BytesMut::new();
    v5::Packet::Publish(publish).write(&mut bytes, None).expect("encode");
    peer.bytes(&bytes).await;
    assert_eq!(peer.rest().await, [0xe0, 2, 0x94, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mqtt_5_session_taken_over_is_told_so_and_goes_on() {
    let site = Site::start().await;
    let address = site.broker.plain().expect("plain");
    let mut first = Peer::raw(address).await;
    first.bytes(&connect_v5("d1", true)).await;
    let mut buffer = BytesMut::new();
    hear(&mut first, &mut buffer, |packet| {
        matches!(packet, v5::Packet::ConnAck(_)).then_some(())
    })
    .await;
    let mut second = Peer::raw(address).await;
    second.bytes(&connect_v5("d1", true)).await;
    let present = hear(&mut second, &mut buffer, |packet| {
        if let v5::Packet::ConnAck(ack) = packet {
            Some(ack.session_present)
        } else {
            None
        }
    });
    assert!(present.await);
    assert_eq!(first.rest().await, [0xe0, 2, 0x8e, 0]);
    // A short DISCONNECT is a clean one, whatever the codec says; expiry is what the CONNECT said.
    second.bytes(&[0xe0, 0]).await;
    assert!(second.rest().await.is_empty());
    let peer = site.persistent("d1").await;
    assert_eq!(peer.connack(), "resumed");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_at_once_lose_nothing() {
    let site = Site::start().await;
    let mut speaking = tokio::task::JoinSet::new();
    for number in 1..=9_u64 {
        let mut peer = site.v4(&format!("d{number}")).await;
        speaking.spawn(async move {
            let device = format!("d{number}");
            for count in 1..=200_u16 {
                let topic = format!("{device}/fact");
                peer.publish(&topic, 1, count, fact(&device, number * 1000 + u64::from(count)))
                    .await;
            }
            for count in 1..=200 {
                assert_eq!(peer.read().await, format!("puback {count}"));
            }
        });
    }
    while let Some(done) = speaking.join_next().await {
        done.expect("no panic");
    }
    until(|| site.kernel.numbers().len() == 1800).await;
    assert_eq!(site.kernel.numbers().into_iter().collect::<BTreeSet<_>>().len(), 1800);
}
