//! Who is let in.

use crate::device_auth::{TokenAuth, push_token};
use edge_broker::{DeviceCredentials, DeviceTokenHash};
use edge_lan::DeviceAuth as _;
use protocol::DeviceId;
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::watch;

fn id(device: &str) -> DeviceId {
    device.parse().expect("a slug")
}

#[test]
fn push_tokens_differ_per_device_and_secret_and_stay_the_same() {
    let mut seen = BTreeSet::new();
    for secret in [[1; 32], [2; 32]] {
        for device in ["gate", "gate-1", "kiosk"] {
            let token = push_token(&secret, &id(device));
            assert_eq!(token, push_token(&secret, &id(device)));
            assert_eq!(token.len(), 22, "128 bits in base64url");
            assert!(seen.insert(token), "{device}");
        }
    }
}

#[test]
fn whoever_lost_the_token_is_out_at_once() {
    let (sender, credentials) = watch::channel(Arc::new(DeviceCredentials::default()));
    let auth = TokenAuth::new(credentials, [1; 32]);
    assert!(!auth.admits(&id("kiosk"), "right"), "nobody is known");
    sender.send_modify(|known| Arc::make_mut(known).insert(id("kiosk"), DeviceTokenHash::of("right")));
    assert!(auth.admits(&id("kiosk"), "right"));
    for (device, token) in [("kiosk", "wrong"), ("kiosk", ""), ("other", "right")] {
        assert!(!auth.admits(&id(device), token), "{device} {token}");
    }
    sender.send_modify(|known| Arc::make_mut(known).remove(&id("kiosk")));
    assert!(!auth.admits(&id("kiosk"), "right"));
    assert_eq!(auth.push_token(&id("gate")), Some(push_token(&[1; 32], &id("gate"))));
}
