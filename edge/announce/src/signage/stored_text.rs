//! Texts that a restart goes on showing: each one value of the table [`Table::Local`].

use edge_kernel::{Port, Table};
use serde::de::DeserializeOwned;

/// What was kept under `key`; none also where it cannot be read, which is logged: nothing is shown then.
pub(super) async fn read<T: DeserializeOwned>(port: &Port, key: &str) -> Option<T> {
    let kept = match port.value(Table::Local, key).await {
        Ok(kept) => kept,
        Err(refusal) => {
            tracing::error!(key, %refusal, "what the displays showed before cannot be looked up");
            return None;
        }
    };
    let read = serde_json::from_slice(&kept?);
    read.inspect_err(|error| tracing::error!(key, %error, "what the displays showed before cannot be read"))
        .ok()
}
