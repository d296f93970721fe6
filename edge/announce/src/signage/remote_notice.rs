//! A text for every display that comes from elsewhere than the box's own pages, gone after its time: over everything and
//! at once, or calm at the foot.
//!
//! An emergency ends only what it began: an emergency that was declared meanwhile stays, and be it in the same words.

use super::{
    emergency::{Emergency, EmergencyNotice},
    site_notice::SiteNotices,
};
use crate::Announcements;
use edge_kernel::{Port, Refusal};
use edge_lan::LanState;
use protocol::lang::Names;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The way to every display of the site.
#[derive(Debug, Clone)]
pub struct Displays {
    emergency: Emergency,
    notices: SiteNotices,
    stop: CancellationToken,
}

impl Displays {
    /// With this emergency and these notices; an emergency ends with `stop` at the latest, though not on disk.
    pub fn new(emergency: Emergency, notices: SiteNotices, stop: CancellationToken) -> Self {
        Self {
            emergency,
            notices,
            stop,
        }
    }

    /// The way to the displays of a LAN port.
    pub fn of(lan: &LanState, stop: CancellationToken) -> Self {
        let announcements = lan.part::<Announcements>();
        Self::new(announcements.emergency().clone(), announcements.notices().clone(), stop)
    }

    /// The way to displays nobody looks at: for whoever wires the edge without its LAN port.
    pub fn unseen(port: Port) -> Self {
        Self::new(
            Emergency::new(port.clone()),
            SiteNotices::new(port),
            CancellationToken::new(),
        )
    }

    /// Shows a text at the foot of every display for `lasts`; on disk before it is shown, and a restart goes on showing it.
    pub async fn note(&self, text: Names, lasts: Duration) -> Result<(), Refusal> {
        self.notices.show(text, lasts).await
    }

    /// Shows a text over everything for `lasts`; on disk when this answers. A restart shows it until somebody ends it.
    pub async fn show(&self, text: Names, lasts: Duration) -> Result<(), Refusal> {
        let notice = EmergencyNotice::Own(text);
        let (mut newer, kept) = self.emergency.show(Some(notice.clone()));
        let (emergency, stop) = (self.emergency.clone(), self.stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = newer.changed() => {}
                () = tokio::time::sleep(lasts) => end(&emergency, &notice).await,
            }
        });
        // It ends after its time also where it could not be kept.
        kept.await
    }
}

async fn end(emergency: &Emergency, notice: &EmergencyNotice) {
    let is_still_shown = emergency.watch().borrow().as_ref() == Some(notice);
    if is_still_shown && let Err(refusal) = emergency.set(None).await {
        tracing::error!(%refusal, "a text on the displays ended and would come back with a restart");
    }
}
