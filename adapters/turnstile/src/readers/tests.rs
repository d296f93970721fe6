//! A reader that says more than the gate has time for, the clock paused.

use super::{ReaderMessage, ReaderTask};
use crate::reader::{CardRead, CardReader, ReaderChannel, ReaderEvent, Side};
use adapter_sdk::DriverError;
use async_trait::async_trait;
use protocol::{access::Credential, fact::KeyKind};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

/// Says all of this at once, and nothing more.
#[derive(Debug)]
struct BurstReader(Vec<ReaderEvent>);

#[async_trait]
impl CardReader for BurstReader {
    async fn listen(&mut self, counter: &mut ReaderChannel) -> DriverError {
        for said in self.0.drain(..) {
            counter.events.send(said).await.expect("it is heard");
        }
        std::future::pending().await
    }
}

fn card(number: u64) -> ReaderEvent {
    ReaderEvent::Shown(CardRead {
        side: Side::A,
        credential: Credential {
            kind: KeyKind::Card,
            number,
        },
    })
}

#[tokio::test(start_paused = true)]
async fn a_card_that_the_gate_has_no_time_for_is_never_heard_as_a_new_one() {
    let mut said: Vec<ReaderEvent> = std::iter::once(ReaderEvent::Well).chain((1..20).map(card)).collect();
    said.push(ReaderEvent::Trouble("reader_tamper"));
    let (heard_in, mut heard) = mpsc::channel(3);
    let (_verdict, feedback) = mpsc::channel(1);
    let seat = ReaderTask {
        number: 0,
        reader: Box::new(BurstReader(said)),
        feedback,
        messages: heard_in,
    };
    let began = Instant::now();
    tokio::spawn(seat.run());
    sleep(Duration::from_secs(30)).await;
    let mut all = Vec::new();
    while let Ok(ReaderMessage { event: said, at, .. }) = heard.try_recv() {
        all.push((said, at - began));
        tokio::task::yield_now().await;
    }
    let (told, cards) = (Duration::from_secs(30), Duration::ZERO);
    let expected = [
        (ReaderEvent::Well, cards),
        (card(1), cards),
        (card(2), cards),
        (ReaderEvent::Trouble("reader_tamper"), told),
    ];
    assert_eq!(all, expected);
}
