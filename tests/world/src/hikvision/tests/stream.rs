//! The endless stream: replay, live events, one slot, lengths that lie.

use super::*;
use crate::hikvision::login::md5_hex;
use tokio::{io::AsyncReadExt as _, net::TcpStream};

const PATH: &str = "/ISAPI/Event/notification/alertStream";

/// Opens a stream and swallows its head.
async fn open(client: &Client) -> (TcpStream, String) {
    let nonce = client.challenge("GET", PATH).await;
    let who = md5_hex("admin:IP Camera(F2563):Ostona-2026");
    let what = md5_hex(&format!("GET:{PATH}"));
    let proof = md5_hex(&format!("{who}:{nonce}:{what}"));
    let header = format!(
        "Authorization: Digest username=\"admin\", realm=\"IP Camera(F2563)\", nonce=\"{nonce}\", uri=\"{PATH}\", response=\"{proof}\"\r\n"
    );
    let mut stream = client.open("GET", PATH, &header, "").await;
    let head = read_until(&mut stream, "\r\n\r\n").await;
    (stream, head)
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    text
}

#[tokio::test]
async fn the_whole_log_comes_first_on_every_connect() {
    let quirks = Quirks {
        slot_linger: Duration::ZERO,
        ..Quirks::default()
    };
    let terminal = Terminal::start(Config {
        history: 3,
        quirks,
        ..standing()
    })
    .unwrap();
    let client = Client::of(&terminal);
    for old in [3, 4] {
        let (mut stream, head) = open(&client).await;
        assert!(
            head.contains("Content-Type: multipart/mixed; boundary=MIME_boundary"),
            "{head}"
        );
        for _ in 0..old {
            assert!(
                read_until(&mut stream, "\n}\r\n")
                    .await
                    .contains("\"currentEvent\":\tfalse")
            );
        }
        terminal.deny();
        let live = read_until(&mut stream, "\n}\r\n").await;
        assert!(
            live.contains("\"currentEvent\":\ttrue") && live.contains("\"subEventType\":\t76"),
            "{live}"
        );
        terminal.cut().await;
    }
}

#[tokio::test]
async fn a_second_stream_gets_404_while_the_first_is_held_and_a_while_after() {
    let config = standing();
    let clock = config.clock.clone();
    let terminal = Terminal::start(config).unwrap();
    let client = Client::of(&terminal);
    let (stream, _) = open(&client).await;
    assert_eq!(client.ask("GET", PATH, "").await.status, 404);
    drop(stream);
    while terminal.streams_held() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.ask("GET", PATH, "").await.status, 404);
    clock.advance(Duration::from_secs(1));
    let (_stream, head) = open(&client).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!((terminal.counts().streams, terminal.counts().streams_refused), (2, 2));
}

#[tokio::test]
async fn lengths_are_right_wrong_or_absent() {
    let terminal = Terminal::start(Config {
        history: 40,
        ..standing()
    })
    .unwrap();
    let (mut stream, _) = open(&Client::of(&terminal)).await;
    let (mut right, mut wrong, mut absent) = (0, 0, 0);
    for _ in 0..40 {
        let part = read_until(&mut stream, "\n}\r\n").await;
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        match head.split_once("Content-Length: ") {
            None => absent += 1,
            Some((_, length)) if length.trim() == (body.len() - 2).to_string() => right += 1,
            Some(_) => wrong += 1,
        }
    }
    assert!(
        right > 0 && wrong > 0 && absent > 0,
        "right {right}, wrong {wrong}, absent {absent}"
    );
}

#[tokio::test]
async fn a_part_looks_like_the_recorded_one() {
    let quirks = Quirks {
        part_length: PartLength::Right,
        ..Quirks::default()
    };
    let terminal = Terminal::start(Config { quirks, ..standing() }).unwrap();
    terminal.badge("42", KeyKind::Face);
    let (mut stream, _) = open(&Client::of(&terminal)).await;
    let part = read_until(&mut stream, "\n}\r\n").await;
    expect![[r#"
        --MIME_boundary
        Content-Type: application/json; charset="UTF-8"
        Content-Length: 738

        {
          "ipAddress":  "127.0.0.1",
          "portNo":  80,
          "protocol":  "HTTP",
          "macAddress":  "02:00:00:00:00:01",
          "channelID":  1,
          "dateTime":  "2026-11-20T09:30:00+05:00",
          "activePostCount":  1,
          "eventType":  "AccessControllerEvent",
          "eventState":  "active",
          "eventDescription":  "Access Controller Event",
          "AccessControllerEvent":  {
            "deviceName":  "Front door",
            "majorEventType":  5,
            "subEventType":  75,
            "name":  "Person 42",
            "cardReaderKind":  1,
            "cardReaderNo":  1,
            "employeeNoString":  "42",
            "serialNo":  1,
            "userType":  "normal",
            "currentVerifyMode":  "cardOrFace",
            "currentEvent":  false,
            "frontSerialNo":  0,
            "attendanceStatus":  "undefined",
            "label":  "",
            "statusValue":  0,
            "mask":  "no",
            "purePwdVerifyEnable":  true
          }
        }
    "#]]
    .assert_eq(&part.replace('\r', "").replace('\t', "  "));
}

#[tokio::test]
async fn a_camera_speaks_xml_and_beats_with_videoloss() {
    let config = Config {
        model: Model::Camera,
        heartbeat: Duration::from_millis(1),
        ..standing()
    };
    let terminal = Terminal::start(config).unwrap();
    let (mut stream, head) = open(&Client::of(&terminal)).await;
    assert!(head.contains("boundary=boundary"), "{head}");
    let beat = read_until(&mut stream, "</EventNotificationAlert>\r\n").await;
    assert!(
        beat.starts_with("--boundary\r\n") && beat.contains("<eventType>videoloss</eventType>"),
        "{beat}"
    );
}

#[test]
fn the_recorded_stream_has_the_same_field_names_in_the_same_order() {
    let Some(recorded) = crate::fixtures::public("hikvision/alertStream_DS-K1T342MWX_11parts.txt") else {
        return;
    };
    let names = |text: &str| {
        let names = text.lines().filter_map(|line| {
            line.trim()
                .strip_prefix('"')?
                .split_once('"')
                .map(|(name, _)| name.to_owned())
        });
        names
            .filter(|name| !["FaceRect", "height", "width", "x", "y", "verifyNo"].contains(&name.as_str()))
            .collect::<Vec<_>>()
    };
    let recorded = String::from_utf8(recorded).unwrap();
    let face = recorded
        .split("--MIME_boundary")
        .find(|part| part.contains("\"subEventType\":\t75"))
        .unwrap();
    let what = LogEntryKind::Granted {
        person: "42".to_owned(),
        key: KeyKind::Face,
    };
    let entry = Entry {
        serial: 18,
        front: 17,
        at: MORNING,
        what,
    };
    let ours = parts::event(&standing(), &entry, parts::Currency::Replayed);
    assert_eq!(names(&ours), names(face));
}
