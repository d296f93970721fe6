//! The projector: the one task that looks at the site after each commit that screens care about, and paints a picture.
//!
//! However many events come at once, it looks once for all of them; what it missed is in the next look.

use super::{BranchSnapshot, LiveFeed, lock, side_state::PrinterTrouble, view};
use crate::holder;
use edge_announce::{CallAnnouncement, CallRules};
use edge_kernel::CommittedEvent;
use edge_queue::{Moment, Queue};
use protocol::{Fact, id::TicketId};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// Things change with time alone, too: a call has been shown long enough, a display says nothing any more.
const EVERY: Duration = Duration::from_secs(5);

/// Works until `stop`. Calls go to the announcer.
pub(crate) async fn project(live: LiveFeed, pictures: watch::Sender<Arc<BranchSnapshot>>, stop: CancellationToken) {
    let mut events = live.port.live(is_shown);
    let mut link = live.link.clone();
    let mut emergency = live.announcements.emergency().watch();
    let mut notices = live.announcements.notices().watch();
    let mut voice = live.announcements.voice().state();
    let mut playlist = live.announcements.playlist();
    let mut revoked = live.revoked.clone();
    // The voice asks with each call whether it is to be said.
    let rules: Arc<dyn CallRules> = Arc::new(live.clone());
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if let Some(picture) = take_snapshot(&live).await {
            pictures.send_replace(Arc::new(picture));
        }
        loop {
            let concerns = tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => true,
                () = live.again.notified() => true,
                Ok(()) = emergency.changed() => true,
                Ok(()) = notices.changed() => true,
                Ok(()) = voice.changed() => true,
                Ok(()) = playlist.changed() => true,
                Ok(()) = revoked.changed() => true,
                // The link's teller may be gone; its last word stands.
                Ok(()) = link.changed() => true,
                event = events.recv() => match event {
                    Ok(event) => {
                        note(&live, &rules, &event);
                        true
                    }
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return,
                },
            };
            if concerns {
                break;
            }
        }
        // What came meanwhile is in the same look.
        while let Ok(event) = events.try_recv() {
            note(&live, &rules, &event);
        }
    }
}

/// Whether any screen shows it.
fn is_shown(fact: &Fact) -> bool {
    let name = fact.name();
    ["queue.", "print", "device.o", "policy.", "site.clock"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Notes what an event says beside the queue.
fn note(live: &LiveFeed, rules: &Arc<dyn CallRules>, event: &CommittedEvent) {
    let fact = &event.event.fact;
    if let Fact::QueueCalled(called) | Fact::QueueRecalled(called) = fact {
        let call = CallAnnouncement {
            ticket: called.ticket,
            number: called.number,
            window: called.window_number,
        };
        live.announcements.voice().say(call, Arc::clone(rules));
    } else if let Fact::HelpAsked(asked) = fact {
        lock(&live.side_state).help_asked(asked.screen.clone(), asked.lang, event.event.at);
    } else if let Fact::PrinterChanged(state) = fact {
        lock(&live.side_state)
            .printers
            .insert(state.device.clone(), state.clone());
    }
}

/// Everything screens show, as it is now; none where the box stops.
pub(super) async fn take_snapshot(live: &LiveFeed) -> Option<BranchSnapshot> {
    let watched = live.watched();
    let clock = live.port.clock();
    let moment = Moment {
        at: clock.now(),
        clock: clock.state(),
        offset_seconds: clock.offset_seconds(),
    };
    let queue = live.port.read::<Queue>().await.ok()?;
    let mut picture = view::view(&queue, moment, &watched);
    name_holders(live, &mut picture).await;
    let mut side_state = lock(&live.side_state);
    side_state.forget_old(moment.at);
    side_state.forget_revoked();
    picture.help = side_state.help.iter().cloned().collect();
    let troubles = side_state.printers.iter();
    picture.printers = troubles
        .filter_map(|(device, state)| Some((device.clone(), PrinterTrouble::of(state)?)))
        .collect();
    picture.dark = side_state.silent_displays(clock.up_ms());
    drop(side_state);
    picture.link = live.link.borrow().clone();
    picture.emergency = live.announcements.emergency().watch().borrow().clone();
    let notice = live.announcements.notices().watch().borrow().clone();
    picture.notice = notice.and_then(|notice| notice.texts_at(moment.at));
    picture.voice = live.announcements.voice().state().borrow().clone();
    Some(picture)
}

/// Names of those at windows, where they gave one: looked up once for each.
async fn name_holders(live: &LiveFeed, picture: &mut BranchSnapshot) {
    let here = picture
        .windows
        .values()
        .filter_map(|seat| Some(seat.ticket.as_ref()?.id));
    let here: Vec<TicketId> = here.collect();
    let unknown = {
        let mut side_state = lock(&live.side_state);
        side_state.holders.retain(|ticket, _| here.contains(ticket));
        here.iter().any(|ticket| !side_state.holders.contains_key(ticket))
    };
    if unknown && let Ok(kept) = holder::all(&live.port).await {
        let mut side_state = lock(&live.side_state);
        for ticket in here {
            let said = kept.iter().find(|(found, _)| *found == ticket);
            side_state
                .holders
                .insert(ticket, said.and_then(|(_, holder)| holder.name.clone()));
        }
    }
    let side_state = lock(&live.side_state);
    for seat in picture.windows.values_mut() {
        let ticket = seat.ticket.as_ref().map(|ticket| ticket.id);
        seat.holder = ticket.and_then(|ticket| side_state.holders.get(&ticket).cloned().flatten());
    }
}
