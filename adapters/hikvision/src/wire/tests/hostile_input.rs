//! Anything at all: nothing panics, nothing grows beyond its limit. Fuzz targets, run for a bounded time by the tests.

use crate::wire::{alert, body, clock, digest, door, http_hosts, identity, lock, multipart, search, status};

/// Rounds per target under `cargo test`; a fuzzer brings its own.
const ROUNDS: usize = 3_000;

#[test]
fn fuzz_bodies() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let _ = body::parse(bytes);
        let _ = alert::parse(bytes);
        let _ = identity::parse(bytes);
        let _ = door::parse(bytes);
        let _ = search::parse(bytes);
        let _ = search::page_cap(bytes);
        let _ = http_hosts::parse(bytes);
        let _ = status::parse(bytes);
        let _ = lock::parse(bytes);
        let _ = clock::parse(bytes);
    });
}

#[test]
fn fuzz_xml() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        const PIECES: [&str; 12] = [
            "<Time>",
            "</Time>",
            "<a x=\"&amp;1\">",
            "</a>",
            "<b/>",
            "&lt;",
            "&#0;",
            "<![CDATA[<]]>",
            "<!--",
            "-->",
            "<?x?>",
            "t",
        ];
        let text: String = bytes
            .iter()
            .filter_map(|byte| PIECES.get(usize::from(*byte) % PIECES.len()))
            .copied()
            .collect();
        let _ = body::parse(text.as_bytes());
        let _ = clock::parse(text.as_bytes());
    });
}

#[test]
fn fuzz_clock_texts() {
    bolero::check!()
        .with_iterations(ROUNDS)
        .with_type::<(String, String, i64)>()
        .for_each(|(local, zone, now)| {
            let body = serde_json::json!({"Time": {"localTime": local, "timeZone": zone}}).to_string();
            if let Some(time) = clock::parse(body.as_bytes()) {
                let _ = time.moment(0);
                let _ = time.set(protocol::Timestamp::from_millis(*now), i32::MAX);
            }
        });
}

#[test]
fn fuzz_challenges() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        for offer in digest::offers([text.as_ref(), &format!("Digest {text}")]) {
            if let digest::AuthOffer::Digest(challenge) = offer {
                let signing = digest::DigestInput {
                    username: &text,
                    password: "",
                    method: "GET",
                    target: "/",
                    cnonce: &text,
                };
                let _ = challenge.authorization(&signing);
            }
        }
    });
}

#[test]
fn fuzz_parts() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        const PIECES: [&[u8]; 12] = [
            b"--B",
            b"\r\n",
            b"\r\n\r\n",
            b"--B\r\n",
            b"--B--",
            b"{",
            b"}",
            b"\"",
            b"<a>",
            b"</a>",
            b"Content-Disposition: x; name=",
            b"xyz",
        ];
        let mut parts = multipart::MultipartParser::new("B", 64);
        for (index, byte) in bytes.iter().enumerate() {
            parts.feed(
                PIECES
                    .get(usize::from(*byte) % 16)
                    .copied()
                    .unwrap_or_else(|| bytes.get(..index).unwrap_or_default()),
            );
            while let Some(piece) = parts.next() {
                if let multipart::ParsedPart::Part(part) = piece {
                    assert!(part.body.len() <= 64);
                }
            }
        }
        let _ = parts.finish();
        let _ = alert::parse_push("multipart/form-data; boundary=B", bytes);
        let _ = multipart::boundary(&String::from_utf8_lossy(bytes));
    });
}
