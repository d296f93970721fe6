//! Paper, head, blade and buffer of a receipt printer.
//!
//! It knows nothing of sockets. Without paper or with its cover open it takes bytes and does nothing with them, as real
//! ones do: put paper in, and it goes on.

use super::{
    Config,
    command::{self, Command},
    picture::Picture,
};
use std::collections::VecDeque;
use tokio::time::Instant;

/// How answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// At once, in one piece.
    Whole,
    /// Byte by byte, with a status frame before each answer.
    Split,
    /// Not at all.
    Silent,
    /// Status, but nothing about what is done.
    NeverDone,
}

/// Whether a part works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// It does.
    Works,
    /// It does not: the blade is stuck, the cover is open.
    Fails,
}

/// A sheet of paper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its dots; letters of text mode are not drawn.
    pub picture: Picture,
    /// Letters of text mode, in whatever code page, a line feed after each line.
    pub text: Vec<u8>,
}

/// What it counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often the blade fell.
    pub cuts: u64,
    /// Currents on the drawer connector.
    pub pulses: u64,
    /// Connections.
    pub connections: u64,
    /// Bytes that came.
    pub bytes: u64,
    /// Commands it does not know.
    pub unknown: u64,
    /// How often it was told to forget what it held.
    pub forgotten: u64,
}

/// Rows of one line of text.
const LINE: u32 = 30;

/// The printer.
pub(super) struct Mechanism {
    pub(super) config: Config,
    pub(super) roll: u32,
    pub(super) cover: PartState,
    pub(super) cutter: PartState,
    pub(super) sheets: Vec<Sheet>,
    pub(super) hanging: Sheet,
    pub(super) counts: Counters,
    pub(super) began: Vec<Instant>,
    buffer: VecDeque<u8>,
    /// Bytes across and rows that are still to come of an image.
    raster: Option<(usize, usize)>,
    kept: Option<(usize, Vec<u8>)>,
    align: u8,
    tells: u8,
    said: Option<[u8; 4]>,
    stuck: PartState,
    /// The last bytes that came: a command in real time may be cut anywhere.
    tail: Vec<u8>,
    answers: Vec<u8>,
}

impl Mechanism {
    pub(super) fn new(config: Config) -> Self {
        let width = usize::try_from(config.width).unwrap_or(0);
        let hanging = Sheet {
            picture: Picture::new(width),
            text: Vec::new(),
        };
        Self {
            roll: config.roll,
            cover: PartState::Works,
            cutter: PartState::Works,
            sheets: Vec::new(),
            hanging,
            counts: Counters::default(),
            began: Vec::new(),
            buffer: VecDeque::new(),
            raster: None,
            kept: None,
            align: 0,
            tells: 0,
            said: None,
            stuck: PartState::Works,
            tail: Vec::new(),
            answers: Vec::new(),
            config,
        }
    }

    /// How many bytes it would take now.
    pub(super) fn room(&self) -> usize {
        self.config.room.saturating_sub(self.buffer.len())
    }

