//! Simulated code scanners: one that sends lines over a serial cable, and the keys of one that types.
//!
//! What it read is the truth that tests compare with. It sends as real ones do: in pieces, misread now and then.

#[cfg(test)]
mod tests;

use crate::{pty::Pty, rng::Rng};
use std::{io, time::Duration};

/// How it is set.
#[derive(Debug, Clone)]
pub struct Config {
    /// What ends a code.
    pub suffix: Suffix,
    /// Between two pieces of a code.
    pub pace: Duration,
    /// Seed of where codes are cut into pieces.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            suffix: Suffix::CrLf,
            pace: Duration::from_millis(2),
            seed: 1,
        }
    }
}

/// What ends a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// Carriage return.
    Cr,
    /// Line feed.
    Lf,
    /// Both.
    CrLf,
}

impl Suffix {
    /// All of them.
    pub const ALL: [Suffix; 3] = [Suffix::Cr, Suffix::Lf, Suffix::CrLf];

    const fn bytes(self) -> &'static [u8] {
        match self {
            Suffix::Cr => b"\r",
            Suffix::Lf => b"\n",
            Suffix::CrLf => b"\r\n",
        }
    }
}

/// A scanner on a serial cable. Dropping it pulls it out.
#[derive(Debug)]
pub struct Scanner {
    pty: Pty,
    config: Config,
    rng: Rng,
    read: Vec<String>,
}

impl Scanner {
    /// Plugs a scanner in. Must be called within a tokio runtime.
    pub fn start(config: Config) -> anyhow::Result<Self> {
        Ok(Self {
            pty: Pty::open()?,
            rng: Rng::new(config.seed),
            config,
            read: Vec::new(),
        })
    }

    /// Where it is plugged in.
    pub fn path(&self) -> &str {
        self.pty.path()
    }

    /// The codes it read and sent whole, oldest first.
    pub fn read(&self) -> &[String] {
        &self.read
    }

    /// Somebody shows it a code.
    pub async fn scan(&mut self, code: &str) -> io::Result<()> {
        let bytes = [code.as_bytes(), self.config.suffix.bytes()].concat();
        self.send(&bytes).await?;
        self.read.push(code.to_owned());
        Ok(())
    }

    /// It breaks off in the middle of a code: its battery, or its cable.
    pub async fn break_off(&mut self, code: &str) -> io::Result<()> {
        let half = code.as_bytes().split_at(code.len() / 2).0;
        self.send(half).await
    }

    /// Bytes come that nobody meant: noise on the cable, or another speed.
    pub async fn noise(&mut self, length: usize) -> io::Result<()> {
        let noise: Vec<u8> = (0..length).map(|_| self.rng.throw().to_le_bytes()[0]).collect();
        self.send(&noise).await
    }

    async fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let length = 1 + usize::try_from(self.rng.below(8)).unwrap_or_default();
            let (piece, rest) = bytes.split_at(length.min(bytes.len()));
            self.pty.write(piece).await?;
            bytes = rest;
            tokio::time::sleep(self.config.pace).await;
        }
        Ok(())
    }
}

/// A key that goes down or up, by its code (`linux/input-event-codes.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStroke {
    /// It goes down.
    Down(u16),
    /// It goes up.
    Up(u16),
}

/// Whether shift is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shift {
    On,
    Off,
}

/// Codes of the left shift and of Enter.
const SHIFT: u16 = 42;
const ENTER: u16 = 28;
/// The left shift in a report, and the usage of Enter.
const LEFT_SHIFT: u8 = 0x02;
const ENTER_USAGE: u8 = 0x28;
/// The usage of the first key below.
const FIRST_USAGE: u8 = 4;

/// What the kernel makes of HID usages from there on (`drivers/hid/hid-input.c`, `hid_keyboard`).
const KEYS: [u16; 53] = [
    30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44, 2, 3, 4, 5,
    6, 7, 8, 9, 10, 11, 28, 1, 14, 15, 57, 12, 13, 26, 27, 43, 43, 39, 40, 41, 51, 52, 53,
];
/// What those usages type on a US layout (USB HID Usage Tables 1.4 §10); 0: no character.
const PLAIN: &[u8; 53] = b"abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]\\\0;'`,./";
const SHIFTED: &[u8; 53] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\0\0\0\0\0_+{}|\0:\"~<>?";

/// The usage that types each character.
fn usages(code: &str) -> impl Iterator<Item = (u8, Shift)> {
    let on = |keys: &[u8; 53], byte| {
        keys.iter()
            .zip(FIRST_USAGE..)
            .find(|(typed, _)| **typed == byte)
            .map(|(_, usage)| usage)
    };
    let typed = code.bytes().filter(|byte| *byte != 0);
    typed.filter_map(move |byte| {
        let plain = on(PLAIN, byte).map(|usage| (usage, Shift::Off));
        plain.or_else(|| on(SHIFTED, byte).map(|usage| (usage, Shift::On)))
    })
}

/// What a scanner that types does with a code, Enter included, as the keyboard's driver tells it; characters that no key
/// types are left out, as such scanners do.
pub fn strokes(code: &str) -> Vec<KeyStroke> {
    let mut strokes = Vec::new();
    for (usage, shift) in usages(code) {
        let Some(key) = KEYS.get(usize::from(usage - FIRST_USAGE)).copied() else {
            continue;
        };
        match shift {
            Shift::Off => strokes.extend([KeyStroke::Down(key), KeyStroke::Up(key)]),
            Shift::On => {
                strokes.extend([
                    KeyStroke::Down(SHIFT),
                    KeyStroke::Down(key),
                    KeyStroke::Up(key),
                    KeyStroke::Up(SHIFT),
                ]);
            }
        }
    }
    strokes.extend([KeyStroke::Down(ENTER), KeyStroke::Up(ENTER)]);
    strokes
}

/// The same as it goes over USB: boot keyboard reports (USB HID 1.11, appendix B.1), one for each key that goes down and
/// one for its release.
pub fn reports(code: &str) -> Vec<[u8; 8]> {
    let usages = usages(code).chain([(ENTER_USAGE, Shift::Off)]);
    usages
        .flat_map(|(usage, shift)| {
            let modifiers = if shift == Shift::On { LEFT_SHIFT } else { 0 };
            [[modifiers, 0, usage, 0, 0, 0, 0, 0], [0; 8]]
        })
        .collect()
}
