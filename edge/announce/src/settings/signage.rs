//! What the hall's displays show beside the calls, the notice below them, and the emergency text over everything.

use crate::{Announcements, EmergencyNotice, FileName, NoticeText, Playlist, PlaylistItem, PlaylistSource, words};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use edge_lan::{
    LanState, LocalAdmin, Problem, SettingsTab, audit,
    frame::{self, PageNote},
    local_time::WEEKDAYS,
    record_audit,
    request::FormFields,
    upload,
};
use maud::{Markup, html};
use protocol::{
    Lang,
    lang::Names,
    queue::{Slot, TimeOfDay, Weekday},
};
use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

/// How long a notice may stand, minutes: a day at most.
const MINUTES: RangeInclusive<u64> = 1..=24 * 60;

/// The tab of this page.
pub(crate) const TAB: SettingsTab = SettingsTab {
    position: 80,
    address: "/admin/signage",
    title: words::tab_signage,
};

pub(crate) async fn page(State(lan): State<LanState>, admin: LocalAdmin) -> Response {
    show(&lan, &admin, PageNote::None).await
}

pub(crate) async fn act(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    let announcements = lan.part::<Announcements>();
    let emergency = announcements.emergency();
    match fields.text("act") {
        "evacuate" => emergency.set(Some(EmergencyNotice::Evacuate)).await?,
        "own_notice" => match texts(&fields) {
            Some(names) => emergency.set(Some(EmergencyNotice::Own(names))).await?,
            None => return Ok(show(&lan, &admin, PageNote::Bad(words::err_needed(admin.lang))).await),
        },
        "all_clear" => emergency.set(None).await?,
        "notice" => match notice(&fields) {
            Some((text, lasts)) => announcements.notices().show(text, lasts).await?,
            None => return Ok(show(&lan, &admin, PageNote::Bad(words::err_needed(admin.lang))).await),
        },
        "notice_end" => announcements.notices().end().await?,
        "add" => match item(&fields) {
            Some(item) => change(&lan, |items| items.push(item)).await?,
            None => return Ok(show(&lan, &admin, PageNote::Bad(words::not_saved(admin.lang))).await),
        },
        "remove" => {
            let at: Option<usize> = fields.read("at");
            change(&lan, |items| {
                if let Some(at) = at.filter(|at| *at < items.len()) {
                    items.remove(at);
                }
            })
            .await?;
        }
        "forget_file" => {
            if let Some(name) = fields.read::<FileName>("file") {
                change(&lan, |items| {
                    items.retain(|item| item.what != PlaylistSource::File(name.clone()))
                })
                .await?;
                announcements.media().remove(&name).await?;
            }
        }
        _ => return Err(Problem::not_found("There is nothing of that kind to do.")),
    }
    record_audit(lan.port(), audit(format!("signage.{}", fields.text("act")), None)).await?;
    Ok(Redirect::to("/admin/signage").into_response())
}

