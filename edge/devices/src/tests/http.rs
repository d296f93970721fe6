//! The HTTP line: what is sent once stays sent once, and goes to nobody else.

use crate::{LineError, http::HttpLine};
use adapter_sdk::{
    HttpTarget, TlsTrust,
    http::{Http as _, HttpError, Request, Response},
};
use http::{HeaderMap, Method};
use sha2::{Digest as _, Sha256};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};

/// A device that answers each connection's request with `answer` and hangs up; an empty one is no answer at all.
async fn device(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(AtomicUsize::new(0));
    tokio::spawn({
        let asked = asked.clone();
        async move {
            while let Ok((stream, _)) = listener.accept().await {
                asked.fetch_add(1, Ordering::SeqCst);
                serve(stream, answer).await;
            }
        }
    });
    (base, asked)
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    // Whoever asked may be gone.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn line(base: &str, trust: TlsTrust) -> Result<HttpLine, LineError> {
    let target = HttpTarget {
        base: base.into(),
        trust,
        connect_timeout: Duration::from_secs(5),
    };
    HttpLine::open(&target, &Arc::new(rustls::RootCertStore::empty()))
}

async fn open_door(line: &HttpLine) -> Result<Response, HttpError> {
    let request = Request {
        method: Method::PUT,
        target: "/door?secret=hunter2".into(),
        headers: HeaderMap::new(),
        body: "".into(),
        timeout: Duration::from_secs(5),
    };
    line.send(request).await
}

#[tokio::test]
async fn a_request_that_is_not_answered_is_not_sent_again() {
    let (base, asked) = device("").await;
    let line = line(&base, TlsTrust::Roots).expect("a good target");
    let error = open_door(&line).await.expect_err("no answer");
    assert!(matches!(error, HttpError::Broken(_)), "{error:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn nobody_else_is_asked_whatever_the_device_says() {
    let (elsewhere, asked_elsewhere) = device("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let redirect = format!("HTTP/1.1 307 Elsewhere\r\nlocation: {elsewhere}/door\r\ncontent-length: 0\r\n\r\n");
    let (base, asked) = device(Box::leak(redirect.into_boxed_str())).await;
    let line = line(&base, TlsTrust::Roots).expect("a good target");
    for sent in 1..=2 {
        let response = open_door(&line).await.expect("an answer");
        assert_eq!((response.status.as_u16(), asked.load(Ordering::SeqCst)), (307, sent));
    }
    assert_eq!(asked_elsewhere.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_waited_for_no_longer_than_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let line = line(&base, TlsTrust::Roots).expect("a good target");
    // Connected by the kernel's backlog, never answered.
    let error = open_door(&line).await.expect_err("no answer");
    assert!(
        matches!(error, HttpError::Timeout(_) | HttpError::Connect(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = open_door(&line(&base, TlsTrust::Roots).expect("a good target"))
        .await
        .expect_err("nobody");
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn only_the_pinned_certificate_is_spoken_to() {
    let names = ["device.example".to_owned()];
    let signed = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = signed.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
    let fingerprint: String = Sha256::digest(&certificate)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a pair");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("https://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, "HTTP/1.1 204 Done\r\n\r\n").await;
            }
        }
    });
    let pinned = line(&base, TlsTrust::Pinned(fingerprint.clone())).expect("a good target");
    assert_eq!(open_door(&pinned).await.expect("an answer").status, 204);
    let other = fingerprint.replace(['0', '1', '2', '3', '4', '5', '6', '7'], "f");
    for trust in [TlsTrust::Pinned(other), TlsTrust::Roots] {
        let line = line(&base, trust).expect("a good target");
        let error = open_door(&line).await.expect_err("not the one");
        assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    }
}

#[test]
fn a_target_is_a_host_and_nothing_else() {
    for base in [
        "",
        "10.0.0.7",
        "ftp://10.0.0.7",
        "http://10.0.0.7/door",
        "http://user@10.0.0.7",
        "http://",
    ] {
        assert!(
            matches!(line(base, TlsTrust::Roots), Err(LineError::Target(_))),
            "{base}"
        );
    }
    for base in ["http://10.0.0.7", "https://10.0.0.7:8443/", "http://[::1]:80"] {
        line(base, TlsTrust::Roots).expect(base);
    }
}
