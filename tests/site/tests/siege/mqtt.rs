//! Strangers at the broker: half-sent CONNECTs by the thousand, and a device that goes on meanwhile.

use anyhow::{Context as _, Result, ensure};
use protocol::DeviceId;
use std::{net::SocketAddr, time::Duration};
use tests_site::{
    edge::{Edge, Setup, token_of},
    memory::{edge_limit, peak, siege_scale},
    mqtt5::{Mqtt5Client, QUOTA_EXCEEDED, SUCCESS},
    wait::SOON,
};
use tests_world::mqtt::report;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Connections at scale 1.
const STRANGERS: usize = 1024;
/// What a CONNECT announces that is as long as any packet may be.
const LONGEST: usize = 66 * 1024;
/// MiB that strangers may cost, all together.
const COST: u64 = 48;

async fn edge(name: &str, devices: &[&str]) -> Result<(tempfile::TempDir, Edge, Vec<DeviceId>)> {
    let dir = tempfile::tempdir()?;
    let state = dir.path().join("edge");
    let devices = devices
        .iter()
        .map(|device| device.parse())
        .collect::<Result<Vec<DeviceId>, _>>()?;
    let setup = Setup {
        devices: devices.clone(),
        ..Setup::default()
    };
    let mut edge = Edge::in_dir(&state, name, &setup)?;
    edge.start().await?;
    Ok((dir, edge, devices))
}

/// A CONNECT that announces `length` bytes and is never finished.
fn half_a_connect(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x10];
    let mut left = length;
    loop {
        let low = u8::try_from(left % 128).unwrap();
        left /= 128;
        bytes.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    bytes.extend_from_slice(b"\x00\x04MQTT\x05\xc2\x00\x3c\x00");
    bytes.resize(length, b'x');
    bytes
}

/// So many connections that each send as much of it as is taken, and stay.
async fn strangers(broker: SocketAddr, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let Ok(mut stream) = TcpStream::connect(broker).await else {
            continue;
        };
        // It may be shown the door before it has said everything.
        let _ = timeout(Duration::from_millis(50), stream.write_all(bytes)).await;
        streams.push(stream);
    }
    streams
}

fn peak_of(edge: &mut Edge) -> Result<u64> {
    peak(edge.program()?.pid().context("it runs")?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_connects_cost_nothing_and_take_no_devices_place() {
    let (_dir, mut edge, devices) = edge("siege-connects", &["button-1", "button-2"]).await.unwrap();
    let broker = edge.mqtt().unwrap();
    let mut known = Mqtt5Client::connect(broker, &devices[0]).await.unwrap();
    let before = peak_of(&mut edge).unwrap();
    let count = STRANGERS * siege_scale().unwrap();
    // Too long at once, and as long as is taken of strangers.
    for length in [LONGEST, 1900] {
        let streams = strangers(broker, count, &half_a_connect(length)).await;
        let reason = known
            .publish(&report(&devices[0], length as u64, 200).unwrap())
            .await
            .unwrap();
        assert_eq!(reason, SUCCESS, "who is in goes on");
        let mut late = Mqtt5Client::connect(broker, &devices[1]).await.unwrap();
        let reason = late
            .publish(&report(&devices[1], length as u64, 200).unwrap())
            .await
            .unwrap();
        assert_eq!(reason, SUCCESS, "who comes is let in");
        drop(streams);
    }
    let after = peak_of(&mut edge).unwrap();
    let limit = edge_limit().unwrap();
    assert!(
        after - before < COST && after * 2 < limit,
        "from {before} to {after} MiB of {limit}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_that_is_too_long_is_refused_by_its_header() {
    let (_dir, edge, _) = edge("siege-long-connect", &[]).await.unwrap();
    let mut stream = TcpStream::connect(edge.mqtt().unwrap()).await.unwrap();
    stream.write_all(&half_a_connect(LONGEST)[..8]).await.unwrap();
    let closed = timeout(SOON, stream.read_u8()).await;
    let check = || -> Result<()> {
        ensure!(closed.context("it is waited for")?.is_err(), "something was answered");
        Ok(())
    };
    check().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_device_that_never_stops_is_told_its_quota_and_takes_nobodys_room() {
    let dir = tempfile::tempdir().unwrap();
    let devices: Vec<DeviceId> = ["loud", "quiet"].map(|device| device.parse().unwrap()).to_vec();
    let setup = Setup {
        devices: devices.clone(),
        more: "\n[limits]\ndevice_facts_mb_per_day = 2\n".to_owned(),
        ..Setup::default()
    };
    let mut edge = Edge::in_dir(&dir.path().join("edge"), "siege-quota", &setup).unwrap();
    edge.start().await.unwrap();
    let mut loud = Mqtt5Client::connect(edge.mqtt().unwrap(), &devices[0]).await.unwrap();
    let mut quiet = Mqtt5Client::connect(edge.mqtt().unwrap(), &devices[1]).await.unwrap();
    let mut taken = 0;
    let reason = loop {
        match loud
            .publish(&report(&devices[0], taken, 16_000).unwrap())
            .await
            .unwrap()
        {
            SUCCESS => taken += 1,
            reason => break reason,
        }
        assert!(taken < 1000, "it is never refused");
    };
    assert_eq!(reason, QUOTA_EXCEEDED);
    let reason = quiet.publish(&report(&devices[1], 1, 16_000).unwrap()).await.unwrap();
    assert_eq!(reason, SUCCESS, "another device goes on");
    // The same share on every road.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}{}", edge.lan().unwrap(), protocol::lan::EVENTS_PATH);
    let payload = String::from_utf8(report(&devices[0], taken + 1, 200).unwrap()).unwrap();
    let token = format!("{}.{}", devices[0], token_of(&devices[0]));
    let answer = http
        .post(url)
        .bearer_auth(token)
        .body(format!("[{payload}]"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), reqwest::StatusCode::TOO_MANY_REQUESTS);
}
