//! The gate and its board on their own, with the clock paused: what opens, for how long, and what is refused.

use super::{
    board::Board,
    config::{Answers, Config, Mode, Pulses, Stranger},
    frame::{self, Front},
    gate::{Fire, PassageResult, Side},
};
use std::time::Duration;
use tokio::time::{Instant, advance};

/// Function 05, coil 0, for 0.7 s by itself (facts/devices.md §3.2).
const FLASH: [u8; 5] = [5, 0x02, 0x00, 0x00, 0x07];
const ON: [u8; 5] = [5, 0, 0, 0xFF, 0];
const OFF: [u8; 5] = [5, 0, 0, 0, 0];
const LOOK: [u8; 5] = [2, 0, 0, 0, 6];

fn hear(board: &mut Board, pdu: &[u8]) -> Option<Vec<u8>> {
    board.hear(1, pdu, Instant::now())
}

async fn after(millis: u64) -> Instant {
    advance(Duration::from_millis(millis)).await;
    Instant::now()
}

#[tokio::test(start_paused = true)]
async fn a_pulse_of_its_own_ends_by_itself_and_the_gate_waits() {
    let mut board = Board::new(Config::default());
    assert_eq!(hear(&mut board, &FLASH).as_deref(), Some(&FLASH[..]));
    assert_eq!(
        board.walk(Side::A, Instant::now()),
        PassageResult::Blocked,
        "a pulse takes 100 ms to be one"
    );
    assert_eq!(board.walk(Side::A, after(150).await), PassageResult::Passed);
    assert_eq!(
        hear(&mut board, &LOOK),
        Some(vec![2, 1, 0b11_0110]),
        "PASS A is open, the detector closed"
    );
    assert_eq!(
        board.walk(Side::A, after(400).await),
        PassageResult::Blocked,
        "one grant, one passage"
    );
    after(300).await;
    assert_eq!(hear(&mut board, &LOOK), Some(vec![2, 1, 0b10_0111]), "everything rests");
    assert_eq!(board.pulses[0].lasted, Some(Duration::from_millis(700)));
    assert_eq!(board.gate.openings.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pulse_too_short_is_none() {
    let mut board = Board::new(Config::default());
    hear(&mut board, &ON);
    after(50).await;
    hear(&mut board, &OFF);
    assert!(!board.is_free(Side::A, after(100).await));
    assert_eq!((board.gate.openings.len(), board.pulses.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_held_relay_holds_the_gate() {
    let config = Config {
        mode: Mode::Potential,
        ..Config::default()
    };
    let mut board = Board::new(config);
    hear(&mut board, &ON);
    assert!(board.is_free(Side::A, after(20_000).await));
    assert_eq!(board.walk(Side::A, Instant::now()), PassageResult::Passed);
    assert_eq!(
        board.walk(Side::A, Instant::now()),
        PassageResult::Passed,
        "as many as like"
    );
    hear(&mut board, &OFF);
    assert_eq!(board.walk(Side::A, Instant::now()), PassageResult::Blocked);
    assert_eq!(board.gate.openings.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn in_a_fire_it_is_free_and_heeds_nobody() {
    let mut board = Board::new(Config::default());
    board.set_fire(Fire::Burns, Instant::now());
    hear(&mut board, &FLASH);
    assert_eq!(board.walk(Side::B, after(200).await), PassageResult::Passed);
    assert_eq!(board.gate.openings.len(), 0);
    assert_eq!(
        hear(&mut board, &LOOK),
        Some(vec![2, 1, 0b01_0001]),
        "PASS B, READY and fire are open"
    );
    board.set_fire(Fire::Rests, Instant::now());
    assert!(!board.is_free(Side::B, Instant::now()));
}

#[tokio::test(start_paused = true)]
async fn power_loss_in_the_middle_of_a_pulse_locks_it() {
    let mut board = Board::new(Config::default());
    hear(&mut board, &FLASH);
    let now = after(200).await;
    assert!(board.is_free(Side::A, now));
    board.lose_power(now);
    assert!(!board.is_free(Side::A, now));
    assert_eq!(board.pulses[0].lasted, Some(Duration::from_millis(200)));
}

#[tokio::test(start_paused = true)]
async fn what_it_does_not_understand_it_refuses() {
    let mut board = Board::new(Config {
        pulses: Pulses::None,
        ..Config::default()
    });
    assert_eq!(hear(&mut board, &FLASH), Some(vec![0x85, 2]));
    assert_eq!(hear(&mut board, &[5, 0, 0, 0x12, 0]), Some(vec![0x85, 3]));
    assert_eq!(hear(&mut board, &[2, 0, 5, 0, 9]), Some(vec![0x82, 2]));
    assert_eq!(hear(&mut board, &[1, 0, 0, 0, 0]), Some(vec![0x81, 3]));
    assert_eq!(hear(&mut board, &[3, 0, 0, 0, 1]), Some(vec![0x83, 1]));
    assert_eq!(hear(&mut board, &[5]), Some(vec![0x85, 3]));
    assert_eq!(board.hear(2, &ON, Instant::now()), None, "another unit");
    let mut behind = Board::new(Config {
        stranger: Stranger::Converter,
        ..Config::default()
    });
    assert_eq!(behind.hear(2, &ON, Instant::now()), Some(vec![0x85, 11]));
    assert!(board.pulses.is_empty() && behind.pulses.is_empty());
}

#[tokio::test(start_paused = true)]
async fn answers_get_lost_and_commands_do_not() {
    let mut board = Board::new(Config::default());
    board
        .next_writes
        .extend([Answers::Lost, Answers::Deaf, Answers::Exception(4)]);
    assert_eq!(hear(&mut board, &LOOK), Some(vec![2, 1, 0b10_0111]), "only writes");
    assert_eq!(hear(&mut board, &ON), None);
    assert_eq!(hear(&mut board, &OFF), None);
    assert_eq!(hear(&mut board, &OFF), Some(vec![0x85, 4]));
    assert_eq!(
        hear(&mut board, &[1, 0, 0, 0, 2]),
        Some(vec![1, 1, 1]),
        "it is still on"
    );
    hear(&mut board, &[15, 0, 0, 0, 2, 1, 0b10]);
    assert_eq!(hear(&mut board, &[1, 0, 0, 0, 2]), Some(vec![1, 1, 2]));
}

#[test]
fn frames_of_both_kinds() {
    let mut bytes = vec![0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0];
    assert_eq!(frame::rtu(1, &FLASH), bytes, "the recorded one");
    let Front::Whole(request) = frame::take_rtu(&mut bytes) else {
        panic!("a whole frame")
    };
    assert_eq!((request.unit, &request.pdu[..]), (1, &FLASH[..]));
    assert!(bytes.is_empty());
    let mut spoilt = vec![0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB1];
    assert_eq!(frame::take_rtu(&mut spoilt), Front::Else);
    let mut tcp = vec![0, 9, 0, 0, 0, 6, 1, 2, 0, 0, 0, 6];
    assert_eq!(frame::take_tcp(&mut tcp[..7].to_vec()), Front::Part);
    let Front::Whole(request) = frame::take_tcp(&mut tcp) else {
        panic!("a whole frame")
    };
    assert_eq!(frame::tcp(&request, &[2, 1, 63]), [0, 9, 0, 0, 0, 4, 1, 2, 1, 63]);
}

#[test]
fn fuzz_frames_never_break_it() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
        for take in [frame::take_tcp, frame::take_rtu] {
            let mut buffer = bytes.clone();
            while let Front::Whole(request) = take(&mut buffer) {
                assert!(request.pdu.len() <= bytes.len());
            }
        }
    });
}
