//! Bytes of real devices, read from `../shared/fixtures/public` where the machine has it. They are never committed.

use crate::wire::{
    alert::{self, Alert},
    log::AccessLogEntry,
    multipart::{MultipartParser, ParsedPart},
    search,
};
use expect_test::expect;
use std::path::Path;

fn fixture(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/fixtures/public/hikvision")
        .join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("SKIPPED: {} is not on this machine", path.display());
    }
    bytes
}

#[test]
fn the_stream_of_a_ds_k1t342mwx() {
    let Some(bytes) = fixture("alertStream_DS-K1T342MWX_11parts.txt") else {
        return;
    };
    let whole = entries(&bytes, bytes.len());
    for step in [1, 5, 1460] {
        assert_eq!(entries(&bytes, step), whole, "in steps of {step}");
    }
    expect![[r##"
        #1 (2, 1024) 2025-06-22T10:26:22-04:00 None None Replayed
        #2 (5, 23) 2025-06-22T10:26:24-04:00 Some(1) None Replayed
        #3 (5, 21) 2025-06-22T10:26:24-04:00 Some(1) None Replayed
        #4 (5, 22) 2025-06-22T10:26:29-04:00 Some(1) None Replayed
        #5 (2, 39) 2025-06-22T10:26:29-04:00 None None Replayed
        #6 (3, 240) 2025-06-22T10:29:41-04:00 None None Replayed
        #7 (2, 1031) 2025-06-22T10:30:40-04:00 None None Replayed
        #10 (3, 112) 2025-06-22T10:34:16-04:00 None None Replayed
        #17 (5, 21) 2025-06-22T10:37:34-04:00 Some(1) None Replayed
        #18 (5, 75) 2025-06-22T10:37:34-04:00 None Some("somebody") Replayed
        #19 (5, 22) 2025-06-22T10:37:39-04:00 Some(1) None Replayed"##]]
    .assert_eq(&whole.join("\n"));
}

fn entries(stream: &[u8], step: usize) -> Vec<String> {
    let mut parts = MultipartParser::new("MIME_boundary", 4096);
    let mut seen = Vec::new();
    for piece in stream.chunks(step) {
        parts.feed(piece);
        while let Some(piece) = parts.next() {
            let ParsedPart::Part(part) = piece else {
                panic!("no part is that long")
            };
            let Ok(Alert::Entry(entry)) = alert::parse(&part.body) else {
                panic!("every part is an entry")
            };
            let AccessLogEntry {
                number,
                code,
                at,
                door,
                person,
                age,
                ..
            } = entry;
            let person = person.map(|_| "somebody");
            seen.push(format!(
                "#{number} {code:?} {} {door:?} {person:?} {age:?}",
                at.unwrap_or_default()
            ));
        }
    }
    seen
}

#[test]
fn the_search_capabilities_of_a_ds_k1t342mwx() {
    let Some(bytes) = fixture("acs_event_capabilities_DS-K1T342MWX_trimmed.json") else {
        return;
    };
    assert_eq!(search::page_cap(&bytes), Some(30));
}
