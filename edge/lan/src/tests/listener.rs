//! The listener: real connections that dawdle, flood and stay.

use super::rig::{ManualClock, calling, kernel, settings};
use crate::{CloudLink, LanPort, LanProxies, LanSettings};
use edge_kernel::KernelHandle;
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
};
use tokio_util::sync::CancellationToken;

struct TestPort {
    lan: LanPort,
    stop: CancellationToken,
    _kernel: KernelHandle,
    _link: watch::Sender<CloudLink>,
    _dir: tempfile::TempDir,
}

async fn listening() -> TestPort {
    behind(LanProxies::default()).await
}

/// With these proxies before it.
async fn behind(proxies: LanProxies) -> TestPort {
    let dir = tempfile::tempdir().expect("a directory");
    let kernel = kernel(dir.path(), Arc::new(ManualClock::default())).await;
    let (link, link_out) = watch::channel(CloudLink::Alone);
    let stop = CancellationToken::new();
    let settings = LanSettings {
        proxies,
        ..settings(link_out, calling().0)
    };
    let started = LanPort::start(settings, kernel.port.clone(), &[], stop.clone()).await;
    let (lan, _pushed) = started.expect("a free port");
    TestPort {
        lan,
        stop,
        _kernel: kernel,
        _link: link,
        _dir: dir,
    }
}

async fn connect(listening: &TestPort, said: &str) -> TcpStream {
    let mut stream = TcpStream::connect(listening.lan.address()).await.expect("it listens");
    stream.write_all(said.as_bytes()).await.expect("it reads");
    stream
}

/// Everything that comes until the connection is closed.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    // A reset is an end, too.
    let _ = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn it_answers_over_a_real_connection() {
    let listening = listening().await;
    let stream = connect(
        &listening,
        "GET /nowhere HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
    )
    .await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn whoever_dawdles_with_a_head_or_stays_idle_is_hung_up_on() {
    let listening = listening().await;
    for said in ["", "GET / HT", "GET /style.css HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"] {
        let stream = connect(&listening, said).await;
        // Ends at all: with the clock paused, ten seconds pass as soon as nobody has anything to do.
        rest(stream).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_dawdles_with_a_form_is_told_so_and_hung_up_on() {
    let listening = listening().await;
    let head = "POST /setup HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\nservice=";
    let answer = rest(connect(&listening, head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_does_not_hold_up_the_stop() {
    let listening = listening().await;
    let head = "POST /push/gate/s3cret HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\nhalf";
    let stuck = connect(&listening, head).await;
    tokio::task::yield_now().await;
    listening.stop.cancel();
    listening.lan.ended().await;
    rest(stuck).await;
}

#[tokio::test]
async fn a_name_that_is_not_the_boxs_own_is_refused() {
    let listening = listening().await;
    for (host, status) in [("evil.example", "421"), ("127.0.0.1:8080", "200"), ("box.local", "200")] {
        let head = format!("GET /style.css HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let answer = rest(connect(&listening, &head).await).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
}

/// A form of somebody a proxy names, and how it is answered.
async fn form_for(listening: &TestPort, forwarded: &str) -> String {
    let head = format!(
        "POST /setup HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: {forwarded}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let answer = rest(connect(listening, &head).await).await;
    answer.get(9..12).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn behind_a_trusted_proxy_everybody_has_their_own_tries_and_nobody_else_is_believed() {
    let trusted = ["127.0.0.1".parse().expect("an address")].into_iter().collect();
    let proxied = behind(LanProxies {
        trusted,
        ..LanProxies::default()
    })
    .await;
    for _ in 0..5 {
        form_for(&proxied, "10.0.0.7").await;
    }
    assert_eq!(form_for(&proxied, "10.0.0.7").await, "429");
    assert_eq!(
        form_for(&proxied, "10.0.0.8, 10.0.0.7").await,
        "429",
        "what was forged to the left"
    );
    assert_ne!(form_for(&proxied, "10.0.0.8").await, "429", "another one");
    let direct = listening().await;
    for last in 1..=5 {
        form_for(&direct, &format!("10.0.0.{last}")).await;
    }
    assert_eq!(
        form_for(&direct, "10.0.0.9").await,
        "429",
        "a stranger names nobody, and loopback is not exempt"
    );
}
