//! A secret key's 32 bytes on their way from and to a file.
//!
//! Wiped from memory when dropped; has no `Debug`.

use protocol::key::{SecretKey, from_base64, to_base64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

/// 32 secret bytes.
#[derive(Clone)]
pub(crate) struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// Fresh ones from the system.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }
    pub(crate) fn key(&self) -> SecretKey {
        SecretKey::from_seed(&self.0)
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(to_base64(self.0.as_slice())))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = from_base64::<32>(&text).map_err(|_| D::Error::custom("not a seed"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}
