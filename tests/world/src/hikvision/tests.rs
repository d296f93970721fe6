//! The simulator keeps its promises of misbehaviour.

mod client;
mod fuzz;
mod login;
mod search;
mod stream;

use super::*;
use crate::clock::Clock;
use client::Client;
use expect_test::expect;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// 2026-11-20T04:30:00Z.
const MORNING: Timestamp = Timestamp::from_millis(1_795_149_000_000);

fn standing() -> Config {
    Config {
        clock: Clock::standing_at(MORNING),
        history: 0,
        ..Config::default()
    }
}

#[tokio::test]
async fn a_door_command_moves_the_door_once_and_is_written_down() {
    let terminal = Terminal::start(standing()).unwrap();
    let client = Client::of(&terminal);
    let body = "<RemoteControlDoor><cmd>open</cmd></RemoteControlDoor>";
    assert_eq!(
        client
            .ask("PUT", "/ISAPI/AccessControl/RemoteControl/door/1", body)
            .await
            .status,
        200
    );
    let moved: Vec<_> = terminal
        .openings()
        .iter()
        .map(|opening| (opening.door, opening.command, opening.at))
        .collect();
    assert_eq!(moved, [(1, DoorCommand::Open, MORNING)]);
    let codes: Vec<_> = terminal.log().iter().map(|entry| entry.what.code()).collect();
    assert_eq!(codes, [(3, 1024), (5, 21)]);
}

#[tokio::test]
async fn a_command_or_door_it_does_not_know_is_refused() {
    let terminal = Terminal::start(standing()).unwrap();
    let client = Client::of(&terminal);
    for (door, command) in [(1, "explode"), (2, "open"), (0, "open"), (1, "resume")] {
        let body = format!("<RemoteControlDoor><cmd>{command}</cmd></RemoteControlDoor>");
        let answer = client
            .ask("PUT", &format!("/ISAPI/AccessControl/RemoteControl/door/{door}"), &body)
            .await;
        assert_eq!(answer.status, 400, "{command} at door {door}");
    }
    assert_eq!(terminal.openings(), []);
    let capabilities = client
        .ask("GET", "/ISAPI/AccessControl/RemoteControl/door/capabilities", "")
        .await;
    assert!(
        capabilities
            .body
            .contains("<cmd opt=\"open,close,alwaysOpen,alwaysClose\">"),
        "{}",
        capabilities.body
    );
}

#[tokio::test]
async fn a_cut_answer_leaves_the_door_moved() {
    let terminal = Terminal::start(standing()).unwrap();
    let client = Client::of(&terminal);
    terminal.next_door_reply(DoorReply::Cut);
    let body = "<RemoteControlDoor><cmd>open</cmd></RemoteControlDoor>";
    assert_eq!(
        client
            .ask("PUT", "/ISAPI/AccessControl/RemoteControl/door/1", body)
            .await
            .status,
        0
    );
    assert_eq!(terminal.openings().len(), 1);
    terminal.next_door_reply(DoorReply::Busy);
    assert_eq!(
        client
            .ask("PUT", "/ISAPI/AccessControl/RemoteControl/door/1", body)
            .await
            .status,
        503
    );
    assert_eq!(terminal.openings().len(), 1);
}

#[tokio::test]
async fn xml_comes_under_a_json_header() {
    let terminal = Terminal::start(standing()).unwrap();
    let answer = Client::of(&terminal)
        .ask("GET", "/ISAPI/System/deviceInfo?format=json", "")
        .await;
    assert!(
        answer.head.contains("Content-Type: application/json"),
        "{}",
        answer.head
    );
    assert!(answer.body.starts_with("<?xml"), "{}", answer.body);
    let status = Client::of(&terminal)
        .ask("GET", "/ISAPI/AccessControl/AcsWorkStatus?format=json", "")
        .await;
    let status: serde_json::Value = serde_json::from_str(&status.body).unwrap();
    assert_eq!(status["AcsWorkStatus"]["doorLockStatus"].as_array().unwrap().len(), 126);
}

#[tokio::test]
async fn its_clock_drifts_until_somebody_sets_it() {
    let terminal = Terminal::start(Config {
        drift_ms: 90_000,
        ..standing()
    })
    .unwrap();
    let client = Client::of(&terminal);
    let time = client.ask("GET", "/ISAPI/System/time", "").await;
    assert!(
        time.body.contains("<localTime>2026-11-20T09:31:30+05:00</localTime>"),
        "{}",
        time.body
    );
    let body = "<Time><timeMode>manual</timeMode><localTime>2026-11-20T09:30:00+05:00</localTime></Time>";
    assert_eq!(client.ask("PUT", "/ISAPI/System/time", body).await.status, 200);
    assert_eq!(terminal.time(), MORNING);
}

