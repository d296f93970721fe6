//! What a site's displays and loudspeakers say beside what they are for: calls read out in recorded words, signage, and
//! the emergency text that goes over everything.
//!
//! Two announcements never sound at once. The calls are never covered, except by an emergency; an emergency outlives a
//! power cut.

mod announcements;
mod settings;
mod signage;
mod voice;
mod words;

pub use announcements::Announcements;
pub use signage::{
    Displays, Emergency, Media, SiteNotice, SiteNotices,
    emergency::{EmergencyNotice, NoticeText},
    playlist::{FileName, InvalidFileName, InvalidPlaylist, MediaItem, Playlist, PlaylistItem, PlaylistSource},
};
pub use voice::{
    announcer::{CallAnnouncement, CallRules, PlaybackEnd, PlaybackReport, Repeat, Sound, Voice, VoiceState},
    speaker::{Playback, Speaker},
    stems::{StemError, Stems},
    wav::{Clip, InvalidClip},
};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::{get, put},
};
use edge_lan::{Area, LanRoutes, LanState, Problem, RouteAccess};

/// What it brings to the LAN port.
pub const AREA: Area = Area {
    name: "announce",
    settings: &[settings::signage::TAB, settings::voice::TAB],
    routes,
    start: |lan, stop| Box::pin(announcements::start(lan, stop)),
    ..Area::EMPTY
};

/// Files of the media folder stay with a display for an hour: a loop of videos would fill the LAN otherwise.
const MEDIA_CACHING: HeaderValue = HeaderValue::from_static("private, max-age=3600");

fn routes(lan: &LanState) -> LanRoutes {
    use RouteAccess::{Admin, AnyScreen};
    LanRoutes::new(lan)
        .route("/display/voice/{file}", AnyScreen, get(sound))
        .route("/display/media/{file}", AnyScreen, get(media))
        .route(
            settings::signage::TAB.address,
            Admin,
            get(settings::signage::page).post(settings::signage::act),
        )
        .route("/admin/signage/files/{name}", Admin, put(settings::signage::put))
        .route(
            settings::voice::TAB.address,
            Admin,
            get(settings::voice::page).post(settings::voice::fill),
        )
        .route("/admin/voice/{tongue}/{name}", Admin, put(settings::voice::put))
        .with_state(lan.clone())
}

async fn sound(State(lan): State<LanState>, Path(file): Path<String>) -> Result<Response, Problem> {
    let id = file.strip_suffix(".wav").and_then(|id| id.parse().ok());
    let sound = id.and_then(|id| lan.part::<Announcements>().voice().sound(id));
    let sound = sound.ok_or_else(|| Problem::not_found("There is no such announcement, or no longer."))?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], sound).into_response())
}

async fn media(State(lan): State<LanState>, Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let missing = |_| Problem::not_found("There is no such file on this box.");
    let name: FileName = file.parse().map_err(missing)?;
    let mut response = lan.part::<Announcements>().media().serve(&name, &headers).await?;
    response.headers_mut().insert(header::CACHE_CONTROL, MEDIA_CACHING);
    Ok(response)
}

#[cfg(test)]
mod tests;
