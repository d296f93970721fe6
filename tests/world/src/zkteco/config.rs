//! What kind of terminal is simulated and which of the recorded oddities it shows.
//!
//! The default is the nastiest behaviour on record (facts/devices.md §2 and §11), not the most convenient one.

use crate::clock::Clock;
use encoding_rs::Encoding;
use std::{fmt, time::Duration};

/// How long users are in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserLayout {
    /// 28 bytes, older firmwares.
    Short,
    /// 72 bytes.
    Long,
}

/// How long attendance records are in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordLayout {
    /// 8 bytes: the slot only, not the person's number.
    Eight,
    /// 16 bytes.
    Sixteen,
    /// 40 bytes.
    Forty,
}

/// How long live events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventLayout {
    /// 10 bytes: number as 16 bits.
    Ten,
    /// 12 bytes: number as 32 bits.
    Twelve,
    /// 14 bytes: number as 16 bits, four more at the end.
    Fourteen,
    /// 32 bytes: number as text.
    ThirtyTwo,
    /// 36 bytes: number as text, four more at the end.
    ThirtySix,
    /// 37 bytes: number as text, five more at the end.
    ThirtySeven,
    /// 52 bytes: number as text, twenty more at the end.
    FiftyTwo,
}

impl EventLayout {
    /// All seven.
    pub const ALL: [EventLayout; 7] = [
        EventLayout::Ten,
        EventLayout::Twelve,
        EventLayout::Fourteen,
        EventLayout::ThirtyTwo,
        EventLayout::ThirtySix,
        EventLayout::ThirtySeven,
        EventLayout::FiftyTwo,
    ];
}

/// How TCP cuts what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpSplitting {
    /// Frames of an answer run together and are cut anywhere.
    Anywhere,
    /// Frame by frame; the `OK` that ends a chunk comes in one segment with it.
    Frames,
}

/// What comes between a request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrayPackets {
    /// A live event, where they were asked for.
    Event,
    /// Nothing.
    Silence,
}

/// How a terminal is built and set up.
#[derive(Clone)]
pub struct Config {
    /// Serial number.
    pub serial_number: String,
    /// Firmware version.
    pub firmware: String,
    /// Comm key; 0: everybody may connect.
    pub comm_key: u32,
    /// Where it takes its time from.
    pub clock: Clock,
    /// How far its own clock is ahead of `clock`, milliseconds, until somebody sets it.
    pub drift_ms: i64,
    /// Its time zone, minutes east of UTC.
    pub utc_offset_minutes: i32,
    /// How many records its log has when it first starts.
    pub history: u32,
    /// How many records there is room for; then the oldest are overwritten.
    pub room: u32,
    /// Code page of names.
    pub code_page: &'static Encoding,
    /// How long users are.
    pub users: UserLayout,
    /// How long records are.
    pub records: RecordLayout,
    /// How long live events are.
    pub events: EventLayout,
    /// How TCP cuts what it says.
    pub cuts: TcpSplitting,
    /// What comes between a request and its answer.
    pub chatter: StrayPackets,
    /// One of so many UDP datagrams it sends is lost; 0: none.
    pub lost_datagrams: u64,
    /// Seed of cuts and losses.
    pub seed: u64,
    /// How long a reboot takes.
    pub reboot_time: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            serial_number: "OIN7030067012500123".to_owned(),
            firmware: "Ver 6.60 Apr 28 2017".to_owned(),
            comm_key: 12_345,
            clock: Clock::Real,
            drift_ms: 0,
            utc_offset_minutes: 300,
            history: 60,
            room: 100_000,
            code_page: encoding_rs::WINDOWS_1251,
            users: UserLayout::Long,
            records: RecordLayout::Forty,
            events: EventLayout::FiftyTwo,
            cuts: TcpSplitting::Anywhere,
            chatter: StrayPackets::Event,
            lost_datagrams: 40,
            seed: 1,
            reboot_time: Duration::from_millis(300),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("serial_number", &self.serial_number)
            .finish_non_exhaustive()
    }
}
