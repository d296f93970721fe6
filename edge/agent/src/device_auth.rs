//! Who may report to this box: tokens of devices, and the secrets in push addresses.

use edge_broker::DeviceCredentials;
use protocol::{DeviceId, key::to_base64};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::watch;

/// Lets devices in by their tokens.
pub(crate) struct TokenAuth {
    credentials: watch::Receiver<Arc<DeviceCredentials>>,
    secret: [u8; 32],
}

impl TokenAuth {
    pub(crate) fn new(credentials: watch::Receiver<Arc<DeviceCredentials>>, secret: [u8; 32]) -> Self {
        Self { credentials, secret }
    }
}

impl edge_lan::DeviceAuth for TokenAuth {
    fn admits(&self, device: &DeviceId, token: &str) -> bool {
        self.credentials
            .borrow()
            .hash_of(device)
            .is_some_and(|hash| hash.matches(token))
    }
    fn push_token(&self, device: &DeviceId) -> Option<String> {
        Some(push_token(&self.secret, device))
    }
}

/// The secret part of a device's push address: the same after every restart, different for every device.
pub(crate) fn push_token(secret: &[u8; 32], device: &DeviceId) -> String {
    let digest = Sha256::new()
        .chain_update(b"ostona push v1")
        .chain_update(secret)
        .chain_update(device.as_str())
        .finalize();
    to_base64(digest.get(..16).unwrap_or_default())
}