/// Takes one file of media.
pub(crate) async fn put(
    State(lan): State<LanState>,
    admin: LocalAdmin,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    upload::owned(&admin, &headers)?;
    let name: FileName = name.parse().map_err(|error| upload::refused(&error))?;
    lan.part::<Announcements>().media().keep(&name, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(lan: &LanState, change: impl FnOnce(&mut Vec<PlaylistItem>)) -> Result<(), Problem> {
    let announcements = lan.part::<Announcements>();
    let mut items = announcements.playlist().borrow().items().to_vec();
    change(&mut items);
    let playlist = Playlist::try_from(items).map_err(|error| upload::refused(&error))?;
    let kept = announcements.set_playlist(playlist).await;
    kept.map_err(|_| Problem::not_now("The playlist could not be written."))
}

fn texts(fields: &FormFields) -> Option<Names> {
    let given = Lang::ALL
        .into_iter()
        .map(|lang| (lang, fields.text(&format!("text.{lang}")).to_owned()));
    let given: BTreeMap<Lang, String> = given.filter(|(_, text)| !text.is_empty()).collect();
    Names::try_from(given).ok()
}

/// None: no text, or a time that is none.
fn notice(fields: &FormFields) -> Option<(Names, Duration)> {
    let minutes = fields.read("minutes").filter(|minutes| MINUTES.contains(minutes))?;
    Some((texts(fields)?, Duration::from_secs(minutes * 60)))
}

/// None: nothing to show, or a field that cannot be read.
fn item(fields: &FormFields) -> Option<PlaylistItem> {
    let file = fields.read::<FileName>("file").map(PlaylistSource::File);
    let slot = |from: TimeOfDay, to: TimeOfDay| Slot::try_from((from, to)).ok();
    let (begins, ends) = (fields.text("begins"), fields.text("ends"));
    Some(PlaylistItem {
        what: file.or_else(|| texts(fields).map(PlaylistSource::Text))?,
        seconds: fields.read("seconds").unwrap_or(10),
        from: optional(fields, "from")?,
        until: optional(fields, "until")?,
        weekdays: fields.all("weekday").filter_map(weekday).collect(),
        between: match (begins, ends) {
            ("", "") => None,
            (begins, ends) => Some(slot(begins.parse().ok()?, ends.parse().ok()?)?),
        },
    })
}

/// A field that may be left out, but not be wrong.
fn optional<T: std::str::FromStr>(fields: &FormFields, name: &str) -> Option<Option<T>> {
    match fields.text(name) {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    serde_json::from_value(word.into()).ok()
}

async fn show(lan: &LanState, admin: &LocalAdmin, note: PageNote<'_>) -> Response {
    let lang = admin.lang;
    let announcements = lan.part::<Announcements>();
    let names = announcements.media().names().await;
    let playlist = announcements.playlist().borrow().clone();
    let is_emergency = announcements.emergency().watch().borrow().is_some();
    let now = lan.port().clock().now();
    let notice = announcements.notices().watch().borrow().clone();
    let content = html! {
        (emergency(admin, is_emergency))
        (notice_form(admin, notice.and_then(|notice| notice.texts_at(now)).as_deref()))
        fieldset {
            legend { (words::media_list(lang)) }
            @if playlist.items().is_empty() { p.about { (words::media_none(lang)) } }
            @else { table { tbody { @for (at, item) in playlist.items().iter().enumerate() { (row(admin, at, item)) } } } }
        }
        (adding(admin, &names))
        fieldset {
            legend { (words::media_files(lang)) }
            p.about { (words::media_hint(lang)) }
            (upload::form(admin, "/admin/signage/files/", "image/*,video/mp4,video/webm"))
            @for name in &names {
                form method="post" {
                    (frame::token(admin)) input type="hidden" name="act" value="forget_file"; input type="hidden" name="file" value=(name);
                    button { "✖ " (name) }
                }
            }
        }
    };
    frame::signed_in(admin, TAB.address, words::tab_signage(lang), note, &content).into_response()
}

fn emergency(admin: &LocalAdmin, is_on: bool) -> Markup {
    let lang = admin.lang;
    html! {
        fieldset {
            legend { (words::emergency_title(lang)) }
            @if is_on {
                p.note.bad role="alert" { "▲ " (words::emergency_on(lang)) }
                form method="post" { (frame::token(admin)) button.primary name="act" value="all_clear" { (words::emergency_end(lang)) } }
            } @else {
                form method="post" {
                    (frame::token(admin))
                    p.about { (words::evacuate(lang)) }
                    button.primary name="act" value="evacuate" { (words::emergency_evacuate(lang)) }
                }
                form method="post" {
                    (frame::token(admin))
                    (languages("notice"))
                    button name="act" value="own_notice" { (words::emergency_own(lang)) }
                }
            }
        }
    }
}

fn notice_form(admin: &LocalAdmin, shown: Option<&[NoticeText]>) -> Markup {
    let lang = admin.lang;
    html! {
        fieldset {
            legend { (words::notice_title(lang)) }
            p.about { (words::notice_about(lang)) }
            @if let Some(texts) = shown {
                @for text in texts { p lang=(text.lang().tag()) { (text.text()) } }
                form method="post" { (frame::token(admin)) button name="act" value="notice_end" { (words::notice_end(lang)) } }
            }
            form method="post" {
                (frame::token(admin))
                (languages("foot"))
                div.field {
                    label for="minutes" { (words::notice_minutes(lang)) }
                    input #minutes name="minutes" type="number" min=(MINUTES.start()) max=(MINUTES.end()) value="60" required autocomplete="off";
                }
                button name="act" value="notice" { (words::notice_show(lang)) }
            }
        }
    }
}

fn languages(of: &str) -> Markup {
    html! {
        @for lang in Lang::ALL {
            @let id = format!("{of}-{lang}");
            div.field { label for=(id) { (words::name_of(lang)) } input id=(id) name=(format!("text.{lang}")) maxlength="200" autocomplete="off"; }
        }
    }
}

fn row(admin: &LocalAdmin, at: usize, item: &PlaylistItem) -> Markup {
    let what = match &item.what {
        PlaylistSource::File(name) => name.to_string(),
        PlaylistSource::Text(names) => names.get(admin.lang).to_owned(),
    };
    let days = item
        .from
        .iter()
        .chain(&item.until)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" – ");
    let hours = item
        .between
        .map_or_else(String::new, |slot| format!("{}–{}", slot.from, slot.to));
    html! {
        tr {
            td { (what) } td { (item.seconds) " s" } td { (days) " " (hours) }
            td { form method="post" {
                (frame::token(admin)) input type="hidden" name="at" value=(at);
                button name="act" value="remove" { (words::remove(admin.lang)) }
            } }
        }
    }
}

fn adding(admin: &LocalAdmin, names: &[FileName]) -> Markup {
    let lang = admin.lang;
    let field = |name: &str, kind: &str, label: &str| {
        html! { div.field { label for=(name) { (label) } input id=(name) name=(name) type=(kind) autocomplete="off"; } }
    };
    html! {
        fieldset {
            legend { (words::media_add(lang)) }
            form method="post" {
                (frame::token(admin))
                input type="hidden" name="act" value="add";
                div.field {
                    label for="file" { (words::media_file(lang)) }
                    select #file name="file" { option value="" { "—" } @for name in names { option value=(name) { (name) } } }
                }
                (languages("show"))
                (field("seconds", "number", words::media_seconds(lang)))
                (field("from", "date", words::media_from(lang)))
                (field("until", "date", words::media_until(lang)))
                (field("begins", "time", words::media_begins(lang)))
                (field("ends", "time", words::media_ends(lang)))
                @for (word, name) in WEEKDAYS {
                    label.tick { input type="checkbox" name="weekday" value=(word); (name(lang)) }
                }
                p { button.primary { (words::media_add(lang)) } }
            }
        }
    }
}
