//! Told means durable: nothing is acknowledged before the kernel has committed it, and refusals are typed.

use super::{BrokerLimits, Peer, Site, fact, until};
use edge_kernel::Refusal;
use protocol::Lane;
use std::time::Duration;

fn full() -> Refusal {
    Refusal::Full {
        lane: Lane::Facts,
        detail: "no room".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_wait_for_the_commit_and_keep_their_order() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    site.kernel.hold();
    peer.publish("d1/fact", 1, 1, fact("d1", 1)).await;
    peer.publish("d1/fact", 2, 2, fact("d1", 2)).await;
    peer.publish("d1/alive", 1, 3, "").await;
    until(|| site.kernel.held() == 2).await;
    // The sign of life has nothing to wait for, and waits in its turn.
    assert_eq!(peer.ping().await, "pong");
    site.kernel.release();
    assert_eq!(peer.read().await, "puback 1");
    assert_eq!(peer.read().await, "pubrec 2");
    assert_eq!(peer.read().await, "puback 3");
    assert_eq!(site.kernel.numbers(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_flight_when_the_socket_died_is_recorded_and_a_qos_2_repetition_is_not() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    site.kernel.hold();
    peer.publish("d1/fact", 2, 1, fact("d1", 1)).await;
    until(|| site.kernel.held() == 1).await;
    drop(peer);
    site.kernel.release();
    let mut peer = site.persistent("d1").await;
    peer.publish_with("d1/fact", 2, 1, fact("d1", 1), |publish| publish.dup = true)
        .await;
    assert_eq!(peer.read().await, "pubrec 1");
    assert_eq!(site.kernel.numbers(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_closes_a_3_1_1_connection_and_loses_nothing() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    site.kernel.refuse(Some(full()));
    peer.publish("d1/fact", 1, 1, fact("d1", 1)).await;
    assert_eq!(peer.read().await, "closed");
    site.kernel.refuse(None);
    let mut peer = site.v4("d1").await;
    peer.publish_with("d1/fact", 1, 1, fact("d1", 1), |publish| publish.dup = true)
        .await;
    assert_eq!(peer.read().await, "puback 1");
    assert_eq!(site.kernel.numbers(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_qos_2_publication_is_no_repetition_when_it_comes_again() {
    let site = Site::start().await;
    let mut peer = site.persistent("d1").await;
    peer.publish("d1/fact", 2, 1, "{").await;
    assert_eq!(peer.read().await, "closed");
    let mut peer = site.persistent("d1").await;
    site.kernel.hold();
    peer.publish("d1/fact", 2, 1, fact("d1", 1)).await;
    peer.publish("d1/fact", 2, 2, fact("d1", 2)).await;
    until(|| site.kernel.held() == 2).await;
    site.kernel.refuse_held(&full());
    assert_eq!(peer.read().await, "closed");
    let mut peer = site.persistent("d1").await;
    for number in [1, 2] {
        let again = |publish: &mut rumqttc::Publish| publish.dup = true;
        peer.publish_with("d1/fact", 2, number, fact("d1", u64::from(number)), again)
            .await;
        assert_eq!(peer.read().await, format!("pubrec {number}"));
    }
    assert_eq!(site.kernel.numbers(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_while_the_first_is_open_gets_no_answer_of_its_own() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    site.kernel.hold();
    for _ in 0..3 {
        peer.publish("d1/fact", 2, 1, fact("d1", 1)).await;
    }
    until(|| site.kernel.held() == 1).await;
    assert_eq!(peer.ping().await, "pong");
    site.kernel.release();
    assert_eq!(peer.read().await, "pubrec 1");
    assert_eq!(peer.ping().await, "pong");
    assert_eq!(site.kernel.numbers(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_on_foreign_ground_closes_the_connection_and_is_recorded() {
    let site = Site::start().await;
    let topics = ["d2/fact", "d1/command", "d1/desired", "site/x", "d1/own/", "d1/nothing"];
    for topic in topics {
        let mut peer = site.v4("d1").await;
        peer.publish(topic, 1, 1, "{}").await;
        assert_eq!(peer.read().await, "closed", "{topic}");
    }
    until(|| site.kernel.has("broker.publish.refused")).await;
    // Told once a minute, not once per try.
    assert_eq!(site.kernel.names(), ["broker.publish.refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_payload_is_swallowed_the_third_time() {
    let site = Site::start().await;
    for payload in ["{", r#"{"name":"site.started","data":{}}"#, &fact("d2", 1)] {
        for expected in ["closed", "closed", "puback 1"] {
            let mut peer = site.v4("d1").await;
            peer.publish("d1/fact", 1, 1, payload).await;
            assert_eq!(peer.read().await, expected, "{payload}");
        }
    }
    until(|| site.kernel.has("broker.payload.dropped")).await;
    assert!(site.kernel.numbers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_in_the_wrong_lane_is_refused() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    peer.publish("d1/telemetry", 1, 1, fact("d1", 1)).await;
    assert_eq!(peer.read().await, "closed");
    let mut peer = site.v4("d1").await;
    peer.publish("d1/telemetry", 1, 1, r#"{"name":"device.metric","data":{"cpu":1.5}}"#)
        .await;
    assert_eq!(peer.read().await, "puback 1");
    until(|| site.kernel.has("device.metric")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reported_settings_are_recorded_and_retained() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    peer.publish_with("d1/reported", 1, 1, r#"{"volume":3}"#, |publish| publish.retain = true)
        .await;
    assert_eq!(peer.read().await, "puback 1");
    assert!(site.kernel.has("device.reported"));
    assert_eq!(site.kernel.retained(), ["ostona/v1/d1/reported"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_retained_without_an_answer_holds_no_answer_up() {
    let site = Site::start().await;
    let mut peer = site.v4("d1").await;
    site.kernel.stick_shelves();
    peer.publish_with("d1/own/x", 0, 0, "kept", |publish| publish.retain = true)
        .await;
    peer.publish("d1/fact", 1, 1, fact("d1", 1)).await;
    assert_eq!(peer.read().await, "puback 1");
    // With QoS 1 the device was promised that it is kept, and answers keep their order.
    peer.publish_with("d1/own/x", 1, 2, "kept", |publish| publish.retain = true)
        .await;
    peer.publish("d1/fact", 1, 3, fact("d1", 3)).await;
    until(|| site.kernel.numbers() == [1, 3]).await;
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_beyond_the_limit_ends_the_connection() {
    let limits = BrokerLimits {
        payload_bytes: 100,
        packet_bytes: 300,
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Default::default(), None).await;
    let mut peer = site.v4("d1").await;
    peer.publish("d1/own/x", 1, 1, vec![0; 101]).await;
    assert_eq!(peer.read().await, "closed");
    let mut peer = site.v4("d1").await;
    peer.publish("d1/own/x", 1, 1, vec![0; 301]).await;
    assert_eq!(peer.read().await, "closed");
    until(|| site.kernel.has("broker.packet.refused") && site.kernel.has("broker.publish.too_long")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_too_fast_is_slowed_not_thrown_out() {
    let limits = BrokerLimits {
        publications_per_s: 50,
        ..BrokerLimits::default()
    };
    let site = Site::with(limits, Default::default(), None).await;
    let mut peer = site.v4("d1").await;
    let before = tokio::time::Instant::now();
    for number in 1..=75 {
        peer.publish("d1/fact", 1, number, fact("d1", u64::from(number))).await;
    }
    for number in 1..=75 {
        assert_eq!(peer.read().await, format!("puback {number}"));
    }
    assert!(before.elapsed() > Duration::from_millis(400), "{:?}", before.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_5_is_told_why() {
    let site = Site::start().await;
    let mut peer = Peer::raw(site.broker.plain().expect("plain")).await;
    peer.bytes(&super::rumqttc_clients::connect_v5("d1", false)).await;
    let publish = |topic: &str, payload: &str| {
        let mut bytes = vec![0x32, 0];
        bytes.extend((topic.len() as u16).to_be_bytes());
        bytes.extend(topic.as_bytes());
        bytes.extend([0, 9, 0]);
        bytes.extend(payload.as_bytes());
        bytes[1] = u8::try_from(bytes.len() - 2).expect("short");
        bytes
    };
    peer.bytes(&publish("ostona/v1/d1/fact", "{")).await;
    peer.bytes(&publish("ostona/v1/d2/fact", "{}")).await;
    until(|| site.kernel.has("broker.publish.refused")).await;
    site.kernel.refuse(Some(full()));
    peer.bytes(&publish("ostona/v1/d1/fact", &fact("d1", 1))).await;
    peer.bytes(&[0xe0, 0]).await;
    let all = peer.rest().await;
    let acks: Vec<&[u8]> = all
        .windows(5)
        .filter(|bytes| bytes.starts_with(&[0x40, 3, 0, 9]))
        .collect();
    assert_eq!(
        acks,
        [&[0x40, 3, 0, 9, 0x99], &[0x40, 3, 0, 9, 0x87], &[0x40, 3, 0, 9, 0x97]]
    );
}
