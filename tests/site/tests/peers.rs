//! Software that nobody here wrote accepts the simulated building as the real thing.
//!
//! What it says is asserted, not only that it ended: a client that gave up quietly proves nothing.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use std::time::Duration;
use tests_world::{
    hikvision::{Config, DoorCommand, Model, Motion, Terminal},
    http::encode_request,
    httpbin, peers,
    process::Program,
    zkteco::{self, EventLayout, RecordLayout, StrayPackets, TcpSplitting, UserLayout},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const USER: &str = "admin";
const PASSWORD: &str = "Ostona-2026";
const LIMIT: Duration = Duration::from_secs(60);

async fn expect(program: &mut Program, lines: &[&str]) {
    for line in lines {
        program.says(line, LIMIT).await.unwrap();
    }
}

#[tokio::test]
async fn hikvisionapi_opens_a_door_and_reads_the_log() {
    let terminal = Terminal::start(Config {
        history: 5,
        ..Config::default()
    })
    .unwrap();
    let url = format!("http://{}", terminal.address());
    let script = peers::script("hikvisionapi_terminal.py")
        .unwrap()
        .arg(url)
        .arg(USER)
        .arg(PASSWORD);
    let mut script = script.start().unwrap();
    expect(
        &mut script,
        &[
            "device DS-K1T342MWX DS-K1T342MWX20250622V031600ENAB1234567",
            "door OK",
            "log OK 7",
        ],
    )
    .await;
    assert!(script.ended(LIMIT).await.unwrap().success());
    let moved: Vec<_> = terminal
        .openings()
        .iter()
        .map(|opening| (opening.door, opening.command))
        .collect();
    assert_eq!(moved, [(1, DoorCommand::Open)]);
    assert_eq!(terminal.counts().basic_attempts, 1, "it tries Basic first");
    assert_eq!(terminal.locked_for(), None);
}

#[tokio::test]
async fn hikvisionapi_reads_a_stream_of_xml_parts() {
    let camera = camera();
    camera.motion(Motion::Begins);
    camera.motion(Motion::Ends);
    let url = format!("http://{}", camera.address());
    let script = peers::script("hikvisionapi_camera.py")
        .unwrap()
        .arg(url)
        .arg(USER)
        .arg(PASSWORD);
    let mut script = script.start().unwrap();
    expect(
        &mut script,
        &["part VMD active", "part VMD inactive", "part videoloss inactive"],
    )
    .await;
    assert!(script.ended(LIMIT).await.unwrap().success());
}

#[tokio::test]
async fn pyhik_follows_a_camera_and_hears_motion() {
    let camera = camera();
    let port = camera.address().port().to_string();
    let script = peers::script("pyhik_camera.py")
        .unwrap()
        .arg(port)
        .arg(USER)
        .arg(PASSWORD);
    let mut script = script.start().unwrap();
    expect(&mut script, &["camera Front door CAM ['Motion']", "streaming True"]).await;
    camera.motion(Motion::Begins);
    let began = script.says("callback ", LIMIT).await.unwrap();
    assert!(began.ends_with(".Motion.1 True"), "{began}");
    camera.motion(Motion::Ends);
    expect(&mut script, &["heard both"]).await;
    assert!(script.ended(LIMIT).await.unwrap().success());
    let callbacks: Vec<_> = script
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("callback "))
        .collect();
    assert_eq!(callbacks.len(), 2, "{callbacks:?}");
    assert!(
        callbacks.iter().any(|line| line.ends_with(".Motion.1 False")),
        "{callbacks:?}"
    );
}

