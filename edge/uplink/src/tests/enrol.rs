//! Enrolment: lost answers, wrong codes, wrong clocks, and edges that have a name already.

use super::{
    site::Site,
    stub::{Stub, edge},
    stub_state::NOW,
};
use crate::{EdgeIdentity, EdgeIdentityError, EnrolError, enrol};
use protocol::{ClockState, Epoch, Timestamp, enrolment::Code};
use std::{fs, os::unix::fs::PermissionsExt as _, sync::atomic::Ordering};

#[tokio::test]
async fn an_edge_gets_a_name_and_keeps_it() {
    let (stub, site) = (Stub::start().await, Site::new());
    let identity = enrol(site.enrolment(&stub, stub.code())).await.unwrap();
    assert_eq!(
        (identity.edge(), identity.epoch(), identity.site_name()),
        (edge(), Epoch(0), "Lobby")
    );
    assert_eq!(identity.command_keys(), [stub.command.public()]);
    assert_eq!(stub.see(|world| world.key), Some(identity.public_key()));
    let mode = fs::metadata(site.identity_path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!site.identity_path().with_extension("pending").exists());
    let again = enrol(site.enrolment(&stub, stub.code())).await.unwrap_err();
    assert!(matches!(again, EnrolError::Already { .. }), "{again}");
}

#[tokio::test]
async fn a_lost_answer_wastes_no_code() {
    let (stub, site) = (Stub::start().await, Site::new());
    // More lost answers than one run has patience for: the next run goes on with the same key.
    stub.change(|world| world.lose = 5);
    let lost = enrol(site.enrolment(&stub, stub.code())).await.unwrap_err();
    assert!(matches!(lost, EnrolError::Call(_)), "{lost}");
    assert!(matches!(
        EdgeIdentity::load(&site.identity_path(), None),
        Err(EdgeIdentityError::Absent { .. })
    ));
    let identity = enrol(site.enrolment(&stub, stub.code())).await.unwrap();
    let keys = stub.see(|world| world.enrolments.clone());
    assert_eq!(keys, vec![identity.public_key(); 6]);
}

#[tokio::test]
async fn a_wrong_code_is_told_apart_and_the_next_code_gets_a_new_key() {
    let (stub, site) = (Stub::start().await, Site::new());
    let wrong = enrol(site.enrolment(&stub, Code::from_entropy([8; 10])))
        .await
        .unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the cloud does not accept this code (403 code-unknown); ask for a new one"
    );
    enrol(site.enrolment(&stub, stub.code())).await.unwrap();
    let keys = stub.see(|world| world.enrolments.clone());
    assert!(keys.len() == 2 && keys[0] != keys[1]);
}

#[tokio::test]
async fn a_board_without_a_clock_asks_for_the_time_first() {
    let stub = Stub::start().await;
    let site = Site::at(Timestamp::from_millis(0), ClockState::Estimated);
    enrol(site.enrolment(&stub, stub.code())).await.unwrap();
    assert_eq!(site.dial.learnt.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_clock_that_wrongly_believes_itself_is_corrected_once() {
    let stub = Stub::start().await;
    let site = Site::at(Timestamp::from_millis(NOW.as_millis() + 3_600_000), ClockState::Synced);
    enrol(site.enrolment(&stub, stub.code())).await.unwrap();
    assert_eq!(site.dial.learnt.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_damaged_identity_is_not_replaced() {
    let (stub, site) = (Stub::start().await, Site::new());
    fs::write(site.identity_path(), "ostona-identity 1 crc32c=00000000\n{}").unwrap();
    let refused = enrol(site.enrolment(&stub, stub.code())).await.unwrap_err();
    assert!(
        matches!(refused, EnrolError::Identity(EdgeIdentityError::Damaged { .. })),
        "{refused}"
    );
    assert!(stub.see(|world| world.enrolments.is_empty()));
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_to_another_machine() {
    let (stub, site) = (Stub::start().await, Site::new());
    let mut options = site.enrolment(&stub, stub.code());
    options.cloud = "http://192.0.2.1".parse().unwrap();
    assert!(matches!(enrol(options).await.unwrap_err(), EnrolError::Cloud(_)));
}
