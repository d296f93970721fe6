//! `System/time`: what time a device thinks it is, and telling it better.
//!
//! No clock is read here: the moment is an argument.

use super::body;
use jiff::{civil::DateTime, tz::Offset};
use protocol::Timestamp;

/// Where it is asked and told.
pub(crate) const TARGET: &str = "/ISAPI/System/time";

/// A device's time as it wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceTime {
    local: DeviceLocalTime,
    /// `timeZone`, e.g. `CST-5:00:00` (POSIX: five hours ahead of UTC).
    zone: Option<String>,
    /// `timeMode`.
    pub(crate) mode: TimeMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeviceLocalTime {
    /// With its offset from UTC, seconds.
    Exact(Timestamp, i32),
    /// Without.
    Wall(DateTime),
}

/// Who sets the device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeMode {
    /// People, or us.
    Manual,
    /// NTP, a platform or a satellite: not ours to overrule unasked.
    Elsewhere,
}

/// Reads `System/time`, XML or JSON.
pub(crate) fn parse(bytes: &[u8]) -> Option<DeviceTime> {
    let tree = body::parse(bytes).ok()?;
    let time = body::inside(&tree, "Time");
    let text = body::text(time, "localTime")?;
    let mode = match body::text(time, "timeMode").as_deref() {
        Some("manual") | None => TimeMode::Manual,
        Some(_) => TimeMode::Elsewhere,
    };
    let local = match Timestamp::from_rfc3339(&text) {
        Some(at) => DeviceLocalTime::Exact(at, offset_of(&text)?),
        None => DeviceLocalTime::Wall(text.parse().ok()?),
    };
    Some(DeviceTime {
        local,
        zone: body::text(time, "timeZone").filter(|zone| zone.len() <= 64),
        mode,
    })
}

impl DeviceTime {
    /// The moment it means; `site` is the offset in seconds that holds where the device does not say.
    pub(crate) fn moment(&self, site: i32) -> Option<Timestamp> {
        match self.local {
            DeviceLocalTime::Exact(at, _) => Some(at),
            DeviceLocalTime::Wall(wall) => {
                let moment = Offset::from_seconds(self.offset(site)).ok()?.to_timestamp(wall).ok()?;
                Some(Timestamp::from_millis(moment.as_millisecond()))
            }
        }
    }

    /// The body that sets it to `now`, in its own zone and its own way of writing.
    pub(crate) fn set(&self, now: Timestamp, site: i32) -> Option<String> {
        let offset = Offset::from_seconds(self.offset(site)).ok()?;
        let wall = offset.to_datetime(jiff::Timestamp::from_millisecond(now.as_millis()).ok()?);
        let wall = wall.strftime("%Y-%m-%dT%H:%M:%S");
        let suffix = match self.local {
            DeviceLocalTime::Exact(..) => iso_offset(offset.seconds()),
            DeviceLocalTime::Wall(_) => String::new(),
        };
        let zone = self.zone.as_deref().map(quick_xml::escape::escape);
        let zone = zone
            .map(|zone| format!("<timeZone>{zone}</timeZone>"))
            .unwrap_or_default();
        Some(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Time version=\"2.0\" \
             xmlns=\"http://www.isapi.org/ver20/XMLSchema\"><timeMode>manual</timeMode>\
             <localTime>{wall}{suffix}</localTime>{zone}</Time>\n"
        ))
    }

    fn offset(&self, site: i32) -> i32 {
        match self.local {
            DeviceLocalTime::Exact(_, offset) => offset,
            DeviceLocalTime::Wall(_) => self.zone.as_deref().and_then(posix_offset).unwrap_or(site),
        }
    }
}

/// `+05:00` at the end of a time → 18000.
fn offset_of(text: &str) -> Option<i32> {
    if text.ends_with(['Z', 'z']) {
        return Some(0);
    }
    let (at, sign) = match (text.rfind('+'), text.rfind('-')) {
        (Some(at), _) => (at, 1),
        (None, Some(at)) => (at, -1),
        (None, None) => return None,
    };
    Some(sign * clock_seconds(text.get(at + 1..)?)?)
}

/// `CST-5:00:00` → 18000: POSIX counts westwards. `None` with daylight saving, which this cannot tell.
fn posix_offset(zone: &str) -> Option<i32> {
    let rest = zone.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    if rest.contains(|c: char| c.is_ascii_alphabetic() || c == ',') {
        return None;
    }
    match rest.strip_prefix('-') {
        Some(east) => clock_seconds(east),
        None => clock_seconds(rest.strip_prefix('+').unwrap_or(rest)).map(|west| -west),
    }
}

/// `5:30:00`, `5:30`, `5` → seconds.
fn clock_seconds(text: &str) -> Option<i32> {
    let mut total = 0;
    for (part, unit) in text.splitn(3, ':').zip([3600, 60, 1]) {
        total += i32::from(part.parse::<u8>().ok()?) * unit;
    }
    Some(total)
}

fn iso_offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
