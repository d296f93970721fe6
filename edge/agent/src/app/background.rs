//! What goes on while the parts work: time, and the link to the cloud.

use crate::clock::WallClock;
use edge_kernel::Port;
use edge_lan::CloudLink;
use edge_uplink::LinkState;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between two looks at clocks and leases.
const TICK: Duration = Duration::from_millis(250);
/// Lets time pass for the kernel, which tells when the wall clock was set.
pub(super) async fn time(port: Port, clock: Arc<WallClock>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        clock.look_for_ntp();
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
