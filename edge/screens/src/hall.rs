//! Everything behind the branch's live screens: the projector, the voice, the signage, and what pages need of them.

use crate::{
    Link,
    desk::Guesses,
    issue::Issued,
    live::{self, Live, Picture},
    phone::Limits,
    signage::{Media, playlist::Playlist},
    voice::{
        announcer::{Announcer, Voice},
        speaker::Speaker,
        stems::Stems,
    },
};
use edge_kernel::{Committed, Port};
use protocol::{SpotId, id::ScreenId};
use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Calls on their way to the announcer.
const CALLS: usize = 64;

/// See the module.
pub(crate) struct Hall {
    port: Port,
    pub(crate) live: Live,
    pub(crate) voice: Voice,
    pub(crate) media: Media,
    pub(crate) guesses: Guesses,
    pub(crate) limits: Limits,
    playlist: watch::Sender<Arc<Playlist>>,
    /// The last ticket each desk gave out.
    given: Mutex<BTreeMap<SpotId, Issued>>,
    work: Mutex<Option<Work>>,
}

/// What the hall's tasks begin with.
struct Work {
    pictures: watch::Sender<Arc<Picture>>,
    calls: mpsc::Sender<Arc<Committed>>,
    announcer: Announcer,
}

impl Hall {
    /// A hall whose media and stems lie below `state`. Nothing works before [`Hall::work`].
    pub(crate) fn new(port: &Port, link: watch::Receiver<Link>, state: &Path) -> Self {
        let (live, pictures) = Live::new(port.clone(), link);
        let (calls, called) = mpsc::channel(CALLS);
        let stems = Stems::new(state);
        let (voice, announcer) = Voice::new(port.clone(), live.clone(), stems, called);
        let work = Work {
            pictures,
            calls,
            announcer,
        };
        Self {
            port: port.clone(),
            live,
            voice,
            media: Media::new(state),
            guesses: Guesses::default(),
            limits: Limits::default(),
            playlist: watch::Sender::default(),
            given: Mutex::default(),
            work: Mutex::new(Some(work)),
        }
    }

    /// Starts the projector and the announcer, once; they end with `stop`.
    pub(crate) async fn work(&self, speaker: Option<Arc<dyn Speaker>>, stop: &CancellationToken) {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(work) = work else { return };
        self.media.tidy().await;
        self.playlist.send_replace(Arc::new(self.media.playlist().await));
        let project = live::project(self.live.clone(), work.pictures, work.calls, stop.clone());
        tokio::spawn(project);
        tokio::spawn(work.announcer.run(speaker, stop.clone()));
    }

    /// What is shown beside the calls.
    pub(crate) fn playlist(&self) -> watch::Receiver<Arc<Playlist>> {
        self.playlist.subscribe()
    }

    /// Shows something else beside the calls from now on; it is on disk then.
    pub(crate) async fn set_playlist(&self, playlist: Playlist) -> io::Result<()> {
        self.media.set_playlist(&playlist).await?;
        self.playlist.send_replace(Arc::new(playlist));
        self.live.note(|_| ());
        Ok(())
    }

    /// A display was heard.
    pub(crate) fn sees(&self, display: &ScreenId) {
        let up_ms = self.port.clock().up_ms();
        self.live.note(|beside| beside.displays.insert(display.clone(), up_ms));
    }

    /// A display is no longer one of the site's: nobody misses it.
    pub(crate) fn forgets(&self, display: &ScreenId) {
        self.live.note(|beside| beside.displays.remove(display));
    }

    /// A desk gave out a ticket.
    pub(crate) fn gave(&self, window: &SpotId, ticket: Issued) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(window.clone(), ticket);
    }

    /// The last ticket a desk gave out.
    pub(crate) fn given(&self, window: &SpotId) -> Option<Issued> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.get(window).cloned()
    }
}
