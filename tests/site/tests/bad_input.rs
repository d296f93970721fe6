//! Whatever is sent to the running programs: a typed refusal, something for the auditor, and the same process afterwards.
//!
//! Anything but a 5xx or a lost process is for the unit tests of the codecs to say.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, ensure};
use protocol::{Fact, batch, control, enrolment, lan::EVENTS_PATH};
use reqwest::{Method, StatusCode};
use std::net::SocketAddr;
use tests_site::{
    consistency,
    edge::{Edge, Setup, token_of},
    mqtt5::{Mqtt5Client, SUCCESS, packet},
    raw_edge::{IngestAnswer, RawEdge, ingest_answer},
    scenario::{Scenario, ScenarioSpec},
    seed,
    wait::{LONG, SOON, until},
};
use tests_world::{clock::Clock, mqtt::report, rng::Rng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const GARBAGE: usize = 100;

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn scenario(name: &str) -> (Scenario, Rng) {
    let mut rng = seed::rng(name).unwrap();
    let scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        seed: rng.throw(),
        ..ScenarioSpec::named(name)
    })
    .await
    .unwrap();
    (scenario, rng)
}

fn noise(rng: &mut Rng, longest: u64) -> Vec<u8> {
    let length = 1 + rng.below(longest);
    (0..length).map(|_| rng.throw().to_be_bytes()[0]).collect()
}

/// Sends bytes and reads until the other side has had enough, or says nothing more for a moment.
async fn throw(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut answer = Vec::new();
    // The other side may hang up before it has read everything.
    if stream.write_all(bytes).await.is_ok() {
        let _ = stream.shutdown().await;
        let _ = timeout(SOON, stream.read_to_end(&mut answer)).await;
    }
    answer
}

/// The site's devices still are served by the same process.
async fn lives(scenario: &mut Scenario, pid: Option<u32>, number: u64) -> Result<()> {
    ensure!(
        scenario.edge.program()?.pid() == pid && pid.is_some(),
        "the edge is another process"
    );
    let device = scenario.buttons.first().unwrap();
    let mut client = Mqtt5Client::connect(scenario.edge.mqtt()?, device).await?;
    let reason = client.publish(&report(device, number, 200)?).await?;
    ensure!(reason == SUCCESS, "{reason:#x}");
    Ok(())
}

/// Something of that name reaches the auditor in the cloud.
async fn audited(scenario: &Scenario, what: &str, fits: impl Fn(&Fact) -> bool) {
    until(what, LONG, || async {
        let history = scenario.history().await?;
        ensure!(
            history.events.iter().any(|stored| fits(&stored.event.fact)),
            "nobody was told"
        );
        Ok(())
    })
    .await
    .unwrap();
}

fn is_audit(fact: &Fact, wanted: &str) -> bool {
    matches!(fact, Fact::Audited(audit) if audit.action == wanted)
}

