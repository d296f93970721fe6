//! Secrets at rest: what lies on the card is sealed with a key that does not.
//!
//! Never true of it: a value that opens under another name than it was sealed under; a key or a secret in an error or a `Debug`.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};
use std::{fmt, io, path::PathBuf, sync::Arc};
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Why there is no key, or something cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The key's file cannot be read.
    #[error("cannot read the sealing key {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The key's file holds something else.
    #[error("the sealing key {} is not {KEY_BYTES} bytes long", path.display())]
    Length {
        /// Which file.
        path: PathBuf,
    },
    /// Not sealed with this key, not under this name, or damaged.
    #[error("it was not sealed with this key under this name")]
    Foreign,
    /// The system has no randomness.
    #[error("the system has no randomness")]
    Entropy,
}

/// A key that seals and opens (ChaCha20-Poly1305, RFC 8439, with a random nonce for each value).
#[derive(Clone)]
pub struct SealingKey {
    key: Arc<LessSafeKey>,
    id: SealingKeyId,
}

/// Which key: the first eight bytes of its SHA-256 in hex. It says nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SealingKeyId(String);

impl fmt::Display for SealingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SealingKey {
    /// Reads a key's file: 32 bytes, as `systemd-creds` hands them over.
    pub fn read(path: &std::path::Path) -> Result<Self, SealingError> {
        let bytes = std::fs::read(path).map_err(|source| SealingError::Read {
            path: path.to_owned(),
            source,
        })?;
        let bytes = Zeroizing::new(bytes);
        let key = <&[u8; KEY_BYTES]>::try_from(bytes.as_slice())
            .map_err(|_| SealingError::Length { path: path.to_owned() })?;
        Self::new(key)
    }

    /// A key of these bytes.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, SealingError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| SealingError::Foreign)?;
        let digest = Sha256::digest(bytes);
        let id = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            key: Arc::new(LessSafeKey::new(key)),
            id: SealingKeyId(id),
        })
    }

    /// Which key it is.
    pub fn id(&self) -> &SealingKeyId {
        &self.id
    }

    /// Seals a value under a name: nonce, then ciphertext and tag.
    pub fn seal(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, SealingError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| SealingError::Entropy)?;
        // As large as it gets: no copy of the value is left behind by a buffer that grew.
        let mut sealed = Vec::with_capacity(NONCE_LEN + value.len() + CHACHA20_POLY1305.tag_len());
        sealed.extend_from_slice(value);
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(nonce_used, Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| SealingError::Foreign)?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    /// Opens what was sealed under a name.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealingError::Foreign)?;
        let mut value = Zeroizing::new(rest.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(name.as_bytes()), &mut value)
            .map_err(|_| SealingError::Foreign)?
            .len();
        value.truncate(opened);
        Ok(value)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealingKey").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&[byte; KEY_BYTES]).expect("a key")
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_under_its_name_and_no_other() {
        let sealed = key(1).seal("documents/device/gate", b"secret").expect("sealed");
        let opened = key(1).open("documents/device/gate", &sealed).expect("opened");
        assert_eq!(opened.as_slice(), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        key(2).open("documents/device/gate", &sealed).expect_err("another key");
        key(1).open("documents/device/door", &sealed).expect_err("another name");
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            key(1).open("documents/device/gate", &damaged).expect_err("damaged");
            key(1)
                .open("documents/device/gate", &sealed[..at])
                .expect_err("cut off");
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_the_same_way_twice() {
        let key = key(1);
        assert_ne!(
            key.seal("n", b"v").expect("sealed"),
            key.seal("n", b"v").expect("sealed")
        );
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_no_key_shows() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        SealingKey::read(&path).expect_err("no file");
        std::fs::write(&path, [7; 31]).expect("a file");
        SealingKey::read(&path).expect_err("too short");
        std::fs::write(&path, [7; KEY_BYTES]).expect("a file");
        let read = SealingKey::read(&path).expect("a key");
        assert_eq!(read.id(), key(7).id());
        assert!(!format!("{read:?}").contains("0707"));
    }
}
