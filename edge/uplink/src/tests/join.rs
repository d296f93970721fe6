//! Joining: the attempt and the counter, restarts, copies.

use super::{
    site::{Site, state},
    stub::Stub,
    stub_state::StubState,
};
use crate::{ControlTransport, EdgeIdentity, EdgeRefusal, LinkState};
use protocol::{Digest, Epoch, Lane, Seq, control::LaneTip};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn each_start_moves_the_counter_on() {
    let (stub, site) = (Stub::start().await, Site::new());
    let uplink = site.link(&stub).await;
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    site.shutdown.cancel();
    uplink.ended().await;
    let mut again = Site::new();
    std::fs::copy(site.identity_path(), again.identity_path()).unwrap();
    again.settings = site.settings.clone();
    let uplink = again.start(EdgeIdentity::load(&again.identity_path(), None).unwrap());
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    let counters: Vec<u64> = stub.see(|world| world.attempts.iter().map(|(counter, _)| *counter).collect());
    assert_eq!(counters, [0, 1]);
}

#[tokio::test]
async fn a_lost_answer_is_the_same_attempt_again_and_no_copy() {
    let (stub, site) = (Stub::start().await, Site::new());
    let identity = site.enrolled(&stub).await;
    stub.change(|world| world.lose = 2);
    let uplink = site.start(identity);
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    let attempts = stub.see(|world| world.attempts.clone());
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|attempt| *attempt == attempts[0]), "{attempts:?}");
}

#[tokio::test]
async fn a_copied_card_is_turned_away_and_asks_only_rarely() {
    let (stub, site) = (Stub::start().await, Site::new());
    let identity = site.enrolled(&stub).await;
    let copy = Site::new();
    std::fs::copy(site.identity_path(), copy.identity_path()).unwrap();
    let original = site.start(identity);
    state(&original, |state| matches!(state, LinkState::Up { .. })).await;
    let copied = copy.start(EdgeIdentity::load(&copy.identity_path(), None).unwrap());
    let turned_away = |state| state == LinkState::TurnedAway(EdgeRefusal::Quarantined);
    state(&copied, turned_away).await;
    // The original is stopped by its next request, too.
    site.say(1).await;
    state(&original, turned_away).await;
    let stored = stub.see(|world| world.stored.len());
    site.say(3).await;
    // Two more questions later, nothing else has been sent.
    let asked = stub.see(|world| world.attempts.len());
    stub.until(|world| world.attempts.len() >= asked + 2).await;
    assert_eq!(stub.see(|world| world.stored.len()), stored);
    // Somebody decided for the original.
    let counter = EdgeIdentity::load(&site.identity_path(), None).unwrap().join();
    copy.shutdown.cancel();
    copied.ended().await;
    stub.change(|world| (world.quarantined, world.counter) = (false, counter));
    state(&original, |state| matches!(state, LinkState::Up { .. })).await;
    site.cursor(|cursor| cursor.facts == site.committed().facts).await;
}

#[tokio::test]
async fn a_cloud_that_wants_another_join_gets_it_at_once() {
    let (stub, site) = (Stub::start().await, Site::new());
    let uplink = site.link(&stub).await;
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    stub.change(|world| world.rejoin = true);
    site.say(1).await;
    stub.until(|world| world.counter == 2).await;
    site.cursor(|cursor| cursor.facts == site.committed().facts).await;
}

#[tokio::test]
async fn an_upgrade_that_asks_for_another_join_is_no_blocked_socket() {
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| world.rejoin_socket = true);
    let uplink = site.link(&stub).await;
    state(&uplink, |state| {
        state
            == LinkState::Up {
                via: ControlTransport::Socket,
            }
    })
    .await;
    stub.until(|world| world.upgrades == 2).await;
    assert_eq!(stub.see(|world| (world.counter, world.polls)), (2, 0));
}

#[tokio::test]
async fn where_joining_does_not_help_it_is_done_ever_more_rarely() {
    let (stub, mut site) = (Stub::start().await, Site::new());
    (site.settings.timing.backoff, site.settings.timing.ceiling) = (Duration::from_millis(20), Duration::from_secs(60));
    stub.change(|world| world.rejoin_for_ever = true);
    let began = Instant::now();
    let _uplink = site.link(&stub).await;
    stub.until(|world| world.counter == 6).await;
    // At least half of 20, 40, 80, 160 and 320 ms.
    assert!(began.elapsed() >= Duration::from_millis(310), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_journal_with_other_events_than_the_clouds_goes_on_under_the_next_epoch() {
    let (stub, site) = (Stub::start().await, Site::new());
    let identity = site.enrolled(&stub).await;
    site.say(3).await;
    let tip = LaneTip {
        lane: Lane::Facts,
        seq: Seq(2),
        hash: Digest::of(b"what somebody else recorded under this number"),
    };
    stub.change(|world| world.tips = vec![tip]);
    let uplink = site.start(identity);
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    assert_eq!(stub.see(|world| world.epochs.clone()), [Epoch(1), Epoch(2)]);
    let kept = EdgeIdentity::load(&site.identity_path(), None).unwrap();
    assert_eq!((kept.epoch(), kept.journal_epoch()), (Epoch(2), Epoch(1)));
    // Nothing was held when the journal was opened, so everything goes up, under the new epoch.
    let committed = site.committed().facts.0;
    let facts = |world: &StubState| world.stored.keys().filter(|(lane, _)| *lane == Lane::Facts).count() as u64;
    stub.until(move |world| facts(world) >= committed).await;
}
