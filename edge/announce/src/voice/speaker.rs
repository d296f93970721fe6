//! Loudspeakers of the box itself: ALSA's `aplay`, where it and a sound card are there.
//!
//! Without either, the hall's displays play announcements instead.

use axum::body::Bytes;
use std::{fs, future::Future, io, path::Path, pin::Pin, process::Stdio, sync::Arc};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// A sound that plays, until it has ended.
pub type Playback = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Something that makes a WAV file heard.
pub trait Speaker: Send + Sync {
    /// Plays it; done once it has ended. Dropped, it stops.
    fn play(&self, wav: Bytes) -> Playback;
}

/// `aplay`, which reads a WAV file from its input and ends when it has sounded.
#[derive(Debug)]
struct Aplay;

impl Speaker for Aplay {
    fn play(&self, wav: Bytes) -> Playback {
        Box::pin(async move {
            let mut aplay = Command::new("aplay")
                .args(["-q", "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()?;
            if let Some(mut input) = aplay.stdin.take() {
                input.write_all(&wav).await?;
            }
            let ended = aplay.wait().await?;
            ended
                .success()
                .then_some(())
                .ok_or_else(|| io::Error::other("aplay failed"))
        })
    }
}

/// The box's own loudspeaker, where it has one. Reads files: call it off the runtime.
pub(crate) fn find() -> Option<Arc<dyn Speaker>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_aplay = std::env::split_paths(&path).any(|folder| folder.join("aplay").is_file());
    // The kernel writes "--- no soundcards ---" where there are none (Documentation/sound/designs/procfile.rst).
    let cards = fs::read_to_string(Path::new("/proc/asound/cards")).unwrap_or_default();
    let has_card = cards
        .lines()
        .any(|line| line.trim_start().starts_with(|first: char| first.is_ascii_digit()));
    (has_aplay && has_card).then(|| Arc::new(Aplay) as Arc<dyn Speaker>)
}