#[tokio::test]
async fn httpbin_serves_digest_challenges() {
    let httpbin = httpbin::start().await.unwrap();
    let mut stream = TcpStream::connect(httpbin.address).await.unwrap();
    let request = encode_request(
        "GET",
        "/digest-auth/auth/u/p/SHA-256/never",
        "httpbin",
        "text/plain",
        b"",
    );
    stream.write_all(&request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(
        answer.contains("WWW-Authenticate: Digest ") && answer.contains("algorithm=SHA-256"),
        "{answer}"
    );
}

#[tokio::test]
async fn pyzk_reads_opens_and_hears_a_terminal_over_tcp_and_udp() {
    let layouts = [
        ("tcp", UserLayout::Long, RecordLayout::Forty, EventLayout::ThirtyTwo),
        ("tcp", UserLayout::Short, RecordLayout::Sixteen, EventLayout::ThirtySix),
        ("tcp", UserLayout::Long, RecordLayout::Forty, EventLayout::FiftyTwo),
        ("udp", UserLayout::Short, RecordLayout::Eight, EventLayout::Twelve),
        ("udp", UserLayout::Long, RecordLayout::Forty, EventLayout::ThirtyTwo),
    ];
    for (way, users, records, events) in layouts {
        let config = zkteco::Config {
            users,
            records,
            events,
            history: 200,
            ..obliging()
        };
        let terminal = zkteco::Terminal::start(config).unwrap();
        let script = peers::script("pyzk_terminal.py")
            .unwrap()
            .named(&format!("pyzk-{way}-{users:?}-{records:?}-{events:?}"))
            .arg(terminal.address().port().to_string())
            .arg("12345")
            .arg(way);
        let mut script = script.start().unwrap();
        let identity = "device OIN7030067012500123 ZEM560_TFT Ver 6.60 Apr 28 2017";
        expect(&mut script, &["wrong key refused", identity]).await;
        let users = script.says("users ", LIMIT).await.unwrap();
        assert!(
            users.contains("1/1001/Алишер") && users.contains("2/17/Мария"),
            "{users}"
        );
        expect(&mut script, &["attendance 200", "unlocked"]).await;
        // It listens some time after it has unlocked: people come until it hears one.
        let heard = async {
            loop {
                terminal.punch("17", 2, 1);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::select! {
            () = heard => {}
            line = script.says("heard 17 2 1", LIMIT) => drop(line.unwrap()),
        }
        assert!(script.ended(LIMIT).await.unwrap().success());
        assert_eq!(terminal.openings().len(), 1);
        assert_eq!(terminal.openings()[0].lasts, Duration::from_secs(2));
        assert_eq!(terminal.counts().wrong_keys, 1);
        assert_eq!(terminal.counts().spoilt, 0, "both agree about checksums");
        assert!(terminal.counts().acknowledged >= 1);
    }
}

#[tokio::test]
async fn node_zklib_reads_and_hears_a_terminal() {
    // It knows no comm keys.
    let config = zkteco::Config {
        comm_key: 0,
        history: 200,
        ..obliging()
    };
    let terminal = zkteco::Terminal::start(config).unwrap();
    let script = peers::node_script("node_zklib_terminal.js")
        .unwrap()
        .arg(terminal.address().port().to_string());
    let mut script = script.start().unwrap();
    expect(
        &mut script,
        &[
            "info 4 200",
            "users 1/1001,2/17,3/30,9/404",
            "attendance 200 whole",
            "listening",
        ],
    )
    .await;
    let heard = async {
        loop {
            terminal.punch("30", 15, 0);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        () = heard => {}
        line = script.says("heard 30", LIMIT) => drop(line.unwrap()),
    }
    assert_eq!(terminal.counts().spoilt, 0, "both agree about checksums");
}

/// A terminal without the oddities that these clients do not survive: they take the first bytes for the whole answer.
fn obliging() -> zkteco::Config {
    zkteco::Config {
        cuts: TcpSplitting::Frames,
        chatter: StrayPackets::Silence,
        lost_datagrams: 0,
        ..zkteco::Config::default()
    }
}

fn camera() -> Terminal {
    let config = Config {
        model: Model::Camera,
        history: 0,
        heartbeat: Duration::from_millis(200),
        ..Config::default()
    };
    Terminal::start(config).unwrap()
}
