//! The announcer with a loudspeaker of the box's own: one sound at a time, twice for each call, silence when it is quiet.

use super::{open_branch::OpenBranch, word::word};
use axum::body::Bytes;
use edge_announce::{Clip, Playback, Speaker};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A loudspeaker that counts.
#[derive(Default)]
struct CountingSpeaker {
    sounding: AtomicUsize,
    most: AtomicUsize,
    played: AtomicUsize,
    is_broken: bool,
}

struct SharedSpeaker(Arc<CountingSpeaker>);

impl Speaker for SharedSpeaker {
    fn play(&self, wav: Bytes) -> Playback {
        let horn = Arc::clone(&self.0);
        Box::pin(async move {
            Clip::parse(&wav).map_err(io::Error::other)?;
            let now = horn.sounding.fetch_add(1, Ordering::SeqCst) + 1;
            horn.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            horn.sounding.fetch_sub(1, Ordering::SeqCst);
            horn.played.fetch_add(1, Ordering::SeqCst);
            if horn.is_broken {
                Err(io::Error::other("a torn cone"))
            } else {
                Ok(())
            }
        })
    }
}

/// A branch whose box has that loudspeaker.
async fn branch_with(horn: &Arc<CountingSpeaker>) -> OpenBranch {
    OpenBranch::with_speaker(Some(Arc::new(SharedSpeaker(Arc::clone(horn))))).await
}

async fn until(what: impl AsyncFn() -> bool) {
    while !what().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn calls_sound_one_after_the_other_and_twice_each() {
    let horn = Arc::new(CountingSpeaker::default());
    let branch = branch_with(&horn).await;
    for name in ["ticket", "letter-k", "1", "2", "window"] {
        branch
            .state
            .announcements
            .voice()
            .stems()
            .keep(&format!("uz/{name}.wav"), &word(50, 22_050, 1))
            .expect("kept");
    }
    let (one, two) = (branch.desk("w1", 1).await, branch.desk("w2", 2).await);
    for token in ["one", "two"] {
        branch.ticket("cash", token).await;
    }
    branch.act(&one, "act=call_next").await;
    branch.act(&two, "act=call_next").await;
    until(async || horn.played.load(Ordering::SeqCst) == 4).await;
    until(async || branch.facts("announce.played").await.len() >= 4).await;
    assert_eq!(horn.most.load(Ordering::SeqCst), 1, "two never sounded at once");
}

#[tokio::test]
async fn in_quiet_hours_nothing_sounds_and_a_broken_speaker_is_not_recorded() {
    let horn = Arc::new(CountingSpeaker {
        is_broken: true,
        ..CountingSpeaker::default()
    });
    let branch = branch_with(&horn).await;
    let desk = branch.desk("w1", 1).await;
    for token in ["one", "two"] {
        branch.ticket("cash", token).await;
    }
    branch
        .set_up(|branch| branch["rules"] = serde_json::json!({"quiet_from": "00:00", "quiet_to": "24:00"}))
        .await;
    until(async || {
        branch
            .state
            .screens
            .live
            .fresh()
            .await
            .branch
            .as_ref()
            .is_some_and(|branch| branch.draft().rules.quiet().is_some())
    })
    .await;
    branch.state.screens.live.note(|_| ());
    until(async || {
        branch
            .state
            .screens
            .live
            .snapshot()
            .branch
            .as_ref()
            .is_some_and(|branch| branch.draft().rules.quiet().is_some())
    })
    .await;
    branch.act(&desk, "act=call_next").await;
    branch.act(&desk, "act=no_show").await;
    branch.set_up(|_| ()).await;
    branch.state.screens.live.note(|_| ());
    until(async || {
        branch
            .state
            .screens
            .live
            .snapshot()
            .branch
            .as_ref()
            .is_some_and(|branch| branch.draft().rules.quiet().is_none())
    })
    .await;
    branch.act(&desk, "act=call_next").await;
    until(async || horn.played.load(Ordering::SeqCst) == 2).await;
    assert!(
        branch.facts("announce.played").await.is_empty(),
        "what nobody heard is not told as played"
    );
}
