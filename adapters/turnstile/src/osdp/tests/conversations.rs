//! Whole conversations, the clock paused: what the gate hears of readers that behave, misbehave, or are not who they say.

use super::reader::{ANY_KEY, KEY, Key, Output, ReaderBehaviour, ReaderBus, bus};
use crate::{
    osdp::{OsdpReaders, OutputError, ReaderOutputs, Switch, key::BaseKey},
    reader::{CardReader as _, Indication, ReaderChannel, ReaderEvent, ReaderFeedback, Side},
};
use adapter_sdk::{Clock, DriverError, Line};
use protocol::Timestamp;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout},
};

const NOON: i64 = 1_795_165_200_000;
/// Facility 12, card 3456.
const CARD_26: u64 = 0x0018_1B01;
const NUMBER_26: u64 = 0x000C_0D80;

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOON)
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        0
    }
}

struct BusHarness {
    street: ReaderBus,
    said: mpsc::Receiver<ReaderEvent>,
    feedback: mpsc::Sender<ReaderFeedback>,
    relay: ReaderOutputs,
    listening: JoinHandle<DriverError>,
}

/// A bus as `prepare` makes it; new readers may be enrolled within `enrol`.
fn start(enrol: Option<Duration>, prepare: impl FnOnce(&ReaderBus)) -> BusHarness {
    start_with(&BTreeMap::new(), enrol, prepare)
}

/// The same, with these outputs for the gate.
fn start_with(outputs: &BTreeMap<Side, u8>, enrol: Option<Duration>, prepare: impl FnOnce(&ReaderBus)) -> BusHarness {
    let street = ReaderBus::new();
    prepare(&street);
    let (said_in, said) = mpsc::channel(8);
    let (feedback, verdicts_out) = mpsc::channel(8);
    let until = enrol.map(|enrol| Timestamp::from_millis(NOON).plus(enrol).to_string());
    let clock: Arc<dyn Clock> = Arc::new(FixedClock);
    let line = Line::Socket(Arc::new(street.clone()));
    let readers = OsdpReaders::new(&bus(until.as_deref()), line, clock, outputs);
    let (mut reader, relay) = readers.expect("it is a line for bytes");
    let mut counter = ReaderChannel {
        events: said_in,
        feedback: verdicts_out,
    };
    BusHarness {
        street,
        said,
        feedback,
        relay,
        listening: tokio::spawn(async move { reader.listen(&mut counter).await }),
    }
}

impl BusHarness {
    async fn says(&mut self, expected: &str) {
        let said = timeout(Duration::from_secs(20), self.said.recv()).await;
        let said = said.unwrap_or_else(|_| panic!("nothing is said, where {expected:?} should be"));
        let said = match said.expect("it listens") {
            ReaderEvent::Shown(card) => {
                let side = match card.side {
                    Side::A => "a",
                    Side::B => "b",
                };
                format!("card {side} {}", card.credential.number)
            }
            ReaderEvent::Well => "well".to_owned(),
            ReaderEvent::Trouble(word) => word.to_owned(),
        };
        assert_eq!(said, expected);
    }

    async fn says_nothing(&mut self, within: Duration) {
        let said = timeout(within, self.said.recv()).await;
        assert!(said.is_err(), "{said:?}");
    }

    async fn asked(&self, reader: usize) -> String {
        tokio::time::sleep(Duration::from_millis(500)).await;
        std::mem::take(&mut self.street.readers()[reader].asked)
    }
}

fn show(stage: &BusHarness, reader: usize) -> String {
    stage.street.readers()[reader].card(CARD_26, 26);
    format!("card {} {NUMBER_26}", ["a", "b"][reader])
}

