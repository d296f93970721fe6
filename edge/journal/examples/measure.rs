//! Measures the journal on a real disk: `measure fill DIR EVENTS` (ends without closing, as if killed),
//! `measure open DIR`, `measure trickle DIR facts|telemetry EVENTS` (20 a second: facts one by one, telemetry by the
//! second, a checkpoint every 30 s; without the waiting).
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a tool for developers"
)]

use edge_journal::{Journal, JournalOptions};
use protocol::{Epoch, Lane, Seq};

const BODY: [u8; 240] = [b'x'; 240];

fn main() {
    let arguments = std::env::args().collect::<Vec<_>>();
    let options = JournalOptions::new(&arguments[2], Epoch(1));
    let count = |index: usize| arguments[index].parse::<u64>().unwrap();
    match arguments[1].as_str() {
        "fill" => fill(options, count(3)),
        "open" => open(options),
        "trickle" => trickle(options, arguments[3].parse().unwrap(), count(4)),
        other => println!("no such measurement: {other}"),
    }
}

fn fill(options: JournalOptions, events: u64) {
    let (mut journal, _) = Journal::open(options).unwrap();
    for n in 1..=events {
        journal.append(Lane::Facts, &BODY).unwrap();
        if n % 1000 == 0 {
            journal.commit(Lane::Facts).unwrap();
        }
    }
    std::process::abort();
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn open(options: JournalOptions) {
    let started = std::time::Instant::now();
    let (journal, recovery) = Journal::open(options).unwrap();
    let opened = started.elapsed();
    let (reader, mut after, mut bytes) = (journal.reader(), Seq::ZERO, 0);
    let memory = memory();
    let started = std::time::Instant::now();
    while let Some(records) = reader.after(Lane::Facts, after, 4 << 20).unwrap() {
        (after, bytes) = (records.last, bytes + records.bytes.len());
    }
    println!(
        "opened in {opened:?} with {} unsent, {recovery:?}",
        journal.usage(Lane::Facts).unsent
    );
    println!(
        "{memory}; {bytes} bytes read in {:?}, then {}",
        started.elapsed(),
        self::memory()
    );
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn trickle(options: JournalOptions, lane: Lane, events: u64) {
    let (mut journal, _) = Journal::open(options).unwrap();
    let (before, started) = (written(), std::time::Instant::now());
    for n in 1..=events {
        journal.append(lane, &BODY).unwrap();
        if lane == Lane::Facts || n % 20 == 0 {
            journal.commit(lane).unwrap();
        }
        if n % 600 == 0 {
            journal.checkpoint(&[]).unwrap();
        }
    }
    let (bytes, elapsed) = (written() - before, started.elapsed());
    println!(
        "{lane}: {} bytes written and {:?} per event",
        bytes / events,
        elapsed / u32::try_from(events).unwrap()
    );
}

/// Bytes this process caused to be written to disk.
fn written() -> u64 {
    line("/proc/self/io", "write_bytes:").parse().unwrap()
}

fn memory() -> String {
    format!("resident {}", line("/proc/self/status", "VmRSS:"))
}

fn line(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap()
        .trim()
        .to_owned()
}
