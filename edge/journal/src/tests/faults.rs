//! What a medium, a person or another process can do to the files: each gives a clear error or a recovery that says
//! what it did.

use super::site::{FACTS, Site, append, check_reading, check_recovery, check_refusal};
use crate::{
    Disk, FsDisk, Journal, JournalError, JournalOptions, MARGIN, PackedState, Snapshot, Table,
    sim::{Fault, SimDisk},
};
use expect_test::expect;
use protocol::{Epoch, Lane, LaneCursors, Seq};
use std::os::unix::fs::PermissionsExt;

#[test]
fn flipped_bits_in_a_sealed_segment_are_found_when_read() {
    let site = Site::with_facts(30);
    site.disk.flip("facts-0000000001.seg", 300, 0x40);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 2"]);
    check_reading(&journal, &expect!["facts 1-2, damaged 3-3, facts 4-19, facts 20-30"]);
}

#[test]
fn flipped_bits_in_the_last_segment_are_found_when_opened() {
    let site = Site::with_facts(25);
    site.disk.flip("facts-0000000002.seg", 300, 0x40);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 2; facts 22-22 lost, Damaged, 116 bytes"]);
    check_reading(&journal, &expect!["facts 1-19, facts 20-21, facts 23-25"]);
}

#[test]
fn a_flipped_bit_in_the_very_last_record_is_a_loss_and_not_an_unfinished_batch() {
    let site = Site::with_facts(5);
    site.disk.flip("facts-0000000001.seg", 64 + 4 * 116 + 50, 1);
    let (mut journal, recovery) = site.open();
    check_recovery(
        &recovery,
        &expect!["boot 2; facts 5-5 lost, Damaged, 116 bytes; the facts lane goes on after 5: its end is damaged"],
    );
    assert_eq!(append(&mut journal, 1), Seq(6));
    check_reading(&journal, &expect!["facts 1-4, facts 6-6"]);
}

#[test]
fn where_record_and_mark_are_ruined_the_lane_jumps_ahead() {
    let site = Site::with_facts(5);
    let mut bytes = site.disk.bytes("facts-0000000001.seg").unwrap();
    bytes[64 + 4 * 116..64 + 5 * 116 + 32].fill(0xa5);
    site.disk.plant("facts-0000000001.seg", &bytes);
    let (mut journal, recovery) = site.open();
    assert_eq!((recovery.lost[0].from, recovery.lost[0].to), (Seq(5), Seq(4 + MARGIN)));
    assert_eq!(append(&mut journal, 1), Seq(5 + MARGIN));
}

#[test]
fn an_unfinished_batch_is_cut_off_and_its_seqs_are_given_again() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    site.disk.cut_power_at(1);
    for _ in 0..10 {
        journal.append(FACTS, &[b'x'; 100]).unwrap();
    }
    journal.commit(FACTS).unwrap_err();
    site.disk.kill();
    drop(journal);
    // What a power cut leaves if only the first and the last sector of the batch got to the disk.
    let mut bytes = site.disk.bytes("facts-0000000001.seg").unwrap();
    bytes[1024..1536].fill(0);
    site.disk.plant("facts-0000000001.seg", &bytes);
    let (mut journal, recovery) = site.open();
    check_recovery(
        &recovery,
        &expect!["boot 3; 837 bytes torn; facts-0000000001.seg: an unfinished batch of 837 bytes was cut off"],
    );
    assert_eq!(append(&mut journal, 1), Seq(9));
}

