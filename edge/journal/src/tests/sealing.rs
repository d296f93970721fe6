//! Secrets in the state: not in the file, and back with the key only.

use crate::{Journal, JournalError, JournalOptions, Table};
use edge_seal::SealingKey;
use protocol::Epoch;
use std::path::Path;

const SECRET: &[u8] = br#"{"password":"correct horse battery staple"}"#;

fn key(byte: u8) -> SealingKey {
    SealingKey::new(&[byte; 32]).unwrap()
}

fn open(dir: &Path, seal: Option<SealingKey>) -> Result<Journal, JournalError> {
    let options = JournalOptions {
        seal,
        ..JournalOptions::new(dir, Epoch(1))
    };
    Ok(Journal::open(options)?.0)
}

fn keep(dir: &Path, seal: Option<SealingKey>) {
    let mut journal = open(dir, seal).unwrap();
    journal.put(Table::Documents, "device/gate", SECRET.to_vec());
    journal.checkpoint(&[]).unwrap();
}

/// Whether the state's file has the secret in it.
fn shows(dir: &Path) -> bool {
    let bytes = std::fs::read(dir.join(crate::state::FILE)).unwrap();
    bytes.windows(20).any(|window| window == &SECRET[..20])
}

#[test]
fn a_sealed_state_shows_no_secret_and_opens_with_its_key_only() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), Some(key(1)));
    assert!(!shows(dir.path()));
    for wrong in [None, Some(key(2))] {
        let refused = open(dir.path(), wrong).unwrap_err();
        assert!(matches!(refused, JournalError::Sealed { .. }), "{refused}");
    }
    let journal = open(dir.path(), Some(key(1))).unwrap();
    assert_eq!(
        journal.get(Table::Documents, "device/gate").unwrap().as_deref(),
        Some(SECRET)
    );
    assert_eq!(journal.scan(Table::Documents).unwrap().len(), 1);
}

#[test]
fn a_state_from_before_the_key_is_sealed_as_a_whole_when_it_is_opened_with_one() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), None);
    assert!(shows(dir.path()), "the test looks in the right place");
    drop(open(dir.path(), Some(key(1))).unwrap());
    assert!(!shows(dir.path()));
    let refused = open(dir.path(), None).unwrap_err();
    assert!(
        matches!(refused, JournalError::Sealed { at_hand: None, .. }),
        "{refused}"
    );
    let journal = open(dir.path(), Some(key(1))).unwrap();
    assert_eq!(
        journal.get(Table::Documents, "device/gate").unwrap().as_deref(),
        Some(SECRET)
    );
}
