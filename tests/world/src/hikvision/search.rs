//! `AcsEvent`: reading the log in pages of at most so many rows, whatever was asked for.
//!
//! The first page decides what all pages of a search hold; entries that come later are not in it.

use super::{
    config::{Config, NoMatch},
    log::{Entry, LogEntryKind},
    parts::local_time,
};
use protocol::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Searches remembered at once.
const MAX_SEARCHES: usize = 8;

/// What a client asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "searchID")]
    search_id: String,
    search_result_position: usize,
    max_results: usize,
    #[serde(default)]
    major: u32,
    #[serde(default)]
    minor: u32,
    start_time: Option<String>,
    end_time: Option<String>,
    begin_serial_no: Option<u64>,
    end_serial_no: Option<u64>,
    employee_no_string: Option<String>,
    #[serde(default)]
    time_reverse_order: bool,
}

/// Body of the request.
#[derive(Debug, Deserialize)]
pub(super) struct Query {
    #[serde(rename = "AcsEventCond")]
    pub(super) condition: Condition,
}

/// Searches under way.
#[derive(Debug, Default)]
pub(super) struct Searches(VecDeque<(String, Vec<Entry>)>);

impl Searches {
    /// A page, or the name of the field that cannot be served.
    pub(super) fn page(&mut self, ask: &Condition, entries: &[Entry], config: &Config) -> Result<Value, &'static str> {
        check(ask)?;
        if ask.search_result_position == 0 {
            self.0.retain(|(id, _)| *id != ask.search_id);
            self.0.push_back((ask.search_id.clone(), select(ask, entries)?));
            if self.0.len() > MAX_SEARCHES {
                self.0.pop_front();
            }
        }
        let (_, found) = self.0.iter().find(|(id, _)| *id == ask.search_id).ok_or("searchID")?;
        let count = ask.max_results.min(config.quirks.page_cap);
        let rows: Vec<Value> = found
            .iter()
            .skip(ask.search_result_position)
            .take(count)
            .map(|entry| row(entry, config))
            .collect();
        let status = match rows.len() {
            0 => match config.quirks.no_match {
                NoMatch::Spaced => "NO MATCH",
                NoMatch::Underscored => "NO_MATCHES",
            },
            shown if ask.search_result_position + shown < found.len() => "MORE",
            _ => "OK",
        };
        let mut answer = json!({
            "searchID": ask.search_id,
            "totalMatches": found.len(),
            "responseStatusStrg": status,
            "numOfMatches": rows.len(),
        });
        if !rows.is_empty()
            && let Some(fields) = answer.as_object_mut()
        {
            fields.insert("InfoList".to_owned(), Value::Array(rows));
        }
        Ok(json!({ "AcsEvent": answer }))
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

fn check(ask: &Condition) -> Result<(), &'static str> {
    if ask.search_id.is_empty() || ask.search_id.len() > 64 {
        return Err("searchID");
    }
    if ask.max_results == 0 {
        return Err("maxResults");
    }
    match (ask.begin_serial_no, ask.end_serial_no) {
        (Some(_), None) => Err("endSerialNo"),
        (Some(0), _) => Err("beginSerialNo"),
        (_, Some(end)) if end > 3_000_000_000 => Err("endSerialNo"),
        (None | Some(_), None | Some(_)) => Ok(()),
    }
}

