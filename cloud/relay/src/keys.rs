//! The cloud's command key: made at the first start, kept in a file of its own that nobody else may read.
//!
//! Whoever holds it can open doors. It is never logged, never sent, never in the database. A new one is signed by the one before
//! it (`command.successions`), so that edges take it; without that file they would take none.

use protocol::{
    Command, Document, Timestamp,
    key::{PublicKey, SecretKey},
    key_succession::{KeySuccession, MOST_SUCCESSIONS},
    register::RegisterDelta,
    signed_text::{Purpose, SignedText},
};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The key's file.
const KEY: &str = "command.key";
/// The file of the handovers.
const SUCCESSIONS: &str = "command.successions";

/// Why there is no command key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("cannot read the command key {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot make the command key {path}")]
    Make {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The key that signs commands and documents, and how it follows from those before it.
#[derive(Debug)]
pub struct CommandKey {
    key: SecretKey,
    successions: Vec<SignedText>,
}

impl CommandKey {
    /// Reads the key of a state directory, making it at the first start.
    pub fn open(dir: &Path) -> Result<Self, KeyFileError> {
        let path = dir.join(KEY);
        match read(&path) {
            Ok(seed) => Ok(Self {
                key: SecretKey::from_seed(&seed),
                successions: successions(dir)?,
            }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                let made = random().and_then(|seed| {
                    replace(dir, KEY, seed.as_ref())?;
                    Ok(SecretKey::from_seed(&seed))
                });
                let key = made.map_err(|source| KeyFileError::Make { path, source })?;
                Ok(Self {
                    key,
                    successions: Vec::new(),
                })
            }
            Err(source) => Err(KeyFileError::Read { path, source }),
        }
    }

    /// Replaces the key of a state directory in which no cloud works; gives both public keys, old and new. The handover is on
    /// disk before the new key is: a crash in between leaves a handover to a key that nobody has, which harms nobody.
    pub fn rotate(dir: &Path, now: Timestamp) -> Result<(PublicKey, PublicKey), KeyFileError> {
        let before = Self::open(dir)?;
        let failed = |source| KeyFileError::Make {
            path: dir.join(KEY),
            source,
        };
        let seed = random().map_err(failed)?;
        let to = SecretKey::from_seed(&seed).public();
        let succession = KeySuccession { to, at: now };
        let signed = SignedText::seal(Purpose::KeySuccession, &succession, &before.key);
        let mut successions = before.successions;
        successions.push(signed.map_err(|error| failed(error.into()))?);
        let forgotten = successions.len().saturating_sub(MOST_SUCCESSIONS);
        successions.drain(..forgotten);
        let json = serde_json::to_vec(&successions).map_err(|error| failed(error.into()))?;
        replace(dir, SUCCESSIONS, &json).map_err(failed)?;
        replace(dir, KEY, seed.as_ref()).map_err(failed)?;
        Ok((before.key.public(), to))
    }

    /// How the key follows from those before it, oldest first.
    pub fn successions(&self) -> &[SignedText] {
        &self.successions
    }
    /// What edges check with.
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }
    /// Signs a command. Fails only where a value is not JSON, which none is.
    pub fn sign_command(&self, command: &Command) -> Result<SignedText, serde_json::Error> {
        SignedText::seal(Purpose::Command, command, &self.key)
    }
    /// Signs a document.
    pub fn sign_document(&self, document: &Document) -> Result<SignedText, serde_json::Error> {
        SignedText::seal(Purpose::Document, document, &self.key)
    }
    /// Signs rows of a register.
    pub fn sign_register(&self, delta: &RegisterDelta) -> Result<SignedText, serde_json::Error> {
        SignedText::seal(Purpose::Register, delta, &self.key)
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    File::open(path)?.read_exact(seed.as_mut())?;
    Ok(seed)
}

/// A missing file: the key was never replaced.
fn successions(dir: &Path) -> Result<Vec<SignedText>, KeyFileError> {
    let path = dir.join(SUCCESSIONS);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(KeyFileError::Read { path, source }),
    };
    serde_json::from_slice(&bytes).map_err(|error| KeyFileError::Read {
        path,
        source: error.into(),
    })
}

fn random() -> io::Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(io::Error::other)?;
    Ok(seed)
}

/// Written beside its place, synced, then moved there: a crash leaves a whole file or none.
fn replace(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = dir.join(format!("{name}.new"));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    #[expect(clippy::disallowed_methods, reason = "after the file's sync, before the folder's")]
    std::fs::rename(&beside, dir.join(name))?;
    File::open(dir)?.sync_all()
}
