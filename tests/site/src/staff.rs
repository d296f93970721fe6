//! People at the doors, and somebody who presses "Open door" all the time.
//!
//! They do not notice what happens to edge and cloud: a question nobody answers is asked no more.

use crate::{admin::Admin, commands};
use protocol::fact::KeyKind;
use std::{sync::Arc, time::Duration};
use tests_world::{
    hikvision::{Config, Quirks, Terminal},
    rng::Rng,
};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

/// How many doors each terminal of a busy scenario has: each order gets one of its own for a while.
pub const DOORS: u16 = 64;

/// Shows keys at random terminals, about `pace` apart, until told to stop.
pub fn badge(terminals: Vec<Arc<Terminal>>, pace: Duration, mut rng: Rng, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        while rest(pace, &mut rng, &stop).await {
            let Some(terminal) = rng.pick(&terminals).cloned() else {
                return;
            };
            match rng.below(8) {
                0 => terminal.deny(),
                1 => terminal.door_opened_by_hand(1),
                _ => {
                    let keys = [KeyKind::Card, KeyKind::Face, KeyKind::Fingerprint, KeyKind::Pin];
                    let key = rng.pick(&keys).copied().unwrap_or(KeyKind::Card);
                    terminal.badge(&(1000 + rng.below(500)).to_string(), key)
                }
            };
        }
    })
}

/// Asks for one door after the other, each order good for 1 to 3 seconds, until told to stop. Gives how many were taken.
pub fn press(
    admin: Arc<Admin>,
    devices: Vec<String>,
    pace: Duration,
    mut rng: Rng,
    stop: CancellationToken,
) -> JoinHandle<u64> {
    tokio::spawn(async move {
        let (mut asked, mut taken) = (0, 0);
        while rest(pace, &mut rng, &stop).await {
            let door = asked % u64::from(DOORS) + 1;
            asked += 1;
            let Some(named) = rng.pick(&devices) else { break };
            let answer = commands::open_door(&admin, named, door, 1 + rng.below(3)).await;
            taken += u64::from(answer.is_ok_and(|answer| answer.status.is_success()));
        }
        taken
    })
}

/// Half of `pace` to one and a half; false where it is time to stop.
async fn rest(pace: Duration, rng: &mut Rng, stop: &CancellationToken) -> bool {
    let micros = u64::try_from(pace.as_micros()).unwrap_or(u64::MAX);
    tokio::select! {
        () = stop.cancelled() => false,
        () = sleep(Duration::from_micros(micros / 2 + rng.below(micros))) => true,
    }
}

/// A terminal with many doors and everything else as nasty as usual; its serial number ends in `number`.
pub fn terminal(number: u8, rng: &mut Rng) -> Config {
    Config {
        serial_number: format!("DS-K1T342MWX20250622V031600ENAB1234{number:03}"),
        doors: DOORS,
        seed: rng.throw(),
        unlock_time: Duration::from_secs(1),
        quirks: Quirks {
            slot_linger: Duration::from_millis(100),
            ..Quirks::default()
        },
        ..Config::default()
    }
}