fn is_failure(fact: &Fact, wanted: &str) -> bool {
    matches!(fact, Fact::AuthFailed(failure) if failure.method == wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mqtt_that_is_none() {
    let (mut scenario, mut rng) = scenario("bad-mqtt").await;
    let (broker, pid) = (scenario.edge.mqtt().unwrap(), scenario.edge.program().unwrap().pid());
    for _ in 0..GARBAGE {
        throw(broker, &noise(&mut rng, 300)).await;
    }
    let endless = [0x10, 0xFF, 0xFF, 0xFF, 0x7F];
    let no_end = [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    let publish = packet(0x32, b"\x00\x05topic\x00\x01payload");
    let no_version = packet(0x10, b"\x00\x04MQTT\x63\x02\x00\x0a\x00\x01x");
    let lying = packet(0x10, b"\x00\x04MQTT\x05\xC2\x00\x3c\x00\xff\xff");
    for bytes in [&endless[..], &no_end, &publish, &no_version, &lying] {
        let answer = throw(broker, bytes).await;
        assert_ne!(answer.first(), Some(&0x40), "something was acknowledged: {answer:02x?}");
    }
    let quiet = scenario.buttons[1].clone();
    let wrong = [
        b"{".to_vec(),
        b"\xff\xfe".to_vec(),
        br#"{"name":"site.started","data":{}}"#.to_vec(),
        report(&scenario.buttons[0], 9, 10).unwrap(),
        vec![b'['; 100_000],
    ];
    for payload in wrong {
        let mut client = Mqtt5Client::connect(broker, &quiet).await.unwrap();
        let reason = client.publish(&payload).await;
        assert!(!matches!(reason, Ok(SUCCESS)), "taken: {:?}", payload.get(..40));
    }
    let mut client = Mqtt5Client::connect(broker, &quiet).await.unwrap();
    let own = report(&quiet, 1, 10).unwrap();
    let reason = client.publish_as(&scenario.buttons[0], &own).await;
    assert!(!matches!(reason, Ok(SUCCESS)), "spoke under another's name");
    let mut raw_edge = TcpStream::connect(broker).await.unwrap();
    let hello = b"\x00\x04MQTT\x05\xC2\x00\x3c\x00\x00\x08button-1\x00\x08button-1\x00\x05guess";
    raw_edge.write_all(&packet(0x10, hello)).await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, raw_edge.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer.first(), Some(&0x20));
    assert_ne!(answer.get(3), Some(&0), "let in with a guess");

    lives(&mut scenario, pid, 1).await.unwrap();
    for action in ["broker.payload.refused", "broker.publish.refused"] {
        audited(&scenario, action, |fact| is_audit(fact, action)).await;
    }
    audited(&scenario, "the auditor hears of the guess", |fact| {
        is_failure(fact, "mqtt")
    })
    .await;
    consistency::check(&scenario, &[]).await.unwrap();
}

async fn local(scenario: &Scenario, bearer: &str, body: Vec<u8>) -> IngestAnswer {
    let request = http().post(format!("http://{}{EVENTS_PATH}", scenario.edge.lan().unwrap()));
    let request = request.header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {bearer}")).body(body);
    ingest_answer(request.send().await.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_at_the_edge_that_is_none() {
    let (mut scenario, mut rng) = scenario("bad-lan").await;
    let (lan, pid) = (scenario.edge.lan().unwrap(), scenario.edge.program().unwrap().pid());
    for _ in 0..GARBAGE {
        throw(lan, &noise(&mut rng, 300)).await;
        let mut request = format!("POST {EVENTS_PATH} HTTP/1.1\r\nHost: x\r\n").into_bytes();
        request.extend(noise(&mut rng, 200));
        throw(lan, &request).await;
    }
    let device = scenario.buttons[1].clone();
    let good = format!("{device}.{}", token_of(&device));
    let own = report(&device, 1, 50).unwrap();
    let many = [b"[", vec![own.as_slice(); 1001].join(&b',').as_slice(), b"]"].concat();
    let other = [b"[", report(&scenario.buttons[0], 1, 50).unwrap().as_slice(), b"]"].concat();
    let edges_own = br#"[{"name":"site.link.up","data":{"via":"socket","outage_s":0}}]"#.to_vec();
    let cases = [
        ("nobody", "button-2.guess", b"[]".to_vec(), 401, "not-signed-in"),
        ("no JSON", &good, b"[{".to_vec(), 400, "bad-report"),
        ("no reports", &good, br#"{"a":1}"#.to_vec(), 400, "bad-report"),
        ("deep", &good, vec![b'['; 100_000], 400, "bad-report"),
        ("many", &good, many, 413, "too-many"),
        ("another's", &good, other, 403, "not-yours"),
        ("the edge's", &good, edges_own, 403, "not-yours"),
    ];
    for (what, bearer, body, status, word) in cases {
        let told = local(&scenario, bearer, body).await;
        assert_eq!((told.status.as_u16(), told.word.as_str()), (status, word), "{what}");
    }
    let large = local(&scenario, &good, vec![b' '; 3 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    for path in [
        "/push/button-2/guess",
        "/push/nobody/guess",
        "/no/such/page",
        "/%00",
        "/../../etc/passwd",
    ] {
        let answer = http()
            .post(format!("http://{lan}{path}"))
            .body("x")
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
    }
    lives(&mut scenario, pid, 1).await.unwrap();
    audited(&scenario, "the auditor hears of the report", |fact| {
        is_audit(fact, "local.report.refused")
    })
    .await;
    audited(&scenario, "the auditor hears of the guess", |fact| {
        is_failure(fact, "local")
    })
    .await;
    consistency::check(&scenario, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_at_the_cloud_that_is_none() {
    let (mut scenario, mut rng) = scenario("bad-cloud").await;
    let (cloud, pid) = (
        scenario.cloud.address().unwrap(),
        scenario.cloud.program().unwrap().pid(),
    );
    for _ in 0..GARBAGE {
        throw(cloud, &noise(&mut rng, 300)).await;
    }
    let paths = [
        (Method::POST, batch::PATH.to_owned()),
        (Method::POST, enrolment::PATH.to_owned()),
        (Method::POST, control::JOIN_PATH.to_owned()),
        (Method::POST, control::OUTBOX_PATH.to_owned()),
        (Method::GET, control::INBOX_PATH.to_owned()),
        (Method::GET, control::SOCKET_PATH.to_owned()),
        (Method::POST, "/api/v1/auth/login".to_owned()),
        (Method::POST, "/api/v1/orgs".to_owned()),
        (Method::GET, "/api/v1/events?limit=-1".to_owned()),
        (Method::POST, "/api/v1/devices/~/commands".to_owned()),
    ];
    for (method, path) in paths {
        let bodies = [
            Vec::new(),
            noise(&mut rng, 400),
            b"{".to_vec(),
            vec![b'['; 50_000],
            vec![b'x'; 6 << 20],
        ];
        for body in bodies {
            let length = body.len();
            let request = http().request(method.clone(), format!("http://{cloud}{path}"));
            let request = request.header("content-type", "application/json");
            let request = request.header("signature-input", "ostona=(\"@method\");created=1;keyid=\"x\"");
            let request = request.header("signature", "ostona=:AAAA:").header("ostona-join", "1");
            // Too much of it may end the connection before the answer could be read.
            let Ok(answer) = request.body(body).send().await else {
                assert!(length > 1 << 20, "{path}: no answer to {length} bytes");
                continue;
            };
            let told = ingest_answer(answer).await.unwrap();
            assert!(
                told.status.is_client_error(),
                "{method} {path}: {told:?} to {length} bytes"
            );
            assert!(!told.word.is_empty(), "{method} {path}: {told:?} is not typed");
        }
    }
    assert_eq!(scenario.cloud.program().unwrap().pid(), pid);
    let edge = scenario.edge.program().unwrap().pid();
    lives(&mut scenario, edge, 1).await.unwrap();
    until("the cloud works", LONG, || consistency::check(&scenario, &[]))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_well_signed_and_wrong() {
    let (mut scenario, mut rng) = scenario("bad-batch").await;
    let pid = scenario.cloud.program().unwrap().pid();
    let now = || Clock::Real.now();
    let code = scenario.enrolment_code().await.unwrap();
    let cloud = scenario.cloud.address().unwrap();
    let raw_edge = RawEdge::enrol(cloud, &code, now()).await.unwrap();
    let batch = |seqs: &[u64], first, last| raw_edge.batch(seqs, first, last, now()).unwrap();

    let good = batch(&[1, 2, 3], 1, 3);
    assert!(raw_edge.send_batch(&good, now()).await.unwrap().status.is_success());
    let again = raw_edge.send_batch(&good, now()).await.unwrap();
    assert!(again.status.is_success() || again.word == "replayed", "{again:?}");

    let mut anothers = batch(&[4], 4, 4);
    anothers.header.edge = scenario.edge_id.parse().unwrap();
    let mut torn = batch(&[4, 5], 4, 5);
    torn.records.pop();
    let mut flipped = batch(&[4, 5], 4, 5);
    *flipped.records.last_mut().unwrap() ^= 1;
    let wrong = [
        ("backwards", batch(&[5, 4], 4, 5)),
        ("twice", batch(&[4, 4], 4, 5)),
        ("fewer than it says", batch(&[4], 4, 6)),
        ("others than it says", batch(&[7, 8], 4, 5)),
        ("nothing", batch(&[], 4, 3)),
        ("another's", anothers),
        ("torn", torn),
        ("flipped", flipped),
    ];
    for (what, batch) in wrong {
        let told = raw_edge.send_batch(&batch, now()).await.unwrap();
        assert!(told.status.is_client_error(), "{what}: {told:?}");
        assert!(!told.word.is_empty(), "{what}: {told:?}");
    }
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(0), 64 << 20), 1).unwrap();
    for wire in [noise(&mut rng, 500), bomb, vec![0; 6 << 20]] {
        let key = batch(&[4], 4, 4).header.idempotency_key();
        let Ok(told) = raw_edge.send_bytes(&key, &wire, now()).await else {
            assert!(wire.len() > 1 << 20);
            continue;
        };
        assert!(told.status.is_client_error(), "{told:?}");
    }
    let late = protocol::Timestamp::from_millis(now().as_millis() - 3_600_000);
    let told = raw_edge.send_batch(&batch(&[4], 4, 4), late).await.unwrap();
    assert_eq!(told.word, "clock-skew");

    let history = tests_site::history::History::read(&scenario.admin, &raw_edge.edge.to_string()).await;
    let seqs: Vec<u64> = history.unwrap().events.iter().map(|stored| stored.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(scenario.cloud.program().unwrap().pid(), pid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_do_not_work_name_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("edge");
    let cases = [
        ("no_such_key = 1", "no_such_key"),
        ("time_zone = \"Mars/Olympus\"", "time_zone"),
        ("[journal]\nfacts_mb = 1", "facts_mb"),
        ("[mqtt]\nplain = \"somewhere\"", "plain"),
        ("[cloud]\nurl = \"ftp://cloud\"", "url"),
        ("[uplink]\ninterval_s = 0", "interval_s"),
        ("[uplink]\nproxy = \"socks5://secret:word@x\"", "proxy"),
        ("[[device]]\nid = \"Not A Slug\"\nkind = \"x\"", "device"),
        ("state_dir = ", "line 1"),
    ];
    for (text, key) in cases {
        let edge = Edge::in_dir(&state, "site/bad-settings", &Setup::default()).unwrap();
        std::fs::write(state.with_extension("toml"), text).unwrap();
        for errand in [&["check"][..], &["run"]] {
            let (status, said) = edge.errand(errand).await.unwrap();
            let said = said.join("\n");
            assert!(!status.success(), "{text}");
            assert!(said.contains(key), "{text:?} is answered by {said:?}");
            assert!(!said.contains("panicked") && !said.contains("secret:word"), "{said}");
        }
    }
}
