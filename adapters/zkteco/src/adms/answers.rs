//! What a terminal is told: how to behave, and that what it sent is taken.
//!
//! It is never asked for pictures, fingers or faces.

use super::settings::Settings;
use adapter_sdk::CallAnswer;
use adapter_sdk::DeviceSerial;
use http::StatusCode;

/// Plain text, as such devices expect it.
pub(super) fn text(body: String) -> CallAnswer {
    CallAnswer {
        status: StatusCode::OK,
        content_type: "text/plain;charset=UTF-8",
        body: body.into(),
    }
}

/// Taken, or nothing to say.
pub(super) fn ok() -> CallAnswer {
    text("OK\n".to_owned())
}

/// So many rows are taken.
pub(super) fn taken(rows: usize) -> CallAnswer {
    text(format!("OK: {rows}\n"))
}

/// Not something such a device asks.
pub(super) fn unknown() -> CallAnswer {
    CallAnswer {
        status: StatusCode::NOT_FOUND,
        ..text("unknown\n".to_owned())
    }
}

/// Where the device shall go on, and how it shall behave (`GET cdata?options=all`). `stamp`: packed device time; the keys
/// of older and newer firmwares side by side. Operations are not kept, so it begins with the newest of them.
pub(super) fn greeting(settings: &Settings, stamp: u64, offset_s: i32) -> CallAnswer {
    let Settings { serial, poll, .. } = settings;
    text(format!(
        "GET OPTION FROM: {serial}\nStamp={stamp}\nATTLOGStamp={stamp}\nOpStamp=9999\nOPERLOGStamp=9999\n\
         PhotoStamp=9999\nATTPHOTOStamp=None\nErrorDelay=30\nDelay={}\nTransTimes=00:00;14:05\nTransInterval=1\n\
         TransFlag=TransData AttLog\tOpLog\tEnrollUser\tChgUser\nTimeZone={}\nRealtime=1\nEncrypt=None\n",
        poll.as_secs(),
        offset_s / 60,
    ))
}

/// The same for firmwares that register first (`registry`, then `push`): msaied/zkteco-php, marked provisional there.
pub(super) fn push_greeting(settings: &Settings) -> CallAnswer {
    text(format!(
        "ServerVersion=3.1.1\nServerName=ADMS\nPushVersion=3.1.1\nErrorDelay=30\nRequestDelay={}\nTransTimes=00:00;14:05\n\
         TransInterval=1\nTransTables=User Transaction\nRealtime=1\nSessionID={}\nTimeoutSec=10\n",
        settings.poll.as_secs(),
        registry_code(&settings.serial),
    ))
}

/// The answer to `registry`.
pub(super) fn registered(settings: &Settings) -> CallAnswer {
    text(format!("RegistryCode={}\n", registry_code(&settings.serial)))
}

/// The time for devices that ask for it (`rtdata?type=time`): packed, in UTC, and the offset as `+0500`.
pub(super) fn time(packed: u32, offset_s: i32) -> CallAnswer {
    let (sign, minutes) = (if offset_s < 0 { '-' } else { '+' }, offset_s.unsigned_abs() / 60);
    text(format!(
        "DateTime={packed},ServerTZ={sign}{:02}{:02}\n",
        minutes / 60,
        minutes % 60
    ))
}

/// Any code will do, as long as it stays: it is no secret.
fn registry_code(serial: &DeviceSerial) -> String {
    let sum = serial
        .as_str()
        .bytes()
        .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{sum:010}")
}
