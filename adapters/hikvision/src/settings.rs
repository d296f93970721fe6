//! The checked settings of one device.
//!
//! What is in [`Settings`] can be worked with as it is. No error and no `Debug` ever shows the password.

mod keys;

use crate::meaning::{Dictionary, EventMeaning};
use adapter_sdk::{ClockPolicy, DriftAction, HttpTarget, SettingsError, TlsTrust};
use keys::SettingsKeys;
use protocol::SpotId;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use zeroize::Zeroizing;

/// JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One device's settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The line to it.
    pub(crate) target: HttpTarget,
    /// Who we are there.
    pub(crate) login: DeviceLogin,
    /// Names of doors and meanings of codes.
    pub(crate) dictionary: Dictionary,
    /// What becomes of its clock.
    pub(crate) clock: ClockPolicy,
    /// Time between two of its heartbeats.
    pub(crate) heartbeat: Duration,
    /// Whether it is to push events.
    pub(crate) push: PushMode,
}

/// The name of an account in a device. No `Debug` text shows it.
#[derive(Clone)]
pub(crate) struct UserName(String);

impl UserName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for UserName {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl std::fmt::Debug for UserName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("UserName").finish_non_exhaustive()
    }
}

/// Who we are at the device.
#[derive(Clone)]
pub(crate) struct DeviceLogin {
    /// User name.
    pub(crate) username: UserName,
    /// Password.
    pub(crate) password: Zeroizing<String>,
    /// Whether it may go out in clear.
    pub(crate) basic: BasicAuth,
}

impl std::fmt::Debug for DeviceLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceLogin")
            .field("basic", &self.basic)
            .finish_non_exhaustive()
    }
}

/// Whether the password may be sent in clear to a device that offers Basic only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BasicAuth {
    /// Never.
    Refused,
    /// Somebody decided so.
    Allowed,
}

/// Whether the device is to push events to the edge besides the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushMode {
    /// The stream is enough.
    Off,
    /// One of its `httpHosts` slots is ours.
    On,
}

impl Settings {
    /// Silence after which the stream counts as dead.
    pub(crate) fn stream_timeout(&self) -> Duration {
        self.heartbeat * 2 + Duration::from_secs(5)
    }

    /// Checks settings as a document holds them.
    pub(crate) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let mut keys = SettingsKeys::of(settings)?;
        let trust = trust(&mut keys)?;
        let target = target(&mut keys, trust)?;
        let login = DeviceLogin {
            username: keys
                .text("username", 1..=64)?
                .ok_or_else(|| missing("username"))?
                .into(),
            password: Zeroizing::new(keys.text("password", 1..=128)?.ok_or_else(|| missing("password"))?),
            basic: if keys.truth("allow_basic")? {
                BasicAuth::Allowed
            } else {
                BasicAuth::Refused
            },
        };
        let settings = Self {
            target,
            login,
            dictionary: Dictionary {
                doors: doors(&mut keys)?,
                codes: codes(&mut keys)?,
            },
            clock: ClockPolicy {
                drift: Duration::from_secs(keys.number("drift_s", 2..=3600)?.unwrap_or(30)),
                drift_action: keys.word("clock", &[("keep", DriftAction::Keep), ("leave", DriftAction::Leave)])?,
                utc_offset: utc_offset(&mut keys)?,
            },
            heartbeat: Duration::from_secs(keys.number("heartbeat_s", 1..=300)?.unwrap_or(30)),
            push: keys.word("push", &[("off", PushMode::Off), ("on", PushMode::On)])?,
        };
        keys.finish()?;
        Ok(settings)
    }
}

fn missing(key: &str) -> SettingsError {
    SettingsError(format!("{key}: is missing"))
}

fn target(keys: &mut SettingsKeys, trust: Option<TlsTrust>) -> Result<HttpTarget, SettingsError> {
    let host = keys.text("host", 1..=253)?.ok_or_else(|| missing("host"))?;
    let host = match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        Ok(std::net::IpAddr::V4(address)) => address.to_string(),
        Err(_)
            if host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') =>
        {
            host
        }
        Err(_) => {
            return Err(SettingsError(
                "host: is neither a host name nor an IP address".to_owned(),
            ));
        }
    };
    let (scheme, usual) = if trust.is_some() { ("https", 443) } else { ("http", 80) };
    let port = keys.number("port", 1..=65535)?.unwrap_or(usual);
    Ok(HttpTarget {
        base: format!("{scheme}://{host}:{port}").into(),
        trust: trust.unwrap_or(TlsTrust::Roots),
        connect_timeout: CONNECT_TIMEOUT,
    })
}

/// `None`: without TLS.
fn trust(keys: &mut SettingsKeys) -> Result<Option<TlsTrust>, SettingsError> {
    let wrong =
        || SettingsError("tls: is none of \"plain\", \"roots\", {\"pinned\": 64 digits of 0-9, a-f}".to_owned());
    let Some(tls) = keys.take("tls") else { return Ok(None) };
    match &tls {
        Value::String(word) if word == "plain" => Ok(None),
        Value::String(word) if word == "roots" => Ok(Some(TlsTrust::Roots)),
        Value::Object(map) if map.len() == 1 => {
            let pin = map.get("pinned").and_then(Value::as_str).ok_or_else(wrong)?;
            let hex = pin.len() == 64 && pin.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if hex {
                Ok(Some(TlsTrust::Pinned(pin.to_owned())))
            } else {
                Err(wrong())
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong())
        }
    }
}

fn doors(keys: &mut SettingsKeys) -> Result<BTreeMap<u16, SpotId>, SettingsError> {
    let mut doors = BTreeMap::new();
    for (key, spot) in keys.map("doors")? {
        let door = key.parse().ok().filter(|door| *door > 0);
        let door = door.ok_or_else(|| SettingsError(format!("doors.{key}: is no door number from 1 to 65535")))?;
        let spot = spot.as_str().and_then(|spot| spot.parse().ok());
        let spot = spot.ok_or_else(|| SettingsError(format!("doors.{key}: is no place's id such as lobby-gate")))?;
        doors.insert(door, spot);
    }
    Ok(doors)
}

fn codes(keys: &mut SettingsKeys) -> Result<BTreeMap<(u32, u32), EventMeaning>, SettingsError> {
    let mut codes = BTreeMap::new();
    for (key, meaning) in keys.map("codes")? {
        let pair = key
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let pair = pair.ok_or_else(|| SettingsError(format!("codes.{key}: is no major.minor such as 5.38")))?;
        let meaning = serde_json::from_value(meaning).map_err(|_| {
            SettingsError(format!(
                "codes.{key}: is no meaning such as {{\"means\": \"granted\", \"key\": \"card\"}}"
            ))
        })?;
        codes.insert(pair, meaning);
    }
    Ok(codes)
}

fn utc_offset(keys: &mut SettingsKeys) -> Result<Option<i32>, SettingsError> {
    let Some(text) = keys.text("utc_offset", 6..=6)? else {
        return Ok(None);
    };
    let parsed = || {
        let (sign, rest) = text
            .strip_prefix('-')
            .map(|rest| (-1, rest))
            .or_else(|| Some((1, text.strip_prefix('+')?)))?;
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
        (hours <= 14 && minutes < 60).then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    };
    parsed()
        .map(Some)
        .ok_or_else(|| SettingsError("utc_offset: is no offset from -14:59 to +14:59 such as +05:00".to_owned()))
}
