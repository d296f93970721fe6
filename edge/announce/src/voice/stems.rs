//! A stem set on disk: `<state>/stems/<tongue>/<word>.wav`, and announcements put together from it.
//!
//! Reads files: call it off the runtime. A set that lacks a word of a sentence says nothing of that sentence.

use super::{
    phrase::{self, SpokenLanguage, Stem},
    wav::{Clip, InvalidClip},
};
use protocol::{Lang, queue::TicketNumber};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Longest file of a clip, bytes: ten seconds of stereo at 48,000.
pub(crate) const CLIP_BYTES: u64 = 2 << 20;
/// Between the chime and the words, and between two languages.
const PAUSE_MS: u32 = 350;

/// A folder of clips.
#[derive(Debug, Clone)]
pub struct Stems {
    folder: PathBuf,
}

/// An announcement that can be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpokenCall {
    pub(crate) clip: Clip,
    /// Languages it is said in; others of the site lacked a word.
    pub(crate) langs: Vec<Lang>,
}

/// Why a clip was not kept.
#[derive(Debug, thiserror::Error)]
pub enum StemError {
    /// No set has such a word.
    #[error("{0:?} is no word of this set")]
    Unknown(String),
    /// It cannot be used.
    #[error("the clip {0} cannot be used")]
    Clip(String, #[source] InvalidClip),
    /// It cannot be kept.
    #[error("the clip {0} cannot be kept")]
    Disk(String, #[source] io::Error),
}

impl Stems {
    pub(crate) fn new(state: &Path) -> Self {
        Self {
            folder: state.join("stems"),
        }
    }

    pub(crate) fn path(&self, tongue: SpokenLanguage, stem: Stem) -> PathBuf {
        self.folder.join(tongue.code()).join(format!("{}.wav", stem.file()))
    }

    /// Words of a tongue that are not there.
    pub(crate) fn missing(&self, tongue: SpokenLanguage) -> Vec<Stem> {
        let stems = tongue.stems().into_iter();
        stems.filter(|stem| !self.path(tongue, *stem).is_file()).collect()
    }

    /// The chime, and the call in each language whose words are all there.
    pub(crate) fn call(&self, langs: &[Lang], ticket: TicketNumber, window: u16) -> SpokenCall {
        let mut sound = SpokenCall {
            clip: self.chime(),
            langs: Vec::new(),
        };
        for lang in langs {
            let tongue = SpokenLanguage::of(*lang);
            if sound.langs.iter().any(|said| SpokenLanguage::of(*said) == tongue) {
                continue;
            }
            match self.sentence(tongue, &phrase::call(tongue, ticket, window)) {
                Some(said) => {
                    sound.clip.push(&Clip::silence(PAUSE_MS));
                    sound.clip.push(&said);
                    sound.langs.push(*lang);
                }
                None => tracing::warn!(tongue = tongue.code(), "a word is missing: the chime sounds without it"),
            }
        }
        sound
    }

    fn chime(&self) -> Clip {
        self.read(&self.folder.join("chime.wav")).unwrap_or_else(Clip::chime)
    }

    fn sentence(&self, tongue: SpokenLanguage, stems: &[Stem]) -> Option<Clip> {
        let mut sentence = Clip::default();
        for stem in stems {
            if *stem == Stem::Window {
                sentence.push(&Clip::silence(PAUSE_MS / 2));
            }
            sentence.push(&self.read(&self.path(tongue, *stem))?);
        }
        Some(sentence)
    }

    fn read(&self, path: &Path) -> Option<Clip> {
        let len = fs::metadata(path).ok()?.len();
        let bytes = (len <= CLIP_BYTES).then(|| fs::read(path).ok())??;
        Clip::parse(&bytes)
            .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "a clip cannot be used"))
            .ok()
    }

    /// Keeps a clip of an installer's set, named `uz/ticket.wav` or `chime.wav`.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), StemError> {
        let path = self
            .named(name)
            .ok_or_else(|| StemError::Unknown(name.chars().take(64).collect()))?;
        Clip::parse(bytes).map_err(|error| StemError::Clip(name.to_owned(), error))?;
        put(&path, bytes).map_err(|error| StemError::Disk(name.to_owned(), error))
    }

    /// Where a clip of this name lies; none for a name no set has, so nobody writes elsewhere.
    fn named(&self, name: &str) -> Option<PathBuf> {
        if name == "chime.wav" {
            return Some(self.folder.join(name));
        }
        let (folder, file) = name.split_once('/')?;
        let tongue = SpokenLanguage::ALL.into_iter().find(|tongue| tongue.code() == folder)?;
        let file = file.strip_suffix(".wav")?;
        let stem = tongue.stems().into_iter().find(|stem| stem.file() == file)?;
        Some(self.path(tongue, stem))
    }
}

/// A reader sees the old clip or the new one, which is on disk once this returns.
pub(super) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        edge_atomic_file::create_folder(folder)?;
    }
    edge_atomic_file::replace(path, bytes)
}
