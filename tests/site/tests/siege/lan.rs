//! Neighbours on the branch's network, at the box's HTTP port.

use anyhow::{Result, ensure};
use futures_util::future::join_all;
use std::{net::SocketAddr, time::Duration};
use tests_site::{
    branch::{BranchSpec, Browser, OpenBranch, Visitor},
    edge::token_of,
    memory::{edge_limit, peak, siege_scale},
    scenario::{Scenario, ScenarioSpec},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Connections of a neighbour at scale 1.
const CONNECTIONS: usize = 64;
/// How long whoever is served may wait meanwhile.
const SERVED: Duration = Duration::from_secs(5);

/// A connection from a neighbour's own address, which is not the phone's nor the kiosk's.
async fn connect(neighbour: u8, lan: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 9, neighbour], 0).into())?;
    socket.connect(lan).await
}

/// Sends bytes as fast as they are taken and keeps the connection open; the first line of the answer, where one came.
async fn throw(neighbour: u8, lan: SocketAddr, bytes: &[u8]) -> (Option<TcpStream>, String) {
    let Ok(mut stream) = connect(neighbour, lan).await else {
        return (None, String::new());
    };
    let _ = timeout(SERVED, stream.write_all(bytes)).await;
    let mut answer = vec![0; 64];
    let read = timeout(Duration::from_secs(1), stream.read(&mut answer)).await;
    let length = read.map_or(0, |read| read.unwrap_or_default());
    let text = String::from_utf8_lossy(answer.get(..length).unwrap_or_default()).into_owned();
    (Some(stream), text.lines().next().unwrap_or_default().to_owned())
}

fn announced(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn chunked(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
}

/// What is thrown at the port before anybody showed who they are, and what is never answered with.
fn before_sign_in() -> Vec<Vec<u8>> {
    let fields = b"a&".repeat(128 << 10);
    let short = b"a&".repeat(2 << 10);
    let bearer = "Authorization: Bearer button-1.guess\r\n";
    let long_head = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}",
        "a=b; ".repeat(12 << 10)
    );
    vec![
        announced("/admin/sign-in", "", &fields),
        announced("/setup", "", &fields),
        announced("/admin/sign-in", "", &short),
        chunked("/admin/sign-in", &fields),
        chunked("/q", &fields),
        announced("/desk/act", "Cookie: ostona-desk=forged\r\n", &fields),
        announced("/kiosk/step", "Cookie: ostona-kiosk=forged\r\n", &fields),
        announced("/admin/services", "Cookie: ostona-admin=forged\r\n", &fields),
        announced("/t/forged", "", &fields),
        announced("/local/v1/events", bearer, &fields),
        announced("/push/button-1/guess", "", &fields),
        announced("/iclock/cdata?SN=guess", "", &fields),
        long_head.into_bytes(),
        announced("/admin/sign-in", "", &fields)
            .get(..3000)
            .unwrap_or_default()
            .to_vec(),
    ]
}

async fn besieged(name: &str) -> (Scenario, OpenBranch) {
    let spec = ScenarioSpec {
        buttons: 1,
        ..ScenarioSpec::named(name)
    };
    let scenario = Scenario::open(spec).await.unwrap();
    let branch = OpenBranch::start(&scenario, &BranchSpec::bank(1)).await.unwrap();
    (scenario, branch)
}

