//! The key that secrets on the card are sealed with: from the settings, or as systemd hands it over.
//!
//! Never true of it: a key kept in the state directory; whoever takes the card has that, too.

use crate::settings::Settings;
use anyhow::Context as _;
use edge_seal::SealingKey;
use std::{env, path::PathBuf};

/// The credential's name in the unit (`LoadCredentialEncrypted=`, systemd.exec(5)).
const CREDENTIAL: &str = "ostona-seal";
/// Where systemd puts a unit's credentials.
const DIRECTORY_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// The key, where there is one. One that is named and cannot be read is an error: going on would need what it seals.
pub(crate) fn key(settings: &Settings) -> anyhow::Result<Option<SealingKey>> {
    let Some(path) = settings.seal_key.clone().or_else(credential) else {
        return Ok(None);
    };
    SealingKey::read(&path).map(Some).context("secrets cannot be unsealed")
}

/// The same, and the log says that there is none.
pub(crate) fn key_or_warning(settings: &Settings) -> anyhow::Result<Option<SealingKey>> {
    let key = key(settings)?;
    match &key {
        Some(key) => tracing::info!(key = %key.id(), "secrets on this card are sealed"),
        None => tracing::warn!("secrets on this card are not sealed: whoever takes the card has them"),
    }
    Ok(key)
}

fn credential() -> Option<PathBuf> {
    let path = PathBuf::from(env::var_os(DIRECTORY_VARIABLE)?).join(CREDENTIAL);
    path.exists().then_some(path)
}