#[tokio::test(start_paused = true)]
async fn cards_of_both_sides_are_heard_over_the_secure_channel() {
    let mut stage = start(None, |_| {});
    stage.says("well").await;
    for reader in [0, 1, 0] {
        let card = show(&stage, reader);
        stage.says(&card).await;
    }
    // The same card with a wrong parity bit, and one of an unknown length.
    stage.street.readers()[0].card(CARD_26 ^ 1, 26);
    stage.street.readers()[0].card(5, 20);
    stage.says_nothing(Duration::from_secs(5)).await;
    assert_eq!(stage.asked(0).await, "challenge; ", "one session for all of it");
    drop(stage.feedback);
    assert_eq!(
        stage.listening.await.expect("no panic").word(),
        "refused",
        "the gate is over"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_reader_is_said_once_and_holds_nobody_up_and_comes_back() {
    let mut stage = start(None, |street| street.readers()[0].habit = ReaderBehaviour::Dead);
    stage.says("reader_offline").await;
    let card = show(&stage, 1);
    stage.says(&card).await;
    stage.says_nothing(Duration::from_secs(600)).await;
    stage.street.readers()[0].habit = ReaderBehaviour::Kind;
    stage.says("well").await;
    stage.street.readers()[1].habit = ReaderBehaviour::Dead;
    stage.says("reader_offline").await;
}

#[tokio::test(start_paused = true)]
async fn a_card_that_was_shown_while_nobody_listened_opens_nothing_later() {
    let mut stage = start(None, |street| {
        street.readers()[0].card(CARD_26, 26);
        street.readers()[0].card(CARD_26, 26);
    });
    stage.says("well").await;
    stage.says_nothing(Duration::from_secs(5)).await;
    stage.street.readers()[0].habit = ReaderBehaviour::Dead;
    stage.says("reader_offline").await;
    show(&stage, 0);
    stage.street.readers()[0].habit = ReaderBehaviour::Kind;
    stage.says("well").await;
    stage.says_nothing(Duration::from_secs(5)).await;
    let card = show(&stage, 0);
    stage.says(&card).await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_said_once_and_tried_every_five_minutes() {
    let mut stage = start(None, |street| {
        street.readers()[0].key = Key::Own(BaseKey::parse(ANY_KEY).expect("a key"));
    });
    stage.says("reader_wrong_key").await;
    stage.says_nothing(Duration::from_secs(890)).await;
    assert_eq!(
        stage.asked(0).await,
        "challenge; ".repeat(6),
        "for each key, three times"
    );
    let card = show(&stage, 1);
    stage.says(&card).await;
}

#[tokio::test(start_paused = true)]
async fn the_key_that_everybody_knows_is_refused_outside_an_enrolment() {
    for enrol in [None, Some(Duration::ZERO), Some(Duration::from_secs(901))] {
        for new in [Key::New, Key::NewAndVague] {
            let mut stage = start(enrol, |street| street.readers()[0].key = new.clone());
            stage.says("reader_default_key").await;
            stage.says_nothing(Duration::from_secs(290)).await;
            assert_eq!(stage.asked(0).await, "challenge; challenge; ");
            assert_eq!(stage.street.readers()[0].key, new);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_reader_is_given_its_own_key_during_its_enrolment() {
    for new in [Key::New, Key::NewAndVague] {
        let mut stage = start(Some(Duration::from_secs(600)), |street| street.readers()[0].key = new);
        stage.says("well").await;
        assert_eq!(
            stage.asked(0).await,
            "challenge; challenge; challenge; key; challenge; ",
            "its own, the known one twice, its own again"
        );
        let own = Key::Own(BaseKey::parse(KEY).expect("a key"));
        assert_eq!(stage.street.readers()[0].key, own);
        assert_eq!(stage.asked(1).await, "challenge; ", "the other one has its key");
        let card = show(&stage, 0);
        stage.says(&card).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_without_secure_channel_is_not_spoken_to() {
    let mut stage = start(None, |street| street.readers()[1].habit = ReaderBehaviour::Insecure);
    stage.says("reader_insecure").await;
    show(&stage, 1);
    stage.says_nothing(Duration::from_secs(290)).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_believes_a_card_outside_the_secure_channel() {
    let mut stage = start(None, |_| {});
    stage.says("well").await;
    stage.street.readers()[0].habit = ReaderBehaviour::Impersonated;
    stage.says_nothing(Duration::from_millis(700)).await;
    stage.street.readers()[0].habit = ReaderBehaviour::Kind;
    let card = show(&stage, 0);
    stage.says(&card).await;
}

#[tokio::test(start_paused = true)]
async fn a_forged_answer_ends_the_session_and_a_new_one_begins_unnoticed() {
    let mut stage = start(None, |_| {});
    stage.says("well").await;
    stage.asked(0).await;
    stage.street.readers()[0].habit = ReaderBehaviour::Forged;
    stage.says_nothing(Duration::from_secs(1)).await;
    assert_eq!(stage.asked(0).await, "challenge; ");
    let card = show(&stage, 0);
    stage.says(&card).await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_lost_power_for_a_moment_is_back_unnoticed() {
    let mut stage = start(None, |_| {});
    stage.says("well").await;
    stage.street.readers()[0].reboot();
    let card = show(&stage, 0);
    stage.says(&card).await;
    assert_eq!(stage.asked(0).await, "challenge; challenge; ");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_and_a_busy_reader_lose_no_card() {
    for habit in [ReaderBehaviour::Mumbles(2), ReaderBehaviour::Busy(20)] {
        let mut stage = start(None, |_| {});
        stage.says("well").await;
        let card = show(&stage, 0);
        stage.street.readers()[0].habit = habit;
        stage.says(&card).await;
        stage.says_nothing(Duration::from_secs(5)).await;
        assert_eq!(stage.asked(0).await, "challenge; ", "in the same session");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_has_time_is_offline() {
    let mut stage = start(None, |_| {});
    stage.says("well").await;
    stage.street.readers()[0].habit = ReaderBehaviour::Busy(u32::MAX);
    stage.says("reader_offline").await;
}

#[tokio::test(start_paused = true)]
async fn somebody_who_opens_a_reader_is_noticed() {
    let mut stage = start(None, |_| {});
    stage.says("well").await;
    for (code, body, expected) in [
        (0x48, vec![1, 0], "reader_tamper"),
        (0x48, vec![0, 1], "reader_power"),
        (0x48, vec![0, 0], "well"),
        (0x4B, vec![2], "reader_tamper"),
        (0x4B, vec![1], "reader_head_absent"),
        (0x4B, vec![0], "well"),
    ] {
        stage.street.readers()[1].news.push_back((code, body));
        stage.says(expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_is_shown_where_it_was_asked_and_by_readers_that_can() {
    let mut stage = start(None, |street| street.readers()[1].abilities = vec![4, 0, 0, 5, 1, 1]);
    stage.says("well").await;
    stage.asked(0).await;
    stage.asked(1).await;
    for (indication, light, beep) in [
        (
            Indication::Granted,
            "69 [0, 0, 2, 20, 0, 2, 0, 20, 0, 0, 0, 0, 0, 0]; ",
            "6a [0, 2, 2, 1, 1]; ",
        ),
        (
            Indication::Denied,
            "69 [0, 0, 2, 2, 2, 1, 0, 20, 0, 0, 0, 0, 0, 0]; ",
            "6a [0, 2, 1, 1, 3]; ",
        ),
    ] {
        for side in [Side::A, Side::B] {
            stage
                .feedback
                .send(ReaderFeedback { side, indication })
                .await
                .expect("it listens");
        }
        assert_eq!(stage.asked(0).await, format!("{light}{beep}"));
        assert_eq!(stage.asked(1).await, beep, "it has no light");
    }
}

/// A bus whose reader at side A opens the gate with its output 3; its session has begun, and with it the safe state.
async fn start_gate() -> BusHarness {
    let mut stage = start_with(&BTreeMap::from([(Side::A, 3)]), None, |_| {});
    stage.says("well").await;
    assert_eq!(stage.asked(0).await, format!("challenge; {OFF}"));
    assert_eq!(stage.asked(1).await, "challenge; ", "that one opens nothing");
    stage
}

const OFF: &str = "68 [3, 1, 0, 0]; ";
const ON: &str = "68 [3, 5, 7, 0]; ";

async fn open(stage: &BusHarness, within: Duration) -> Result<(), OutputError> {
    let deadline = Instant::now() + within;
    stage.relay.switch(Side::A, Switch::On { tenths: 7 }, deadline).await
}

#[tokio::test(start_paused = true)]
async fn the_output_of_a_reader_is_on_for_the_time_it_was_told() {
    let stage = start_gate().await;
    assert_eq!((stage.relay.has(Side::A), stage.relay.has(Side::B)), (true, false));
    let asked = Instant::now();
    assert_eq!(open(&stage, Duration::from_secs(1)).await, Ok(()));
    assert!(
        asked.elapsed() < Duration::from_millis(1),
        "it does not wait for its turn"
    );
    let released = stage
        .relay
        .switch(Side::A, Switch::Off, Instant::now() + Duration::from_secs(1));
    assert_eq!(released.await, Ok(()));
    assert_eq!(stage.asked(0).await, format!("{ON}{OFF}"));
    stage.street.readers()[0].output = Output::Refuses;
    assert_eq!(open(&stage, Duration::from_secs(1)).await, Err(OutputError::Refused(9)));
}

#[tokio::test(start_paused = true)]
async fn an_output_is_told_once_though_nobody_answers_and_the_safe_state_follows() {
    let stage = start_gate().await;
    stage.street.readers()[0].habit = ReaderBehaviour::Mumbles(1);
    assert_eq!(open(&stage, Duration::from_secs(1)).await, Err(OutputError::Unanswered));
    assert_eq!(stage.asked(0).await, format!("{ON}challenge; {OFF}"));
}

#[tokio::test(start_paused = true)]
async fn an_output_is_told_nothing_late_and_nothing_waits_for_a_reader() {
    let stage = start_gate().await;
    assert_eq!(open(&stage, Duration::ZERO).await, Err(OutputError::Unanswered));
    assert_eq!(stage.asked(0).await, "");
    // For as long as the order is good the reader has no time: then the frame that opens goes out no more.
    for (habit, then) in [
        (ReaderBehaviour::Busy(u32::MAX), String::new()),
        (ReaderBehaviour::BusyAtOutput, format!("challenge; {OFF}")),
    ] {
        stage.street.readers()[0].habit = habit;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let opened = open(&stage, Duration::from_millis(300)).await;
        assert_eq!(opened, Err(OutputError::Unanswered), "{habit:?}");
        stage.street.readers()[0].habit = ReaderBehaviour::Kind;
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!(stage.asked(0).await, then, "{habit:?}");
    }
    stage.street.readers()[0].habit = ReaderBehaviour::Dead;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(open(&stage, Duration::from_secs(1)).await, Err(OutputError::Absent));
    stage.street.readers()[0].habit = ReaderBehaviour::Kind;
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert!(!stage.asked(0).await.contains(ON));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_every_session_is_said_once_and_not_hammered() {
    let mut stage = start(None, |street| street.readers()[0].habit = ReaderBehaviour::Leaves);
    stage.says("well").await;
    stage.says("reader_unsteady").await;
    stage.asked(0).await;
    stage.says_nothing(Duration::from_secs(60)).await;
    let challenges = stage.asked(0).await.matches("challenge").count();
    assert!((5..=7).contains(&challenges), "every ten seconds: {challenges}");
    stage.street.readers()[0].habit = ReaderBehaviour::Kind;
    stage.says("well").await;
    let card = show(&stage, 0);
    stage.says(&card).await;
}
