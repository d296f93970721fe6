//! The device's time: local wall time, without a zone.
//!
//! No clock is read here: the moment is an argument.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::Offset,
};
use protocol::Timestamp;

/// From the packed form: `((y%100)*12*31 + (m-1)*31 + d-1) * 86400 + seconds`. `None` where it names no day.
pub(crate) fn unpack(packed: u32) -> Option<DateTime> {
    let (days, seconds) = (packed / 86_400, packed % 86_400);
    let (months, day) = (days / 31, days % 31 + 1);
    let (year, month) = (months / 12, months % 12 + 1);
    let date = Date::new(
        i16::try_from(year).ok()?.checked_add(2000)?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    let time = Time::new(
        i8::try_from(seconds / 3600).ok()?,
        i8::try_from(seconds / 60 % 60).ok()?,
        i8::try_from(seconds % 60).ok()?,
        0,
    );
    Some(date.ok()?.to_datetime(time.ok()?))
}

/// To the packed form; `None` outside the years 2000 to 2099.
pub(crate) fn pack(wall: DateTime) -> Option<u32> {
    let part = |value: i8| u32::try_from(value).ok();
    let year = u32::try_from(wall.year()).ok()?.checked_sub(2000)?;
    let days = (year * 12 + part(wall.month())? - 1) * 31 + part(wall.day())? - 1;
    let seconds = (part(wall.hour())? * 60 + part(wall.minute())?) * 60 + part(wall.second())?;
    (year < 100).then_some(days * 86_400 + seconds)
}

/// From the six bytes of live events: year since 2000, month, day, hour, minute, second.
pub(crate) fn unpack_six(bytes: &[u8]) -> Option<DateTime> {
    let [year, month, day, hour, minute, second] = *bytes else {
        return None;
    };
    let part = |value: u8| i8::try_from(value).ok();
    let date = Date::new(2000 + i16::from(year), part(month)?, part(day)?).ok()?;
    let time = Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?;
    Some(date.to_datetime(time))
}

/// The moment a wall time means where the offset from UTC is `offset` seconds.
pub(crate) fn moment(wall: DateTime, offset: i32) -> Option<Timestamp> {
    let moment = Offset::from_seconds(offset).ok()?.to_timestamp(wall).ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// The wall time of a moment where the offset from UTC is `offset` seconds.
pub(crate) fn wall(moment: Timestamp, offset: i32) -> Option<DateTime> {
    let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).ok()?;
    Some(Offset::from_seconds(offset).ok()?.to_datetime(moment))
}
