//! The cloud's command key: made at the first start, kept in a file of its own that nobody else may read.
//!
//! Whoever holds it can open doors. It is never logged, never sent, never in the database.

use protocol::{
    Command, Document,
    key::{PublicKey, SecretKey},
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

/// The key that signs commands and documents.
#[derive(Debug)]
pub struct CommandKey(SecretKey);

impl CommandKey {
    /// Reads the key of a state directory, making it at the first start.
    pub fn open(dir: &Path) -> Result<Self, KeyFileError> {
        let path = dir.join("command.key");
        match read(&path) {
            Ok(seed) => Ok(Self(SecretKey::from_seed(&seed))),
            Err(source) if source.kind() == io::ErrorKind::NotFound => make(dir, &path)
                .map(Self)
                .map_err(|source| KeyFileError::Make { path, source }),
            Err(source) => Err(KeyFileError::Read { path, source }),
        }
    }
    /// What edges check with.
    pub fn public(&self) -> PublicKey {
        self.0.public()
    }
    /// Signs a command. Fails only where a value is not JSON, which none is.
    pub fn sign_command(&self, command: &Command) -> Result<SignedText, serde_json::Error> {
        SignedText::seal(Purpose::Command, command, &self.0)
    }
    /// Signs a document.
    pub fn sign_document(&self, document: &Document) -> Result<SignedText, serde_json::Error> {
        SignedText::seal(Purpose::Document, document, &self.0)
    }
    /// Signs rows of a register.
    pub fn sign_register(&self, delta: &RegisterDelta) -> Result<SignedText, serde_json::Error> {
        SignedText::seal(Purpose::Register, delta, &self.0)
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    File::open(path)?.read_exact(seed.as_mut())?;
    Ok(seed)
}

/// Written beside its place, synced, then moved there: a crash leaves a whole key or none.
fn make(dir: &Path, path: &Path) -> io::Result<SecretKey> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(io::Error::other)?;
    let beside = dir.join("command.key.new");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(seed.as_ref())?;
    file.sync_all()?;
    #[expect(clippy::disallowed_methods, reason = "after the file's sync, before the folder's")]
    std::fs::rename(&beside, path)?;
    File::open(dir)?.sync_all()?;
    Ok(SecretKey::from_seed(&seed))
}
