//! Everything that is said and shown beside the calls, once per LAN port: what other areas and pages hold of it.

use crate::{
    Emergency, Media, Playlist, SiteNotices, Speaker, Stems, Voice,
    voice::{announcer::Announcer, speaker},
};
use edge_lan::{LanPart, LanState};
use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// See the module.
pub struct Announcements {
    voice: Voice,
    media: Media,
    emergency: Emergency,
    notices: SiteNotices,
    playlist: watch::Sender<Arc<Playlist>>,
    /// Until it is begun.
    announcer: Mutex<Option<Announcer>>,
}

impl LanPart for Announcements {
    /// Media and recorded words lie below the edge's folder. Nothing works before [`Announcements::begin`].
    fn new(lan: &LanState) -> Self {
        let emergency = Emergency::new(lan.port().clone());
        let (voice, announcer) = Voice::new(lan.port().clone(), emergency.clone(), Stems::new(lan.folder()));
        Self {
            voice,
            media: Media::new(lan.folder()),
            emergency,
            notices: SiteNotices::new(lan.port().clone()),
            playlist: watch::Sender::default(),
            announcer: Mutex::new(Some(announcer)),
        }
    }
}

/// Begins it with the box's own loudspeaker, where it has one.
pub(crate) async fn start(lan: &LanState, stop: &CancellationToken) {
    let speaker = tokio::task::spawn_blocking(speaker::find).await;
    lan.part::<Announcements>().begin(speaker.ok().flatten(), stop).await;
}

impl Announcements {
    /// Reads what is kept and starts the announcer, once; it ends with `stop`.
    pub async fn begin(&self, speaker: Option<Arc<dyn Speaker>>, stop: &CancellationToken) {
        let announcer = self.announcer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(announcer) = announcer else { return };
        self.media.tidy().await;
        self.playlist.send_replace(Arc::new(self.media.playlist().await));
        self.emergency.recover().await;
        self.notices.recover().await;
        tokio::spawn(announcer.run(speaker, stop.clone()));
    }

    /// What says calls aloud.
    pub fn voice(&self) -> &Voice {
        &self.voice
    }

    /// The media folder.
    pub fn media(&self) -> &Media {
        &self.media
    }

    /// The text that goes over everything.
    pub fn emergency(&self) -> &Emergency {
        &self.emergency
    }

    /// The text at the foot of every display.
    pub fn notices(&self) -> &SiteNotices {
        &self.notices
    }

    /// What is shown beside the calls.
    pub fn playlist(&self) -> watch::Receiver<Arc<Playlist>> {
        self.playlist.subscribe()
    }

    /// Shows something else beside the calls from now on; it is on disk then.
    pub async fn set_playlist(&self, playlist: Playlist) -> io::Result<()> {
        self.media.set_playlist(&playlist).await?;
        self.playlist.send_replace(Arc::new(playlist));
        Ok(())
    }
}

impl fmt::Debug for Announcements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcements").finish_non_exhaustive()
    }
}