/// A visitor at the kiosk and one with a phone get their tickets.
async fn are_served(branch: &mut OpenBranch, lan: SocketAddr) -> Result<()> {
    let served = timeout(SERVED, async {
        branch.kiosk.take("service-k").await?;
        let page = Browser::new(lan)?.get("/q?lang=en").await?;
        ensure!(page.status == 200, "the phone's page: {} {}", page.status, page.text);
        Ok(())
    });
    served.await?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_before_sign_in_takes_no_memory_and_nobodys_turn() {
    let (mut scenario, mut branch) = besieged("siege-lan-bodies").await;
    let lan = scenario.edge.lan().unwrap();
    let pid = scenario.edge.program().unwrap().pid().unwrap();
    let before = peak(pid).unwrap();
    let scale = siege_scale().unwrap();
    let mut said = Vec::new();
    for (at, bytes) in before_sign_in().iter().cycle().take(14 * scale).enumerate() {
        let neighbour = u8::try_from(at % 200).unwrap() + 2;
        let thrown = (0..CONNECTIONS).map(|_| throw(neighbour, lan, bytes));
        let (thrown, served) = tokio::join!(join_all(thrown), are_served(&mut branch, lan));
        served.unwrap();
        said.extend(thrown.into_iter().map(|(_, line)| line));
    }
    let taken = said
        .iter()
        .filter(|line| line.contains(" 200 ") || line.contains(" 50"))
        .count();
    let refused = said.iter().filter(|line| line.contains(" 413 ")).count();
    let peak = peak(pid).unwrap();
    println!(
        "peak {before} then {peak} MiB of {}; {refused} told 413",
        edge_limit().unwrap()
    );
    assert!(refused > 0 && taken == 0, "{said:?}");
    assert!(peak + 48 <= edge_limit().unwrap(), "{before} then {peak} MiB");
    scenario.edge.stop().await.unwrap();
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// Takes tickets from one address until it is told to stop; how many, and what it was told.
async fn take_tickets(neighbour: u8, lan: SocketAddr) -> (usize, String) {
    let form = b"service=service-k";
    let request = announced(
        "/q?lang=en",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        form,
    );
    let mut taken = 0;
    loop {
        let (_, line) = throw(neighbour, lan, &request).await;
        if !line.contains(" 303 ") {
            return (taken, line);
        }
        taken += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_of_a_ticket_and_idle_neighbours_take_no_place_from_kiosk_and_devices() {
    let (mut scenario, mut branch) = besieged("siege-lan-places").await;
    let lan = scenario.edge.lan().unwrap();
    let page = Visitor::take(lan, "service-k").await.unwrap().page().to_owned();
    let scale = siege_scale().unwrap();
    let mut held = Vec::new();
    let mut followed = 0;
    for neighbour in 2..12 {
        let follow = get(&format!("{page}/live"));
        let thrown = join_all((0..CONNECTIONS * scale).map(|_| throw(neighbour, lan, &follow))).await;
        followed += thrown.iter().filter(|(_, line)| line.contains(" 200 ")).count();
        held.extend(thrown.into_iter().filter_map(|(stream, _)| stream));
    }
    assert!((1..=8).contains(&followed), "{followed} streams of one ticket");
    for neighbour in 12..22 {
        let idle = (0..CONNECTIONS * scale).map(|_| connect(neighbour, lan));
        held.extend(join_all(idle).await.into_iter().flatten());
    }
    are_served(&mut branch, lan).await.unwrap();
    let device = scenario.buttons.first().unwrap();
    let bearer = format!("Authorization: Bearer {device}.{}\r\n", token_of(device));
    let (_, line) = throw(1, lan, &announced("/local/v1/events", &bearer, b"[]")).await;
    assert!(line.contains(" 202 "), "a device: {line}");
    assert!(held.len() > 600 * scale, "{} connections", held.len());
    let pid = scenario.edge.program().unwrap().pid().unwrap();
    assert!(peak(pid).unwrap() + 48 <= edge_limit().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_taken_on_phones_are_never_the_last_ones() {
    let (scenario, mut branch) = besieged("siege-lan-tickets").await;
    let lan = scenario.edge.lan().unwrap();
    let takers = join_all((2..30).map(|neighbour| take_tickets(neighbour, lan))).await;
    let taken: usize = takers.iter().map(|(count, _)| count).sum();
    assert!(takers.iter().all(|(count, _)| *count <= 20), "one address: {takers:?}");
    assert_eq!(taken, 500, "half of the 999 that may wait: {takers:?}");
    assert!(takers.iter().any(|(_, line)| line.contains(" 409 ")), "{takers:?}");
    are_served(&mut branch, lan).await.unwrap();
}
