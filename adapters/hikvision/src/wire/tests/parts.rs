//! Multipart: however the bytes are cut, the same parts come out, as soon as they can.

use crate::wire::multipart::{MultipartParser, ParsedPart, boundary};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn shown(piece: &ParsedPart) -> String {
    match piece {
        ParsedPart::Part(part) => {
            let name = part.name.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
            format!("{name}{}", String::from_utf8_lossy(&part.body).escape_debug())
        }
        ParsedPart::TooLong => "too long".to_owned(),
    }
}

fn parts(stream: &[u8], step: usize, limit: usize) -> Vec<String> {
    let mut parts = MultipartParser::new("B", limit);
    let mut seen = Vec::new();
    for piece in stream.chunks(step.max(1)) {
        parts.feed(piece);
        seen.extend(std::iter::from_fn(|| parts.next()).map(|piece| shown(&piece)));
    }
    seen.extend(parts.finish().map(|piece| shown(&piece)));
    seen
}

fn check(stream: &str, expect: &Expect) {
    let whole = parts(stream.as_bytes(), stream.len(), 64);
    for step in 1..stream.len() {
        assert_eq!(parts(stream.as_bytes(), step, 64), whole, "in steps of {step}");
    }
    expect.assert_eq(&whole.join("\n"));
}

#[test]
fn json_and_xml_parts() {
    check(
        "preamble\r\n--B\r\nContent-Type: application/json\r\n\r\n{\"a\":\"}\\\"\"}\r\n--B\r\n\r\n<?xml version=\"1.0\"?>\n<!-- <x> --><a b=\"1\">t</a>\r\n--B--\r\nepilogue",
        &expect![[r#"
            {\"a\":\"}\\\"\"}
            <?xml version=\"1.0\"?>\n<!-- <x> --><a b=\"1\">t</a>"#]],
    );
}

#[test]
fn lengths_are_never_believed() {
    check(
        "--B\r\nContent-Length: 1\r\n\r\n{\"a\":1}\r\n--B\r\nContent-Length: 999\r\n\r\n{\"b\":2}\r\n--B\r\nContent-Length: -7\r\n\r\n{}\r\n--B--",
        &expect![[r#"
            {\"a\":1}
            {\"b\":2}
            {}"#]],
    );
}

#[test]
fn bare_line_feeds_and_missing_headers() {
    check(
        "--B\n\n{\"a\":1}\n--B\nX: y\n\nplain text\n--B--",
        &expect![[r#"
        {\"a\":1}
        plain text"#]],
    );
}

#[test]
fn letters_of_the_boundary_inside_a_part_end_nothing() {
    check(
        "--B\r\n\r\nJFIF--Bx--B-y --B\r-- end\r\n--B\r\n\r\n[]\r\n--B--",
        &expect![[r#"
            JFIF--Bx--B-y --B\r-- end
            []"#]],
    );
}

#[test]
fn too_long_is_skipped_and_the_next_part_read() {
    let stream = format!(
        "--B\r\n\r\n{}\r\n--B\r\n\r\n[1]\r\n--B\r\n\r\n[{}]\r\n--B\r\n\r\n[2]\r\n--B--",
        "x".repeat(300),
        "0,".repeat(60)
    );
    for step in [1, 7, stream.len()] {
        assert_eq!(
            parts(stream.as_bytes(), step, 64),
            ["too long", "[1]", "too long", "[2]"],
            "in steps of {step}"
        );
    }
}

#[test]
fn a_part_comes_out_before_its_closing_boundary() {
    let mut parts = MultipartParser::new("B", 64);
    parts.feed(b"--B\r\nContent-Type: application/json\r\n\r\n{\"a\":[1,2]}");
    assert!(matches!(parts.next(), Some(ParsedPart::Part(_))));
    assert_eq!(parts.next(), None);
}

#[test]
fn boundaries_of_content_types() {
    for (content_type, expected) in [
        ("multipart/mixed; boundary=MIME_boundary", Some("MIME_boundary")),
        ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", Some("a b")),
        ("multipart/mixed", None),
        ("multipart/mixed; boundary=", None),
        ("application/json; boundary=x", None),
    ] {
        assert_eq!(boundary(content_type).as_deref(), expected, "{content_type}");
    }
}

proptest! {
    #[test]
    fn any_parts_survive_any_cuts(
        bodies in prop::collection::vec("[a-z{}\\[\\]<>/\"\\\\ \r\n-]{0,40}", 1..6),
        step in 1usize..50,
    ) {
        let stream: String = bodies.iter().map(|body| format!("--B\r\nContent-Length: 3\r\n\r\n{body}\r\n")).collect();
        let stream = format!("{stream}--B--\r\n");
        prop_assert_eq!(parts(stream.as_bytes(), step, 1000), parts(stream.as_bytes(), stream.len(), 1000));
    }

    #[test]
    fn any_json_parts_come_out_as_they_went_in(
        texts in prop::collection::vec("\\PC{0,30}", 1..6),
        step in 1usize..50,
    ) {
        let bodies: Vec<String> = texts.iter().map(|text| serde_json::json!({"t": text, "n": [1, {"x": text}]}).to_string()).collect();
        let stream: String = bodies.iter().map(|body| format!("--B\r\n\r\n{body}\r\n")).collect();
        let mut parts = MultipartParser::new("B", 10_000);
        let mut seen = Vec::new();
        for piece in stream.as_bytes().chunks(step) {
            parts.feed(piece);
            while let Some(piece) = parts.next() {
                let ParsedPart::Part(part) = piece else { panic!("short enough") };
                seen.push(String::from_utf8(part.body).expect("text"));
            }
        }
        prop_assert_eq!(seen, bodies);
    }
}
