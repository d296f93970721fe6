//! What a hall's display shows beside the calls, and when: images, videos and texts by date, weekday and time of day.
//!
//! A playlist that was parsed names files of the media folder only, by names that lead nowhere else.

use protocol::{
    Lang,
    lang::Names,
    queue::{Day, Slot, TimeOfDay, Weekday},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Items in a playlist at most.
const MOST: usize = 100;

/// Name of a file in the media folder: `[a-z0-9._-]`, 1 to 80, with an ending that says what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// What a file is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Image(&'static str),
    Video(&'static str),
}

/// No name of a media file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file is called 1 to 80 of a-z, 0-9, '.', '_' and '-', and ends in .jpg, .png, .webp, .gif, .mp4 or .webm")]
pub struct InvalidFileName;

/// One thing to show, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaylistItem {
    /// A file, or a text.
    #[serde(flatten)]
    pub what: PlaylistSource,
    /// How long an image or text stays, seconds: 3 to 600.
    #[serde(default = "ten")]
    pub seconds: u16,
    /// From this day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Until this day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// On these days of the week; none named: on all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// At this time of day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<Slot>,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaylistSource {
    /// A file of the media folder.
    File(FileName),
    /// A text.
    Text(Names),
}

/// What is shown in turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<PlaylistItem>", into = "Vec<PlaylistItem>")]
pub struct Playlist(Vec<PlaylistItem>);

/// Why a list is no playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlaylist {
    /// Too long.
    #[error("it holds more than 100 items")]
    TooMany,
    /// An image or text that nobody could read, or that stands for ever.
    #[error("an item stays 3 to 600 seconds")]
    Seconds,
    /// Never shown.
    #[error("an item ends before it begins")]
    Days,
}

/// An item as the display's script reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MediaItem {
    /// An image.
    Image {
        /// Its address.
        src: String,
        /// How long it stays.
        seconds: u16,
    },
    /// A video, to its end.
    Video {
        /// Its address.
        src: String,
    },
    /// A text.
    Text {
        /// In the display's language.
        text: String,
        /// How long it stays.
        seconds: u16,
    },
}

fn ten() -> u16 {
    10
}

impl FileName {
    /// As it stands in the folder.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is, with its media type.
    pub(crate) fn kind(&self) -> FileKind {
        kind(&self.0).unwrap_or(FileKind::Image("application/octet-stream"))
    }
}

fn kind(name: &str) -> Option<FileKind> {
    let (stem, ending) = name.rsplit_once('.')?;
    let kind = match ending {
        "jpg" | "jpeg" => FileKind::Image("image/jpeg"),
        "png" => FileKind::Image("image/png"),
        "webp" => FileKind::Image("image/webp"),
        "gif" => FileKind::Image("image/gif"),
        "mp4" => FileKind::Video("video/mp4"),
        "webm" => FileKind::Video("video/webm"),
        _ => return None,
    };
    (!stem.is_empty() && !stem.starts_with('.')).then_some(kind)
}

impl FromStr for FileName {
    type Err = InvalidFileName;
    fn from_str(text: &str) -> Result<Self, InvalidFileName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
        let fits = (1..=80).contains(&text.len()) && text.bytes().all(plain) && kind(text).is_some();
        fits.then(|| Self(text.to_owned())).ok_or(InvalidFileName)
    }
}

impl TryFrom<String> for FileName {
    type Error = InvalidFileName;
    fn try_from(text: String) -> Result<Self, InvalidFileName> {
        text.parse()
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> String {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<Vec<PlaylistItem>> for Playlist {
    type Error = InvalidPlaylist;
    fn try_from(items: Vec<PlaylistItem>) -> Result<Self, InvalidPlaylist> {
        if items.len() > MOST {
            return Err(InvalidPlaylist::TooMany);
        }
        if !items.iter().all(|item| (3..=600).contains(&item.seconds)) {
            return Err(InvalidPlaylist::Seconds);
        }
        let backwards = |item: &PlaylistItem| item.from.zip(item.until).is_some_and(|(from, until)| until < from);
        if items.iter().any(backwards) {
            return Err(InvalidPlaylist::Days);
        }
        Ok(Self(items))
    }
}

impl From<Playlist> for Vec<PlaylistItem> {
    fn from(playlist: Playlist) -> Self {
        playlist.0
    }
}

impl Playlist {
    /// In the order they are shown.
    pub fn items(&self) -> &[PlaylistItem] {
        &self.0
    }

    /// What is shown at a time of a day, in order.
    pub fn at(&self, day: Day, clock: TimeOfDay, lang: Lang) -> Vec<MediaItem> {
        let now = self.0.iter().filter(|item| item.is_due(day, clock));
        now.map(|item| item.shown(lang)).collect()
    }
}

impl PlaylistItem {
    fn is_due(&self, day: Day, clock: TimeOfDay) -> bool {
        self.from.is_none_or(|from| from <= day)
            && self.until.is_none_or(|until| day <= until)
            && (self.weekdays.is_empty() || self.weekdays.contains(&Weekday::of(day)))
            && self.between.is_none_or(|slot| slot.from <= clock && clock < slot.to)
    }

    fn shown(&self, lang: Lang) -> MediaItem {
        let seconds = self.seconds;
        match &self.what {
            PlaylistSource::Text(names) => MediaItem::Text {
                text: names.get(lang).to_owned(),
                seconds,
            },
            PlaylistSource::File(name) => {
                let src = format!("/display/media/{name}");
                match name.kind() {
                    FileKind::Image(_) => MediaItem::Image { src, seconds },
                    FileKind::Video(_) => MediaItem::Video { src },
                }
            }
        }
    }
}
