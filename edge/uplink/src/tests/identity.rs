//! The identity file: what survives, what is seen, what is never shown.

use super::{
    stub::{edge, org},
    stub_state::NOW,
};
use crate::{EdgeIdentity, EdgeIdentityError, history::JournalHistory, identity::Seed};
use edge_seal::SealingKey;
use protocol::{Epoch, LaneCursors, SiteId, enrolment::EnrolmentReply, key::SecretKey};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

fn made(path: &Path) -> EdgeIdentity {
    let enrolled = EnrolmentReply {
        edge: edge(),
        org: org(),
        site: SiteId::new(NOW, [4; 10]),
        site_name: "Lobby".into(),
        command_keys: vec![SecretKey::from_seed(&[9; 32]).public()],
        now: NOW,
    };
    EdgeIdentity::create(
        path,
        "http://127.0.0.1:1".parse().unwrap(),
        Seed::random().unwrap(),
        enrolled,
        None,
    )
    .unwrap()
}

#[test]
fn what_was_kept_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity");
    let mut identity = made(&path);
    assert_eq!(identity.epoch(), Epoch(0));
    assert_eq!(identity.begin_epoch().unwrap(), Epoch(1));
    let attempt = identity.attempt([1; 16], LaneCursors::default()).unwrap();
    let mut again = EdgeIdentity::load(&path, None).unwrap();
    assert_eq!(again.public_key(), identity.public_key());
    assert_eq!((again.edge(), again.org(), again.epoch()), (edge(), org(), Epoch(1)));
    assert_eq!(
        again.attempt([2; 16], LaneCursors::default()).unwrap(),
        attempt,
        "an unanswered attempt is sent again, not replaced"
    );
    again.joined(5, &[], JournalHistory::Same).unwrap();
    let mut again = EdgeIdentity::load(&path, None).unwrap();
    assert_eq!((again.join(), again.command_keys().len()), (5, 1));
    assert_ne!(again.attempt([2; 16], LaneCursors::default()).unwrap(), attempt);
}

#[test]
fn it_is_for_nobody_else_to_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity");
    made(&path).begin_epoch().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["identity"], "nothing half-written is left beside it");
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity");
    made(&path);
    let good = fs::read(&path).unwrap();
    let damaged = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        matches!(EdgeIdentity::load(&path, None), Err(EdgeIdentityError::Damaged { .. }))
            && fs::read(&path).unwrap() == bytes
    };
    for place in 0..good.len() {
        let mut bytes = good.clone();
        bytes[place] ^= 1 << (place % 8);
        assert!(damaged(&bytes), "a bit flipped at {place} was not seen");
        assert!(damaged(&good[..place]), "a cut at {place} was not seen");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        EdgeIdentity::load(&path, None),
        Err(EdgeIdentityError::Absent { .. })
    ));
}

#[test]
fn a_disk_that_cannot_be_written_changes_nothing_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("inner/identity");
    fs::create_dir(dir.path().join("inner")).unwrap();
    let mut identity = made(&path);
    fs::remove_dir_all(dir.path().join("inner")).unwrap();
    assert!(matches!(identity.begin_epoch(), Err(EdgeIdentityError::Write { .. })));
    assert_eq!(identity.epoch(), Epoch(0));
}

#[test]
fn the_secret_is_in_no_debug_and_in_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity");
    let identity = made(&path);
    let file = fs::read_to_string(&path).unwrap();
    let seed = file
        .split("\"seed\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(seed.len(), 43);
    fs::write(&path, file.replace("crc32c", "crc32x")).unwrap();
    let error = EdgeIdentity::load(&path, None).unwrap_err();
    for shown in [format!("{identity:?}"), format!("{error:?} {error}")] {
        assert!(!shown.contains(&seed), "{shown}");
    }
}

#[test]
fn fuzz_identity_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity");
    bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
        fs::write(&path, bytes).unwrap();
        assert!(EdgeIdentity::load(&path, None).is_err());
    });
}

#[test]
fn a_sealed_identity_shows_no_seed_and_loads_with_its_key_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity");
    let key = made(&path).public_key();
    let plain = fs::read_to_string(&path).unwrap();
    let seed = plain.split("\"seed\":\"").nth(1).unwrap().split('"').next().unwrap();
    let seal = SealingKey::new(&[1; 32]).unwrap();

    let mut sealed = EdgeIdentity::load(&path, Some(&seal)).unwrap();
    let shows = || {
        fs::read(&path)
            .unwrap()
            .windows(seed.len())
            .any(|window| window == seed.as_bytes())
    };
    assert!(
        !shows(),
        "the file from before the key is sealed when it is loaded with one"
    );
    sealed.begin_epoch().unwrap();
    assert!(!shows(), "and stays so when it changes");
    let again = EdgeIdentity::load(&path, Some(&seal)).unwrap();
    assert_eq!((again.public_key(), again.epoch()), (key, Epoch(1)));

    let other = SealingKey::new(&[2; 32]).unwrap();
    for wrong in [None, Some(&other)] {
        assert!(matches!(
            EdgeIdentity::load(&path, wrong),
            Err(EdgeIdentityError::Sealed { .. })
        ));
    }
    assert!(!shows());
}