#[test]
fn losses_are_reported_until_the_next_checkpoint() {
    let site = Site::with_facts(60);
    site.disk.lose("facts-0000000002.seg");
    let (_, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 2; facts 20-38 lost, Missing, 0 bytes"]);
    let (mut journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 3; facts 20-38 lost, Missing, 0 bytes"]);
    journal.checkpoint(&[]).unwrap();
    drop(journal);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 4"]);
    check_reading(&journal, &expect!["facts 1-19, facts 39-57, facts 58-60"]);
}

#[test]
fn a_missing_last_segment_makes_the_lane_jump() {
    let site = Site::with_facts(60);
    site.disk.lose("facts-0000000004.seg");
    let (mut journal, recovery) = site.open();
    assert_eq!(
        (recovery.lost[0].from, recovery.lost[0].to),
        (Seq(58), Seq(57 + MARGIN))
    );
    assert_eq!(append(&mut journal, 1), Seq(58 + MARGIN));
}

#[test]
fn seqs_that_the_state_remembers_are_not_used_again() {
    let site = Site::with_facts(5);
    let early = site.disk.bytes("facts-0000000001.seg").unwrap();
    let (mut journal, _) = site.open();
    append(&mut journal, 7);
    journal.checkpoint(&[]).unwrap();
    drop(journal);
    // The disk had promised more than it kept.
    site.disk.plant("facts-0000000001.seg", &early);
    let (_, recovery) = site.open();
    assert_eq!((recovery.lost[0].from, recovery.lost[0].to), (Seq(6), Seq(12 + MARGIN)));
}

#[test]
fn lost_segments_beside_a_state_are_a_loss_and_not_a_new_beginning() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal.checkpoint(&[]).unwrap();
    drop(journal);
    site.disk.lose("facts-0000000001.seg");
    let (mut journal, recovery) = site.open();
    assert_eq!((recovery.lost[0].from, recovery.lost[0].to), (Seq(1), Seq(5 + MARGIN)));
    assert_eq!(append(&mut journal, 1), Seq(6 + MARGIN));
}

#[test]
fn a_lost_or_ruined_state_is_begun_anew() {
    let site = Site::with_facts(5);
    site.disk.lose("state.redb");
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 1; the state was missing; it was begun anew"]);
    check_reading(&journal, &expect!["facts 1-5"]);
    drop(journal);
    site.disk.plant("state.redb", b"this is no database");
    let (journal, recovery) = site.open();
    check_recovery(
        &recovery,
        &expect!["boot 1; the state was damaged; it was set aside and begun anew"],
    );
    check_reading(&journal, &expect!["facts 1-5"]);
    assert!(site.disk.bytes("state.redb.damaged").is_some());
}

#[test]
fn a_cloud_that_has_more_makes_the_lane_jump() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal.advance(LaneCursors {
        facts: Seq(9),
        telemetry: Seq(u64::MAX),
    });
    assert_eq!(
        journal.cursor(),
        LaneCursors {
            facts: Seq(9),
            telemetry: Seq(0)
        }
    );
    assert_eq!(append(&mut journal, 1), Seq(10));
    journal.checkpoint(&[]).unwrap();
    drop(journal);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 3; facts 6-9 lost, Missing, 0 bytes"]);
    check_reading(&journal, &expect!["facts 1-5, facts 10-10"]);
}

#[test]
fn another_epoch_is_refused() {
    let mut site = Site::with_facts(5);
    site.options.epoch = Epoch(2);
    check_refusal(
        &site.try_open().unwrap_err(),
        &expect!["the journal in state.redb is of epoch 1, not 2"],
    );
    site.disk.lose("state.redb");
    check_refusal(
        &site.try_open().unwrap_err(),
        &expect!["the journal in facts-0000000001.seg is of epoch 1, not 2"],
    );
}

#[test]
fn a_second_owner_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions::new(dir.path().join("journal"), Epoch(1));
    let (journal, _) = Journal::open(options.clone()).unwrap();
    assert!(matches!(
        Journal::open(options.clone()),
        Err(JournalError::Locked { .. })
    ));
    drop(journal);
    assert!(Journal::open(options).is_ok());
}

#[test]
fn files_are_for_this_user_only() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions::new(dir.path().join("journal"), Epoch(1));
    let (_journal, _) = Journal::open(options.clone()).unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(options.dir.clone()), 0o700);
    let disk = FsDisk::new(&options.dir).unwrap();
    let mut names = disk.list().unwrap();
    names.sort();
    assert_eq!(
        names,
        [
            "facts-0000000001.seg",
            "lock",
            "reserve",
            "state.redb",
            "telemetry-0000000001.seg"
        ]
    );
    assert!(names.iter().all(|name| mode(options.dir.join(name)) == 0o600));
}

#[test]
fn a_full_disk_refuses_a_batch_whole_and_lets_it_in_later() {
    let site = Site::with_facts(18);
    let (mut journal, _) = site.open();
    site.disk.set_fault(Fault::Full);
    append(&mut journal, 1);
    journal.append(FACTS, &[b'y'; 100]).unwrap();
    let error = journal.commit(FACTS).unwrap_err();
    assert!(error.is_disk_full());
    assert_eq!(
        (journal.committed(FACTS), journal.reader().committed(FACTS)),
        (Seq(19), Seq(19))
    );
    site.disk.set_fault(Fault::None);
    journal.commit(FACTS).unwrap();
    assert_eq!(journal.committed(FACTS), Seq(20));
    drop(journal);
    site.disk.set_fault(Fault::None);
    check_reading(&site.open().0, &expect!["facts 1-19, facts 20-20"]);
}

