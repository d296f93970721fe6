//! The listener: real connections that dawdle, flood and stay.

use super::rig::{ManualClock, calling, kernel, settings};
use crate::{CloudLink, LanPort};
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
    let dir = tempfile::tempdir().expect("a directory");
    let kernel = kernel(dir.path(), Arc::new(ManualClock::default())).await;
    let (link, link_out) = watch::channel(CloudLink::Alone);
    let stop = CancellationToken::new();
    let started = LanPort::start(settings(link_out, calling().0), kernel.port.clone(), &[], stop.clone()).await;
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
        "GET /nowhere HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\r\n",
    )
    .await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn whoever_dawdles_with_a_head_or_stays_idle_is_hung_up_on() {
    let listening = listening().await;
    for said in ["", "GET / HT", "GET /style.css HTTP/1.1\r\nhost: box\r\n\r\n"] {
        let stream = connect(&listening, said).await;
        // Ends at all: with the clock paused, ten seconds pass as soon as nobody has anything to do.
        rest(stream).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_dawdles_with_a_form_is_told_so_and_hung_up_on() {
    let listening = listening().await;
    let head = "POST /setup HTTP/1.1\r\nhost: box\r\ncontent-length: 100\r\n\r\nservice=";
    let answer = rest(connect(&listening, head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_does_not_hold_up_the_stop() {
    let listening = listening().await;
    let head = "POST /push/gate/s3cret HTTP/1.1\r\nhost: box\r\ncontent-length: 100\r\n\r\nhalf";
    let stuck = connect(&listening, head).await;
    tokio::task::yield_now().await;
    listening.stop.cancel();
    listening.lan.ended().await;
    rest(stuck).await;
}