    /// Bytes come. What is asked in real time is answered whatever else it does.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.counts.bytes += bytes.len() as u64;
        self.buffer.extend(bytes);
        for byte in bytes {
            self.tail.push(*byte);
            match self.tail.as_slice() {
                [.., 0x10, 0x04, kind @ 1..=4] => {
                    let answer = self.now(*kind);
                    self.answer(&[answer]);
                }
                [.., 0x10, 0x05, 1 | 2] => self.forget(),
                [.., 0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8] => self.forget(),
                _ => {}
            }
            let surplus = self.tail.len().saturating_sub(10);
            self.tail.drain(..surplus);
        }
    }

    fn forget(&mut self) {
        self.counts.forgotten += 1;
        self.buffer.clear();
        self.raster = None;
        self.stuck = PartState::Works;
    }

    /// Works off so many bytes at most.
    pub(super) fn work(&mut self, mut budget: usize) {
        while budget > 0 && self.can_print() {
            let before = self.buffer.len();
            let went_on = match self.raster {
                Some((across, rows)) => self.row(across, rows),
                None => command::take(&mut self.buffer)
                    .map(|command| self.obey(command))
                    .is_some(),
            };
            if !went_on {
                break;
            }
            budget = budget.saturating_sub(before - self.buffer.len());
        }
        self.tell();
    }

    fn can_print(&self) -> bool {
        self.roll > 0 && self.cover == PartState::Works && self.stuck == PartState::Works
    }

    fn row(&mut self, across: usize, rows: usize) -> bool {
        if rows == 0 || across == 0 {
            self.raster = None;
            return true;
        }
        if self.buffer.len() < across {
            return false;
        }
        let bits: Vec<u8> = self.buffer.drain(..across).collect();
        let left = self.left_of(across * 8);
        self.hanging.picture.push_bits(&bits, left);
        self.roll -= 1;
        self.raster = Some((across, rows - 1));
        true
    }

    fn left_of(&self, width: usize) -> usize {
        let free = self.hanging.picture.width().saturating_sub(width);
        match self.align {
            1 => free / 2,
            2 => free,
            _ => 0,
        }
    }

    fn feed(&mut self, rows: u32) {
        let rows = rows.min(self.roll);
        self.roll -= rows;
        self.hanging.picture.push_blank(usize::try_from(rows).unwrap_or(0));
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Reset => self.align = 0,
            Command::Align(align) => self.align = align,
            Command::Letter(letter) => self.hanging.text.push(letter),
            Command::Lines(lines) => {
                self.hanging.text.push(b'\n');
                self.feed(u32::from(lines) * LINE);
            }
            Command::Rows(rows) => self.feed(u32::from(rows)),
            Command::Pulse(_) => self.counts.pulses += 1,
            Command::Tell(what) => {
                self.tells = what;
                self.said = None;
            }
            Command::Ask(_) => {
                if self.config.answers != Answers::NeverDone {
                    let paper = if self.near_end() { 0x03 } else { 0 };
                    self.answer(&[paper]);
                }
            }
            Command::Identify(what) => self.identify(what),
            Command::Cut => self.cut(),
            Command::Raster { across, rows } => {
                if self.hanging.picture.ink() == 0 {
                    self.began.push(Instant::now());
                }
                self.raster = Some((across, rows));
            }
            Command::Keep { across, bits } => self.kept = Some((across, bits)),
            Command::PrintKept => {
                if let Some((across, bits)) = self.kept.take() {
                    let left = self.left_of(across * 8);
                    for row in bits.chunks(across.max(1)) {
                        self.hanging.picture.push_bits(row, left);
                        self.roll = self.roll.saturating_sub(1);
                    }
                }
            }
            Command::Other => {}
            Command::Unknown(byte) => {
                tracing::debug!(byte, "a command that the simulated printer does not know");
                self.counts.unknown += 1;
            }
        }
    }

    fn identify(&mut self, what: u8) {
        let name: &[u8] = match what {
            66 => b"_EPSON\0",
            67 => b"_TM-T88V\0",
            _ => b"_\0",
        };
        self.answer(name);
    }

    fn cut(&mut self) {
        if self.cutter == PartState::Fails {
            self.stuck = PartState::Fails;
            return;
        }
        self.counts.cuts += 1;
        let width = self.hanging.picture.width();
        let next = Sheet {
            picture: Picture::new(width),
            text: Vec::new(),
        };
        self.sheets.push(std::mem::replace(&mut self.hanging, next));
    }

    fn near_end(&self) -> bool {
        self.roll < self.config.near_end
    }

    /// The answer to `DLE EOT`.
    fn now(&self, kind: u8) -> u8 {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let open = self.cover == PartState::Fails;
        0x12 | match kind {
            1 => bit(!self.can_print(), 0x08),
            2 => bit(open, 0x04) | bit(self.roll == 0, 0x20) | bit(self.stuck == PartState::Fails, 0x40),
            3 => bit(self.stuck == PartState::Fails, 0x08),
            _ => bit(self.near_end(), 0x0c) | bit(self.roll == 0, 0x60),
        }
    }

    fn frame(&self) -> [u8; 4] {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        [
            0x10 | bit(!self.can_print(), 0x08) | bit(self.cover == PartState::Fails, 0x20),
            bit(self.stuck == PartState::Fails, 0x08),
            bit(self.near_end(), 0x03) | bit(self.roll == 0, 0x0c),
            0x0f,
        ]
    }

    /// Says how it is, where it was asked to and that is news.
    fn tell(&mut self) {
        let frame = self.frame();
        if self.tells != 0 && self.said != Some(frame) {
            self.said = Some(frame);
            self.answers.extend_from_slice(&frame);
        }
    }

    /// Says how it is once more.
    pub(super) fn murmur(&mut self) {
        self.said = None;
    }

    fn answer(&mut self, bytes: &[u8]) {
        if self.config.answers == Answers::Split && self.tells != 0 {
            let frame = self.frame();
            self.answers.extend_from_slice(&frame);
        }
        self.answers.extend_from_slice(bytes);
    }

    /// What it says.
    pub(super) fn said(&mut self) -> Vec<u8> {
        let said = std::mem::take(&mut self.answers);
        if self.config.answers == Answers::Silent {
            return Vec::new();
        }
        said
    }
}
