//! From the edge to its devices: settings and commands.

use super::{Site, device, until};
use crate::DeliveryError;
use protocol::{CommandId, Outcome, Timestamp, command::Action, lan::Request};
use rumqttc::mqttbytes::v4::{Packet, PubAck};
use std::time::Duration;
use tokio::time::Instant;

pub(super) fn request(number: u8) -> Request {
    let command = CommandId::new(Timestamp::from_millis(1), [number; 10]);
    Request {
        command,
        action: Action::DeviceIdentify {},
        expires: super::fake_kernel::NOW.plus(Duration::from_secs(5)),
        within_ms: 0,
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_wait_for_the_device() {
    let site = Site::start().await;
    let settings = serde_json::json!({ "volume": 3 });
    site.broker
        .publish_desired(&device("d1"), settings, 7)
        .await
        .expect("publish");
    let refused = site
        .broker
        .publish_desired(&device("d1"), serde_json::json!([]), 7)
        .await;
    assert_eq!(
        refused.expect_err("no object").to_string(),
        "the settings of d1 are no JSON object"
    );
    let site = site.restart().await;
    let mut peer = site.v4("d1").await;
    let mut texts = vec![
        peer.subscribe(1, &[("ostona/v1/d1/desired", 1)]).await,
        peer.read().await,
    ];
    texts.sort();
    assert_eq!(
        texts,
        [
            r#"publish d1/desired q1 #1 retain {"version":7,"volume":3}"#,
            "suback 1 1"
        ]
    );
    peer.send(Packet::PubAck(PubAck::new(1))).await;
    site.broker
        .publish_desired(&device("d1"), serde_json::json!({}), 8)
        .await
        .expect("publish");
    assert_eq!(peer.read().await, r#"publish d1/desired q1 #2 {"version":8}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_reaches_only_a_device_that_is_there_and_listens() {
    let site = Site::start().await;
    let d1 = device("d1");
    assert_eq!(
        site.broker.request(&d1, request(1), soon()).await,
        Err(DeliveryError::NotConnected)
    );
    let mut peer = site.persistent("d1").await;
    assert_eq!(
        site.broker.request(&d1, request(2), soon()).await,
        Err(DeliveryError::NotSubscribed)
    );
    assert_eq!(peer.subscribe(1, &[("ostona/v1/d1/command", 1)]).await, "suback 1 1");
    assert_eq!(
        site.broker.request(&d1, request(3), Instant::now()).await,
        Err(DeliveryError::Expired)
    );
    let mut late = request(3);
    late.expires = super::fake_kernel::NOW;
    assert_eq!(
        site.broker.request(&d1, late, soon()).await,
        Err(DeliveryError::Expired)
    );
    assert_eq!(site.broker.request(&d1, request(4), soon()).await, Ok(()));
    let text = peer.read().await;
    assert!(text.starts_with("publish d1/command q0 #0 {"), "{text}");
    let sent: Request = serde_json::from_str(&text[text.find('{').expect("json")..]).expect("a request");
    assert_eq!((sent.command, sent.expires), (request(4).command, request(4).expires));
    assert!((4000..=5000).contains(&sent.within_ms), "{}", sent.within_ms);
    peer.send(Packet::Disconnect).await;
    assert_eq!(peer.read().await, "closed");
    assert_eq!(
        site.broker.request(&d1, request(5), soon()).await,
        Err(DeliveryError::NotConnected)
    );
    // Nothing was queued meanwhile.
    let mut peer = site.persistent("d1").await;
    assert_eq!(peer.connack(), "resumed");
    assert_eq!(peer.ping().await, "pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_device_that_was_asked_can_answer() {
    let site = Site::start().await;
    let (mut asked, mut other) = (site.v4("d1").await, site.v4("d2").await);
    assert_eq!(asked.subscribe(1, &[("ostona/v1/d1/#", 0)]).await, "suback 1 0");
    assert_eq!(site.broker.request(&device("d1"), request(1), soon()).await, Ok(()));
    assert!(asked.read().await.starts_with("publish d1/command"));
    let answer = format!(r#"{{"command":"{}","outcome":"ok"}}"#, request(1).command);
    other.publish("d2/outcome", 1, 1, answer.clone()).await;
    assert_eq!(other.read().await, "puback 1");
    assert!(site.kernel.settled().is_empty());
    until(|| site.kernel.has("broker.outcome.ignored")).await;
    asked.publish("d1/outcome", 1, 1, answer.clone()).await;
    let expected = ["puback 1".to_owned(), format!("publish d1/outcome q0 #0 {answer}")];
    assert_eq!(asked.read_some(2).await, expected);
    assert_eq!(
        site.kernel.settled(),
        [(request(1).command, Outcome::Ok { detail: None })]
    );
}
