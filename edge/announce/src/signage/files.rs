//! Media files: read by displays in ranges, written whole by an installer.
//!
//! Nothing outside the media folder is read or written, and a half-written file is never shown.

use super::playlist::{FileKind, FileName, Playlist};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use edge_atomic_file::{Replacement, UNFINISHED};
use edge_lan::Problem;
use futures_util::StreamExt as _;
use std::{
    io::{self, SeekFrom},
    path::{Path, PathBuf},
};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
};

/// Longest file taken, bytes: a few minutes of video.
pub(crate) const FILE_BYTES: u64 = 512 << 20;
/// All files together, bytes: the branch's journal lies on the same disk, and a loop of videos must not stop the queue.
pub(crate) const ALL_BYTES: u64 = 4 << 30;
/// Bytes read at a time.
const PIECE: usize = 64 << 10;
/// Name of the playlist's file.
const INDEX: &str = "index.json";

/// The media folder, `<state>/media`.
#[derive(Debug, Clone)]
pub struct Media {
    folder: PathBuf,
}

impl Media {
    pub(crate) fn new(state: &Path) -> Self {
        Self {
            folder: state.join("media"),
        }
    }

    /// The playlist on disk; an empty one where there is none, or none that can be read.
    pub(crate) async fn playlist(&self) -> Playlist {
        match fs::read(self.folder.join(INDEX)).await {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, "the playlist cannot be read: nothing is shown beside the calls");
                Playlist::default()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Playlist::default(),
            Err(error) => {
                tracing::warn!(%error, "the playlist cannot be read: nothing is shown beside the calls");
                Playlist::default()
            }
        }
    }

    /// Takes away what an upload left behind that was cut off with its connection, or with the power.
    pub(crate) async fn tidy(&self) {
        let Ok(mut entries) = fs::read_dir(&self.folder).await else {
            return;
        };
        while let Ok(Some(entry)) = entries.next_entry().await {
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|ending| ending == UNFINISHED || ending == "part")
                && let Err(error) = fs::remove_file(&path).await
            {
                tracing::warn!(%error, "half a media file cannot be taken away");
            }
        }
    }

    /// Puts a playlist in force; it is on disk then.
    pub(crate) async fn set_playlist(&self, playlist: &Playlist) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(playlist)?;
        let folder = self.folder.clone();
        off_the_runtime(move || {
            edge_atomic_file::create_folder(&folder)?;
            edge_atomic_file::replace(&folder.join(INDEX), &text)
        })
        .await
    }

    /// Names of the files that are there, in order.
    pub(crate) async fn names(&self) -> Vec<FileName> {
        let mut names = Vec::new();
        if let Ok(mut entries) = fs::read_dir(&self.folder).await {
            while let Ok(Some(entry)) = entries.next_entry().await {
                names.extend(
                    entry
                        .file_name()
                        .to_str()
                        .and_then(|name| name.parse::<FileName>().ok()),
                );
            }
        }
        names.sort();
        names
    }

    /// Keeps a file that arrives; nobody sees it before it is whole.
    pub async fn keep(&self, name: &FileName, body: Body) -> Result<(), Problem> {
        let room = ALL_BYTES.saturating_sub(self.bytes().await);
        let begun = self.begin(name).await.map_err(|error| not_kept(&error))?;
        let (replacement, mut file) = begun;
        let mut pieces = body.into_data_stream();
        let mut len = 0_u64;
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Problem::of_body(StatusCode::BAD_REQUEST));
            len += piece.as_ref().map_or(0, |piece| piece.len() as u64);
            match piece {
                Ok(_) if len > room => return Err(no_room()),
                Ok(_) if len > FILE_BYTES => return Err(Problem::of_body(StatusCode::PAYLOAD_TOO_LARGE)),
                Ok(piece) => file.write_all(&piece).await.map_err(|error| not_kept(&error))?,
                Err(problem) => return Err(problem),
            }
        }
        file.flush().await.map_err(|error| not_kept(&error))?;
        let committed = off_the_runtime(move || replacement.commit()).await;
        committed.map_err(|error| not_kept(&error))
    }

    /// How many bytes all files have together.
    async fn bytes(&self) -> u64 {
        let mut bytes = 0_u64;
        if let Ok(mut entries) = fs::read_dir(&self.folder).await {
            while let Ok(Some(entry)) = entries.next_entry().await {
                bytes = bytes.saturating_add(entry.metadata().await.map_or(0, |file| file.len()));
            }
        }
        bytes
    }

    /// Takes a file away; one that is not there is no error.
    pub(crate) async fn remove(&self, name: &FileName) -> Result<(), Problem> {
        let path = self.folder.join(name.as_str());
        let removed = off_the_runtime(move || edge_atomic_file::remove(&path)).await;
        removed.map_err(|error| not_kept(&error))
    }

    async fn begin(&self, name: &FileName) -> io::Result<(Replacement, File)> {
        let (folder, path) = (self.folder.clone(), self.folder.join(name.as_str()));
        off_the_runtime(move || {
            edge_atomic_file::create_folder(&folder)?;
            let replacement = Replacement::begin(&path)?;
            let writer = replacement.writer()?;
            Ok((replacement, File::from_std(writer)))
        })
        .await
    }

    /// A file, or the part of it that was asked for (RFC 9110 §14): old TVs play no video otherwise.
    pub(crate) async fn serve(&self, name: &FileName, headers: &HeaderMap) -> Result<Response, Problem> {
        let missing = |_| Problem::not_found("There is no such file on this box.");
        let mut file = File::open(self.folder.join(name.as_str())).await.map_err(missing)?;
        let len = file.metadata().await.map_err(missing)?.len();
        let kind = match name.kind() {
            FileKind::Image(kind) | FileKind::Video(kind) => kind,
        };
        let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        let (status, from, to) = match asked.and_then(|range| range.strip_prefix("bytes=")) {
            None => (StatusCode::OK, 0, len),
            Some(range) => match part(range, len) {
                Some((from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
                None => return Err(out_of_range(len)),
            },
        };
        file.seek(SeekFrom::Start(from)).await.map_err(missing)?;
        let mut response = (status, [(header::CONTENT_TYPE, kind)], pieces(file, to - from)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CONTENT_LENGTH, (to - from).into());
        if status == StatusCode::PARTIAL_CONTENT
            && let Ok(range) = HeaderValue::from_str(&format!("bytes {from}-{}/{len}", to.saturating_sub(1)))
        {
            headers.insert(header::CONTENT_RANGE, range);
        }
        Ok(response)
    }
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(io::Error::other("the work ended early")))
}