#[tokio::test]
async fn a_reboot_forgets_the_push_host_and_a_foreign_slot_is_guarded() {
    let terminal = Terminal::start(Config {
        reboot_time: Duration::from_millis(1),
        ..standing()
    })
    .unwrap();
    let client = Client::of(&terminal);
    let host = |id| {
        format!(
            "<HttpHostNotification><id>{id}</id><url>/push/token</url><parameterFormatType>JSON</parameterFormatType>\
             <ipAddress>127.0.0.1</ipAddress><portNo>9</portNo></HttpHostNotification>"
        )
    };
    let states = || terminal.hosts().iter().map(|slot| slot.state).collect::<Vec<_>>();
    assert_eq!(states(), [SlotUse::Foreign, SlotUse::Free]);
    assert_eq!(
        client
            .ask("PUT", "/ISAPI/Event/notification/httpHosts/2", &host(2))
            .await
            .status,
        200
    );
    assert_eq!(states(), [SlotUse::Foreign, SlotUse::Armed]);
    terminal.reboot().await;
    assert_eq!(states(), [SlotUse::Foreign, SlotUse::Dormant]);
    assert_eq!(
        client
            .ask("PUT", "/ISAPI/Event/notification/httpHosts", &host(1))
            .await
            .status,
        200
    );
    assert_eq!(terminal.counts().trespasses, 1);
    assert_eq!(
        client
            .ask("PUT", "/ISAPI/Event/notification/httpHosts/3", &host(3))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn offline_refuses_and_the_port_stays_its_own() {
    let terminal = Terminal::start(standing()).unwrap();
    terminal.go_offline().await;
    let refused = tokio::net::TcpStream::connect(terminal.address()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    terminal.go_online().await;
    assert_eq!(
        Client::of(&terminal)
            .ask("GET", "/ISAPI/System/status", "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_factory_reset_starts_the_numbers_again() {
    let terminal = Terminal::start(Config {
        reboot_time: Duration::from_millis(1),
        ..standing()
    })
    .unwrap();
    let serials: Vec<u64> = (0..40).map(|_| terminal.deny()).collect();
    assert!(serials.is_sorted(), "{serials:?}");
    assert!(serials.last().unwrap() > &40, "no gaps: {serials:?}");
    terminal.factory_reset().await;
    let codes: Vec<_> = terminal.log().iter().map(|entry| entry.what.code()).collect();
    assert_eq!(codes, [(2, 1024)]);
    assert!(terminal.log().first().unwrap().serial <= 4);
}

#[tokio::test]
async fn a_push_has_an_event_part_without_a_type() {
    let terminal = Terminal::start(standing()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = format!(
        "<HttpHostNotification><id>2</id><url>/push/token</url><ipAddress>127.0.0.1</ipAddress><portNo>{port}</portNo></HttpHostNotification>"
    );
    assert_eq!(
        Client::of(&terminal)
            .ask("PUT", "/ISAPI/Event/notification/httpHosts", &host)
            .await
            .status,
        200
    );
    terminal.deny();
    let (mut stream, _) = listener.accept().await.unwrap();
    let request = crate::http::read_request(&mut stream, &mut bytes::BytesMut::new())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/push/token")
    );
    expect![[r#"
        --MIME_boundary
        Content-Disposition: form-data; name="event_log"

        {
        	"ipAddress":	"127.0.0.1","#]]
    .assert_eq(
        &request
            .text()
            .replace('\r', "")
            .lines()
            .take(5)
            .collect::<Vec<_>>()
            .join("\n"),
    );
}

#[tokio::test]
async fn https_shows_a_certificate_of_its_own() {
    let terminal = Terminal::start(Config {
        transport: Transport::Https,
        ..standing()
    })
    .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(terminal.certificate().unwrap().clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(terminal.address()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector
        .connect("ds-k1t342mwx.invalid".try_into().unwrap(), stream)
        .await
        .unwrap();
    stream
        .write_all(b"GET /ISAPI/System/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized"), "{answer}");
    assert_eq!(terminal.fingerprint().unwrap().len(), 64);
}
