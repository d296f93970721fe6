//! How the demo reads the live stream and tells an event.

use crate::live::{Frame, Frames, line};
use expect_test::expect;
use serde_json::json;

#[test]
fn a_stream_is_read_however_it_is_cut() {
    let stream = b": hello\n\nid: 7\nevent: event\ndata: {\"a\":1}\r\n\r\nid:8\ndata:x\n\nid: 9\ndata: unfinished";
    let frame = |id: &str, data: &str| Frame {
        id: Some(id.to_owned()),
        data: data.to_owned(),
    };
    let expected = [frame("7", "{\"a\":1}"), frame("8", "x")];
    for size in 1..=stream.len() {
        let mut frames = Frames::default();
        let found: Vec<Frame> = stream.chunks(size).flat_map(|chunk| frames.push(chunk)).collect();
        assert_eq!(found, expected, "cut into {size} bytes");
    }
}

#[test]
fn an_event_is_one_line() {
    let stored = json!({
        "type": "access.granted", "at": "2026-11-20T04:30:00.000Z",
        "event": {"data": {"device": "terminal-1", "person": "1042", "key_kind": "card"}, "replay": true},
    });
    expect!["04:30:00  access.granted        terminal-1      1042, card  (from the device's own log)"]
        .assert_eq(&line(&stored).unwrap());
    assert_eq!(line(&json!({"type": "access.granted"})), None);
}
