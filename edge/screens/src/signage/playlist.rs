//! What a hall's display shows beside the calls, and when: images, videos and texts by date, weekday and time of day.
//!
//! A playlist that was parsed names files of the media folder only, by names that lead nowhere else.

use protocol::{
    Lang,
    lang::Names,
    queue::{Clock, Day, Slot, Weekday},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Items in a playlist at most.
const MOST: usize = 100;

/// Name of a file in the media folder: `[a-z0-9._-]`, 1 to 80, with an ending that says what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct FileName(String);

/// What a file is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Image(&'static str),
    Video(&'static str),
}

/// No name of a media file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file is called 1 to 80 of a-z, 0-9, '.', '_' and '-', and ends in .jpg, .png, .webp, .gif, .mp4 or .webm")]
pub(crate) struct NotAFileName;

/// One thing to show, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    /// A file, or a text.
    #[serde(flatten)]
    pub(crate) what: What,
    /// How long an image or text stays, seconds: 3 to 600.
    #[serde(default = "ten")]
    pub(crate) seconds: u16,
    /// From this day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Day>,
    /// Until this day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Day>,
    /// On these days of the week; none named: on all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) weekdays: Vec<Weekday>,
    /// At this time of day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) between: Option<Slot>,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    File(FileName),
    Text(Names),
}

/// What is shown in turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Item>", into = "Vec<Item>")]
pub(crate) struct Playlist(Vec<Item>);

/// Why a list is no playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAPlaylist {
    #[error("it holds more than 100 items")]
    TooMany,
    #[error("an item stays 3 to 600 seconds")]
    Seconds,
    #[error("an item ends before it begins")]
    Days,
}

/// An item as the display's script reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Shown {
    Image { src: String, seconds: u16 },
    Video { src: String },
    Text { text: String, seconds: u16 },
}

fn ten() -> u16 {
    10
}

impl FileName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is, with its media type.
    pub(crate) fn kind(&self) -> Kind {
        kind(&self.0).unwrap_or(Kind::Image("application/octet-stream"))
    }
}

fn kind(name: &str) -> Option<Kind> {
    let (stem, ending) = name.rsplit_once('.')?;
    let kind = match ending {
        "jpg" | "jpeg" => Kind::Image("image/jpeg"),
        "png" => Kind::Image("image/png"),
        "webp" => Kind::Image("image/webp"),
        "gif" => Kind::Image("image/gif"),
        "mp4" => Kind::Video("video/mp4"),
        "webm" => Kind::Video("video/webm"),
        _ => return None,
    };
    (!stem.is_empty() && !stem.starts_with('.')).then_some(kind)
}

impl FromStr for FileName {
    type Err = NotAFileName;
    fn from_str(text: &str) -> Result<Self, NotAFileName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
        let fits = (1..=80).contains(&text.len()) && text.bytes().all(plain) && kind(text).is_some();
        fits.then(|| Self(text.to_owned())).ok_or(NotAFileName)
    }
}

impl TryFrom<String> for FileName {
    type Error = NotAFileName;
    fn try_from(text: String) -> Result<Self, NotAFileName> {
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

impl TryFrom<Vec<Item>> for Playlist {
    type Error = NotAPlaylist;
    fn try_from(items: Vec<Item>) -> Result<Self, NotAPlaylist> {
        if items.len() > MOST {
            return Err(NotAPlaylist::TooMany);
        }
        if !items.iter().all(|item| (3..=600).contains(&item.seconds)) {
            return Err(NotAPlaylist::Seconds);
        }
        let backwards = |item: &Item| item.from.zip(item.until).is_some_and(|(from, until)| until < from);
        if items.iter().any(backwards) {
            return Err(NotAPlaylist::Days);
        }
        Ok(Self(items))
    }
}

impl From<Playlist> for Vec<Item> {
    fn from(playlist: Playlist) -> Self {
        playlist.0
    }
}

impl Playlist {
    pub(crate) fn items(&self) -> &[Item] {
        &self.0
    }

    /// What is shown at a time of a day, in order.
    pub(crate) fn at(&self, day: Day, clock: Clock, lang: Lang) -> Vec<Shown> {
        let now = self.0.iter().filter(|item| item.is_due(day, clock));
        now.map(|item| item.shown(lang)).collect()
    }
}

impl Item {
    fn is_due(&self, day: Day, clock: Clock) -> bool {
        self.from.is_none_or(|from| from <= day)
            && self.until.is_none_or(|until| day <= until)
            && (self.weekdays.is_empty() || self.weekdays.contains(&Weekday::of(day)))
            && self.between.is_none_or(|slot| slot.from <= clock && clock < slot.to)
    }

    fn shown(&self, lang: Lang) -> Shown {
        let seconds = self.seconds;
        match &self.what {
            What::Text(names) => Shown::Text {
                text: names.get(lang).to_owned(),
                seconds,
            },
            What::File(name) => {
                let src = format!("/media/{name}");
                match name.kind() {
                    Kind::Image(_) => Shown::Image { src, seconds },
                    Kind::Video(_) => Shown::Video { src },
                }
            }
        }
    }
}
