//! The projector: the one task that looks at the site after each commit that screens care about, and paints a picture.
//!
//! However many events come at once, it looks once for all of them; what it missed is in the next look.

use super::{Live, Picture, beside::Trouble, lock, survey};
use crate::holder;
use edge_kernel::{Committed, queue::Moment};
use protocol::{Fact, id::TicketId};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc, watch},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// Things change with time alone, too: a call has been shown long enough, a display says nothing any more.
const EVERY: Duration = Duration::from_secs(5);

/// Works until `stop`. Calls go to the announcer.
pub(crate) async fn project(
    live: Live,
    pictures: watch::Sender<Arc<Picture>>,
    calls: mpsc::Sender<Arc<Committed>>,
    stop: CancellationToken,
) {
    let mut events = live.port.live();
    let mut link = live.link.clone();
    let mut notices = live.emergency.watch();
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    live.emergency.recover().await;
    loop {
        if let Some(picture) = painted(&live).await {
            pictures.send_replace(Arc::new(picture));
        }
        loop {
            let concerns = tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => true,
                () = live.again.notified() => true,
                changed = notices.changed() => changed.is_ok(),
                // The link's teller may be gone; its last word stands.
                Ok(()) = link.changed() => true,
                event = events.recv() => match event {
                    Ok(event) => heard(&live, &calls, &event),
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
            heard(&live, &calls, &event);
        }
    }
}

/// Notes what an event says beside the queue; whether any screen shows it.
fn heard(live: &Live, calls: &mpsc::Sender<Arc<Committed>>, event: &Arc<Committed>) -> bool {
    let fact = &event.event.fact;
    if let Fact::QueueCalled(_) | Fact::QueueRecalled(_) = fact {
        // A hall in which 64 calls wait to be said has other worries.
        let _ = calls.try_send(Arc::clone(event));
    } else if let Fact::HelpAsked(asked) = fact {
        lock(&live.beside).help_asked(asked.screen.clone(), asked.lang, event.event.at);
    } else if let Fact::PrinterChanged(state) = fact {
        lock(&live.beside).printers.insert(state.device.clone(), state.clone());
    }
    let name = fact.name();
    ["queue.", "print", "device.o", "policy.", "site.clock"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Everything screens show, as it is now; none where the box stops.
pub(super) async fn painted(live: &Live) -> Option<Picture> {
    let watched = live.watched();
    let clock = live.port.clock();
    let moment = Moment {
        at: clock.now(),
        clock: clock.state(),
        offset_seconds: clock.offset_seconds(),
    };
    let look = live.port.survey(move |site| survey::look(site, moment, &watched));
    let mut picture = look.await.ok()?;
    name_holders(live, &mut picture).await;
    let mut beside = lock(&live.beside);
    beside.forget_old(moment.at);
    picture.help = beside.help.iter().cloned().collect();
    let troubles = beside.printers.iter();
    picture.printers = troubles
        .filter_map(|(device, state)| Some((device.clone(), Trouble::of(state)?)))
        .collect();
    picture.dark = beside.dark(clock.up_ms());
    picture.say = beside.say.clone();
    picture.mute = beside.mute.clone();
    drop(beside);
    picture.link = live.link.borrow().clone();
    picture.notice = live.emergency.watch().borrow().clone();
    Some(picture)
}

/// Names of those at windows, where they gave one: looked up once for each.
async fn name_holders(live: &Live, picture: &mut Picture) {
    let here = picture.seats.values().filter_map(|seat| Some(seat.ticket.as_ref()?.id));
    let here: Vec<TicketId> = here.collect();
    let unknown = {
        let mut beside = lock(&live.beside);
        beside.holders.retain(|ticket, _| here.contains(ticket));
        here.iter().any(|ticket| !beside.holders.contains_key(ticket))
    };
    if unknown && let Ok(kept) = holder::all(&live.port).await {
        let mut beside = lock(&live.beside);
        for ticket in here {
            let said = kept.iter().find(|(found, _)| *found == ticket);
            beside
                .holders
                .insert(ticket, said.and_then(|(_, holder)| holder.name.clone()));
        }
    }
    let beside = lock(&live.beside);
    for seat in picture.seats.values_mut() {
        let ticket = seat.ticket.as_ref().map(|ticket| ticket.id);
        seat.holder = ticket.and_then(|ticket| beside.holders.get(&ticket).cloned().flatten());
    }
}