/// From, and to (exclusive), of the first range asked for.
pub(crate) fn part(range: &str, len: u64) -> Option<(u64, u64)> {
    let (from, to) = range.split(',').next()?.trim().split_once('-')?;
    let (from, to) = match (from, to) {
        ("", last) => (len.saturating_sub(last.parse().ok()?), len),
        (from, "") => (from.parse().ok()?, len),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.saturating_add(1).min(len)),
    };
    (from < to).then_some((from, to))
}

fn pieces(file: File, len: u64) -> Body {
    let pieces = futures_util::stream::unfold((file, len), |(mut file, left)| async move {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        if want == 0 {
            return None;
        }
        let mut piece = vec![0; want];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(got) => {
                piece.truncate(got);
                Some((Ok(Bytes::from(piece)), (file, left.saturating_sub(got as u64))))
            }
            Err(error) => Some((Err(error), (file, 0))),
        }
    });
    Body::from_stream(pieces)
}

fn out_of_range(len: u64) -> Problem {
    let detail = format!("The file has {len} bytes.");
    Problem::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "urn:ostona:no-such-part",
        "No such part",
        detail,
    )
}

fn not_kept(error: &io::Error) -> Problem {
    tracing::warn!(%error, "a media file cannot be kept");
    no_room()
}

fn no_room() -> Problem {
    Problem::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "urn:ostona:not-kept",
        "Not kept",
        "The file could not be written. Free some space and send it again.",
    )
}