#[test]
fn a_journal_beside_a_full_disk_opens_on_its_reserve() {
    let site = Site::with_facts(18);
    assert!(site.disk.bytes("reserve").is_some(), "room is set aside");
    let reserve = site.disk.bytes("reserve").unwrap();
    let blank = Site {
        disk: SimDisk::new(1),
        ..Site::with_facts(0)
    };
    blank.disk.set_fault(Fault::Full);
    let error = blank.try_open().unwrap_err();
    assert!(error.is_disk_full(), "without a reserve: {error}");
    blank.disk.kill();
    blank.disk.set_fault(Fault::None);
    blank.disk.plant("reserve", &reserve);
    blank.disk.set_fault(Fault::Full);
    let (mut journal, recovery) = blank.open();
    assert_eq!(recovery.notes, ["the disk is full: its reserve was given up"]);
    append(&mut journal, 1);
    assert!(
        blank.disk.bytes("reserve").is_some(),
        "set aside again once there is room"
    );
}

#[test]
fn a_failed_sync_is_never_retried_on_the_same_file() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal.append(FACTS, b"not told").unwrap();
    site.disk.set_fault(Fault::SyncFails);
    journal.commit(FACTS).unwrap_err();
    site.disk.set_fault(Fault::None);
    assert!(matches!(
        journal.commit(FACTS),
        Err(JournalError::Unsettled { lane: Lane::Facts })
    ));
    assert!(matches!(
        journal.append(FACTS, b"more"),
        Err(JournalError::Unsettled { lane: Lane::Facts })
    ));
    check_reading(&journal, &expect!["facts 1-5"]);
    journal.rollback(FACTS);
    assert_eq!(append(&mut journal, 2), Seq(7));
    site.disk.power_cut();
    drop(journal);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 3"]);
    check_reading(&journal, &expect!["facts 1-5, facts 6-7"]);
}

#[test]
fn what_a_failed_sync_left_in_memory_is_not_believed_after_a_restart() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal.append(FACTS, b"not told").unwrap();
    site.disk.set_fault(Fault::SyncFails);
    journal.commit(FACTS).unwrap_err();
    site.disk.set_fault(Fault::None);
    site.disk.kill();
    drop(journal);
    // It is readable now, so it may go to the cloud; then it must also survive.
    check_reading(&site.open().0, &expect!["facts 1-6"]);
    site.disk.power_cut();
    check_reading(&site.open().0, &expect!["facts 1-6"]);
}

#[test]
fn a_read_only_file_system_is_named() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    site.disk.set_fault(Fault::ReadOnly);
    journal.append(FACTS, b"x").unwrap();
    assert!(journal.commit(FACTS).unwrap_err().is_read_only());
    journal.rollback(FACTS);
    journal.put(Table::Meta, "k", b"v".to_vec());
    assert!(journal.checkpoint(&[]).unwrap_err().is_read_only());
    drop(journal);
    assert!(site.try_open().unwrap_err().is_read_only());
    site.disk.set_fault(Fault::None);
    check_reading(&site.open().0, &expect!["facts 1-5"]);
}

#[test]
fn a_failed_checkpoint_keeps_what_waits() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal.put(Table::Meta, "k", b"v".to_vec());
    site.disk.set_fault(Fault::SyncFails);
    let snapshots = [Snapshot {
        app: "app".to_owned(),
        upto: Seq(5),
        state: Some(PackedState::pack(b"five").unwrap()),
    }];
    journal.checkpoint(&snapshots).unwrap_err();
    assert_eq!(journal.get(Table::Meta, "k").unwrap().as_deref(), Some(&b"v"[..]));
    site.disk.set_fault(Fault::None);
    journal.checkpoint(&snapshots).unwrap();
    site.disk.power_cut();
    drop(journal);
    let (journal, _) = site.open();
    assert_eq!(journal.get(Table::Meta, "k").unwrap().as_deref(), Some(&b"v"[..]));
    assert_eq!(journal.snapshots().unwrap(), snapshots);
}
