//! The announcer with a loudspeaker of the box's own: one sound at a time, twice for each call, silence when it is quiet.

use super::{hall::Hall, voice::word};
use crate::voice::{
    announcer::Voice,
    speaker::{Playing, Speaker},
    wav::Clip,
};
use axum::body::Bytes;
use protocol::Fact;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;

/// A loudspeaker that counts.
#[derive(Default)]
struct Horn {
    sounding: AtomicUsize,
    most: AtomicUsize,
    played: AtomicUsize,
    is_broken: bool,
}

struct Wired(Arc<Horn>);

impl Speaker for Wired {
    fn play(&self, wav: Bytes) -> Playing {
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

/// An announcer of its own beside the hall's, which nobody hears.
fn announcing(hall: &Hall, horn: &Arc<Horn>) -> Voice {
    let (calls, called) = mpsc::channel(64);
    let (port, live) = (hall.port.clone(), hall.house.hall.live.clone());
    let (voice, announcer) = Voice::new(port, live, hall.house.hall.voice.stems.clone(), called);
    tokio::spawn(announcer.run(Some(Arc::new(Wired(Arc::clone(horn)))), hall.stop()));
    let mut events = hall.port.live();
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            if matches!(event.event.fact, Fact::QueueCalled(_) | Fact::QueueRecalled(_))
                && calls.send(event).await.is_err()
            {
                return;
            }
        }
    });
    voice
}

async fn until(what: impl AsyncFn() -> bool) {
    while !what().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn calls_sound_one_after_the_other_and_twice_each() {
    let hall = Hall::open().await;
    for name in ["ticket", "letter-k", "1", "2", "window"] {
        hall.house
            .hall
            .voice
            .stems
            .keep(&format!("uz/{name}.wav"), &word(50, 22_050, 1))
            .expect("kept");
    }
    let horn = Arc::new(Horn::default());
    let _voice = announcing(&hall, &horn);
    let (one, two) = (hall.desk("w1", 1).await, hall.desk("w2", 2).await);
    for token in ["one", "two"] {
        hall.ticket("cash", token).await;
    }
    hall.act(&one, "act=call_next").await;
    hall.act(&two, "act=call_next").await;
    until(async || horn.played.load(Ordering::SeqCst) == 4).await;
    until(async || hall.facts("announce.played").await.len() >= 4).await;
    assert_eq!(horn.most.load(Ordering::SeqCst), 1, "two never sounded at once");
}

#[tokio::test]
async fn in_quiet_hours_nothing_sounds_and_a_broken_speaker_is_not_recorded() {
    let hall = Hall::open().await;
    let horn = Arc::new(Horn {
        is_broken: true,
        ..Horn::default()
    });
    let _voice = announcing(&hall, &horn);
    let desk = hall.desk("w1", 1).await;
    for token in ["one", "two"] {
        hall.ticket("cash", token).await;
    }
    hall.set_up(|branch| branch["rules"] = serde_json::json!({"quiet_from": "00:00", "quiet_to": "24:00"}))
        .await;
    until(async || {
        hall.house
            .hall
            .live
            .fresh()
            .await
            .branch
            .as_ref()
            .is_some_and(|branch| branch.draft().rules.quiet().is_some())
    })
    .await;
    hall.house.hall.live.note(|_| ());
    until(async || {
        hall.house
            .hall
            .live
            .picture()
            .branch
            .as_ref()
            .is_some_and(|branch| branch.draft().rules.quiet().is_some())
    })
    .await;
    hall.act(&desk, "act=call_next").await;
    hall.act(&desk, "act=no_show").await;
    hall.set_up(|_| ()).await;
    hall.house.hall.live.note(|_| ());
    until(async || {
        hall.house
            .hall
            .live
            .picture()
            .branch
            .as_ref()
            .is_some_and(|branch| branch.draft().rules.quiet().is_none())
    })
    .await;
    hall.act(&desk, "act=call_next").await;
    until(async || horn.played.load(Ordering::SeqCst) == 2).await;
    assert!(
        hall.facts("announce.played").await.is_empty(),
        "what nobody heard is not told as played"
    );
}