fn select(ask: &Condition, entries: &[Entry]) -> Result<Vec<Entry>, &'static str> {
    let moment = |text: &Option<String>, name| match text {
        None => Ok(None),
        Some(text) => Timestamp::from_rfc3339(text).map(Some).ok_or(name),
    };
    let (start, end) = (moment(&ask.start_time, "startTime")?, moment(&ask.end_time, "endTime")?);
    let fits = |entry: &&Entry| {
        let (major, minor) = entry.what.code();
        (ask.major == 0 || ask.major == major)
            && (ask.minor == 0 || ask.minor == minor)
            && start.is_none_or(|start| entry.at.as_secs() >= start.as_secs())
            && end.is_none_or(|end| entry.at.as_secs() <= end.as_secs())
            && ask.begin_serial_no.is_none_or(|begin| entry.serial >= begin)
            && ask.end_serial_no.is_none_or(|end| entry.serial <= end)
            && ask
                .employee_no_string
                .as_deref()
                .is_none_or(|wanted| person(entry) == Some(wanted))
    };
    let mut found: Vec<Entry> = entries.iter().filter(fits).cloned().collect();
    if ask.time_reverse_order {
        found.reverse();
    }
    Ok(found)
}

fn person(entry: &Entry) -> Option<&str> {
    match &entry.what {
        LogEntryKind::Granted { person, .. } => Some(person),
        LogEntryKind::PoweredOn
        | LogEntryKind::Denied
        | LogEntryKind::RemoteDoor { .. }
        | LogEntryKind::Unlocked(_)
        | LogEntryKind::Locked(_)
        | LogEntryKind::Opened(_)
        | LogEntryKind::Closed(_)
        | LogEntryKind::Forced(_)
        | LogEntryKind::Motion(_) => None,
    }
}

/// Other names than in the stream, and a picture's address, which the stream lacks.
fn row(entry: &Entry, config: &Config) -> Value {
    let (major, minor) = entry.what.code();
    let mut row = json!({
        "major": major,
        "minor": minor,
        "time": local_time(entry.at, config.utc_offset_minutes),
        "cardReaderKind": 1,
        "serialNo": entry.serial,
        "currentVerifyMode": "invalid",
        "attendanceStatus": "undefined",
        "statusValue": 0,
        "mask": "unknown",
    });
    let Some(fields) = row.as_object_mut() else { return row };
    if let Some(door) = entry.what.door() {
        fields.insert("doorNo".to_owned(), door.into());
    }
    if let Some(person) = person(entry) {
        fields.insert("employeeNoString".to_owned(), person.into());
        fields.insert("name".to_owned(), format!("Person {person}").into());
        fields.insert("userType".to_owned(), "normal".into());
        fields.insert("cardReaderNo".to_owned(), 1.into());
        let picture = format!(
            "http://127.0.0.1/LOCALS/pic/acsLinkCap/{}.jpg@WEB000000000042",
            entry.serial
        );
        fields.insert("pictureURL".to_owned(), picture.into());
    }
    row
}

/// `AcsEvent/capabilities` of a DS-K1T342MWX, shortened to what clients read.
pub(super) fn capabilities(config: &Config) -> Value {
    json!({ "AcsEvent": {
        "AcsEventCond": {
            "searchID": { "@min": 1, "@max": 64 },
            "searchResultPosition": { "@min": 0, "@max": 150_000 },
            "maxResults": { "@min": 1, "@max": config.quirks.page_cap },
            "major": { "@opt": "0,1,2,3,5" },
            "minorException": { "@opt": "38,39,1024,1031" },
            "minorOperation": { "@opt": "80,112,240,1024,1025,1026,1027" },
            "minorEvent": { "@opt": "1,2,21,22,23,24,25,27,38,75,76" },
            "startTime": { "@min": 1, "@max": 32 },
            "endTime": { "@min": 1, "@max": 32 },
            "picEnable": "true,false",
            "beginSerialNo": { "@min": 1, "@max": 3_000_000_000_u64 },
            "endSerialNo": { "@min": 1, "@max": 3_000_000_000_u64 },
            "employeeNoString": { "@min": 1, "@max": 32 },
            "timeReverseOrder": "true",
        },
        "InfoList": {
            "maxSize": config.quirks.page_cap,
            "doorNo": { "@min": 1, "@max": config.doors },
            "serialNo": { "@min": 1, "@max": 3_000_000_000_u64 },
        },
    }})
}
