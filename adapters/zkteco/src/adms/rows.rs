//! What such a terminal sends: rows of tables, confirmations of commands, its own settings.
//!
//! No time, no state, no panic: it may be anything. Text in other code pages than UTF-8 only ever stands in names, which
//! are compared and never shown. Source of every fact not named otherwise: facts/devices.md §2.2 and its samples.

use crate::{
    settings::PersonName,
    wire::{field, time},
};
use jiff::civil::DateTime;
use protocol::text::PersonNumber;
use zeroize::Zeroizing;

/// Longest row that is looked at, bytes; biometrics are longer.
const LONGEST: usize = 1024;

/// Somebody at the device, or something at its door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AdmsRow {
    /// The person's number; none where nobody was recognised.
    pub(super) person: Option<PersonNumber>,
    /// The device's local time.
    pub(super) at: DateTime,
    /// The same, packed as the standalone protocol packs it: grows with time.
    pub(super) second: u64,
    /// How they identified: the device's number for it.
    pub(super) verified: Option<u8>,
    /// What they said they do, or which way: the device's number for it.
    pub(super) state: Option<u8>,
    /// What happened, and at which door, where the row is an access panel's.
    pub(super) event: Option<(u16, Option<u16>)>,
}

/// A user as the device tells them.
pub(super) struct AdmsUser {
    /// The person's number.
    pub(super) person: PersonNumber,
    /// What the device shows.
    pub(super) name: PersonName,
    /// Administrators have rights other than 0.
    pub(super) rights: u32,
    /// PIN, digits; empty: none.
    pub(super) pin: Zeroizing<String>,
    /// Card number; none where it cannot be read as one.
    pub(super) card: Option<u32>,
}

/// A line of the operation log.
pub(super) enum OperationEntry {
    /// Somebody the device knows.
    User(AdmsUser),
    /// Anything else: what was done at the device, biometrics.
    Other,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Confirmation {
    /// The command's number.
    pub(super) id: u32,
    /// 0 or more: done; -1 no such thing, or nothing found; -1002 not understood; -1004 no such table.
    pub(super) result: i64,
}

/// The lines of a body that hold anything.
pub(super) fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
}

/// Reads an attendance row, of either form; `None` where it is none.
pub(super) fn row(line: &[u8]) -> Option<AdmsRow> {
    let line = text(line)?;
    if line.starts_with("time=") || line.contains("\ttime=") {
        return event_row(&line);
    }
    let mut columns = line.split('\t');
    let person = person(columns.next()?)?;
    let at = moment(columns.next()?)?;
    let mut number = || columns.next().and_then(|column| column.trim().parse().ok());
    let (state, verified) = (number(), number());
    Some(AdmsRow {
        person: Some(person),
        at,
        second: time::pack(at)?.into(),
        verified,
        state,
        event: None,
    })
}

/// `time=…<TAB>pin=…<TAB>event=…`, as access panels and some newer terminals write.
fn event_row(line: &str) -> Option<AdmsRow> {
    let at = moment(value(line, "time")?)?;
    let number = |key: &str| value(line, key).and_then(|value| value.parse::<u16>().ok());
    let byte = |key: &str| number(key).and_then(|number| u8::try_from(number).ok());
    Some(AdmsRow {
        person: value(line, "pin").filter(|pin| *pin != "0").and_then(person),
        at,
        second: time::pack(at)?.into(),
        verified: byte("verifytype"),
        state: byte("inoutstatus"),
        event: Some((number("event")?, number("eventaddr").filter(|door| *door > 0))),
    })
}

/// Reads a line of the operation log, which holds users as well; `None` where it is none.
pub(super) fn operation(line: &[u8]) -> Option<OperationEntry> {
    let end = line.iter().position(|byte| *byte == b' ' || *byte == b'\t')?;
    let (word, rest) = line.split_at_checked(end)?;
    if !word.eq_ignore_ascii_case(b"USER") && !word.eq_ignore_ascii_case(b"USERINFO") {
        let known = word.iter().all(u8::is_ascii_alphanumeric);
        return known.then_some(OperationEntry::Other);
    }
    let line = text(rest.trim_ascii())?;
    let field = |key: &str| value(&line, key).unwrap_or_default();
    let card = field("Card");
    Some(OperationEntry::User(AdmsUser {
        person: person(field("PIN"))?,
        name: field("Name").into(),
        rights: field("Pri").parse().unwrap_or(u32::from(!field("Pri").is_empty())),
        pin: Zeroizing::new(field("Passwd").to_owned()),
        card: if card.is_empty() { Some(0) } else { card.parse().ok() },
    }))
}

/// Reads how commands ended: one per line, or one over several lines, where `Content` is whatever it is.
pub(super) fn confirmations(body: &[u8]) -> Vec<Confirmation> {
    let mut found = Vec::new();
    let mut id = None;
    for line in lines(body) {
        if line.starts_with(b"Content=") {
            break;
        }
        for pair in line.split(|byte| *byte == b'&') {
            if let Some(number) = pair.strip_prefix(b"ID=") {
                id = number_of(number).and_then(|number| u32::try_from(number).ok());
            } else if let Some(result) = pair.strip_prefix(b"Return=").and_then(number_of)
                && let Some(id) = id.take()
            {
                found.push(Confirmation { id, result });
            }
        }
    }
    found
}

/// The device's own settings out of `key=value` pairs, separated by commas or lines; names of firmwares have no comma.
pub(super) fn option<'a>(body: &'a [u8], key: &str) -> Option<&'a str> {
    let pairs = body.split(|byte| matches!(byte, b',' | b'\n' | b'\r' | b'&'));
    let found = pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let pair = pair.strip_prefix(b"~").unwrap_or(pair);
        pair.strip_prefix(key.as_bytes())?.strip_prefix(b"=")
    });
    let plain = |value: &'_ &[u8]| {
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        (1..=64).contains(&value.len()) && value.iter().all(printable)
    };
    std::str::from_utf8(found.filter(plain).map(<[u8]>::trim_ascii).next()?).ok()
}

/// The value of a key of a query.
pub(super) fn asked<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    let mut pairs = query.split('&');
    pairs.find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

/// The value of a key of a row, `key=value` between tabs; some devices write keys in other cases.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split('\t').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(key).then(|| value.trim())
    })
}

fn text(line: &[u8]) -> Option<String> {
    (line.len() <= LONGEST).then(|| String::from_utf8_lossy(line).into_owned())
}

fn person(text: &str) -> Option<PersonNumber> {
    let text = text.trim();
    (text.len() <= 24).then(|| field::person(text.as_bytes()))?
}

fn moment(text: &str) -> Option<DateTime> {
    DateTime::strptime("%Y-%m-%d %H:%M:%S", text.trim()).ok()
}

fn number_of(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}
