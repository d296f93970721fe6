//! What goes on while the parts work: time, and the link to the cloud.

use crate::clock::WallClock;
use edge_kernel::{FactEntry, Port};
use edge_lan::CloudLink;
use edge_uplink::LinkState;
use protocol::{Fact, fact::ClockChange};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between two looks at clocks and leases.
const TICK: Duration = Duration::from_millis(250);
/// A wall clock that moved this much against the monotonic one was set.
const JUMP_MS: i64 = 2000;

/// Lets time pass for the kernel, and tells when the wall clock was set.
pub(super) async fn time(port: Port, clock: Arc<WallClock>, stop: CancellationToken) {
    use edge_kernel::EdgeClock as _;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let drift = |clock: &WallClock| clock.now().as_millis() - i64::try_from(clock.up_ms()).unwrap_or(i64::MAX);
    let (mut last, mut state) = (drift(&clock), clock.state());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        clock.look_for_ntp();
        let (now, now_state) = (drift(&clock), clock.state());
        let jump_ms = now - last;
        if jump_ms.abs() > JUMP_MS || now_state != state {
            let changed = Fact::ClockChanged(ClockChange {
                state: now_state,
                jump_ms,
            });
            let _ = port
                .record_later(protocol::Actor::Edge, vec![FactEntry::from(changed)])
                .await;
        }
        (last, state) = (now, now_state);
        if port.tick().await.is_err() {
            return;
        }
    }
}

/// Tells people how the link is.
pub(super) async fn link(mut state: watch::Receiver<LinkState>, shown: watch::Sender<CloudLink>, port: Port) {
    loop {
        let next = match &*state.borrow_and_update() {
            LinkState::Up { .. } => CloudLink::Up,
            LinkState::Starting | LinkState::Down => match &*shown.borrow() {
                CloudLink::Down { since_ms } => CloudLink::Down { since_ms: *since_ms },
                CloudLink::Alone | CloudLink::Up | CloudLink::TurnedAway(_) => CloudLink::Down {
                    since_ms: port.clock().up_ms(),
                },
            },
            LinkState::TurnedAway(why) => CloudLink::TurnedAway(why.to_string()),
        };
        shown.send_replace(next);
        if state.changed().await.is_err() {
            return;
        }
    }
}
