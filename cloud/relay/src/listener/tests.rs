//! The listener over loopback: plain, with TLS, and how it ends.

use super::{acceptor, bind, serve};
use crate::{
    routes,
    settings::{FrontProxy, RelayLimits, Settings, Tls},
    state::RelayState,
};
use cloud_admin::{clock::CloudClock, first_use};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(5);
const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

async fn start(dir: &Path, tls: Option<Tls>) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    start_with(Settings {
        dir: dir.join("state"),
        tls,
        ..Settings::default()
    })
    .await
}

async fn start_with(settings: Settings) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let tls = settings.tls.as_ref().map(|tls| acceptor(tls).expect("a certificate"));
    let stop = CancellationToken::new();
    let app = RelayState::open(settings, CloudClock::Machine, stop.clone()).expect("a relay");
    let listener = bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = routes::router(&app).expect("routes");
    (
        address,
        stop,
        tokio::spawn(serve(Arc::clone(&app), listener, tls, router)),
    )
}

async fn ask(mut line: impl AsyncRead + AsyncWrite + Unpin) -> String {
    line.write_all(ASK).await.expect("sent");
    let mut answer = Vec::new();
    timeout(SOON, line.read_to_end(&mut answer))
        .await
        .expect("an answer in time")
        .expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn it_answers_and_ends_when_told_even_with_a_silent_caller() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let (address, stop, serving) = start(dir.path(), None).await;
        let silent = TcpStream::connect(address).await.expect("connected");
        let answer = ask(TcpStream::connect(address).await.expect("connected")).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n"),
            "{answer}"
        );
        stop.cancel();
        timeout(SOON, serving)
            .await
            .expect("the end in time")
            .expect("no panic");
        drop(silent);
    });
}

#[test]
fn it_speaks_tls_with_the_certificate_of_the_settings() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        fs::write(&cert, made.cert.pem()).expect("written");
        fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let (address, stop, serving) = start(
            dir.path(),
            Some(Tls {
                cert: cert.clone(),
                key,
            }),
        )
        .await;
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(&cert).expect("PEM"))
            .expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let line = TcpStream::connect(address).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        let line = tokio_rustls::TlsConnector::from(Arc::new(client))
            .connect(name, line)
            .await
            .expect("TLS");
        assert!(ask(line).await.starts_with("HTTP/1.1 200 OK"));
        stop.cancel();
        timeout(SOON, serving)
            .await
            .expect("the end in time")
            .expect("no panic");
    });
}

#[test]
fn a_certificate_that_is_none_is_said_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("cert.pem");
    fs::write(&path, "no certificate").expect("written");
    let refused = acceptor(&Tls {
        cert: path.clone(),
        key: path,
    });
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.starts_with("cannot read ") && said.ends_with("cert.pem"), "{said}");
}

/// Asks for the sign-in page as often as one address may, and once more; gives the last status line.
async fn exhaust(address: SocketAddr, front: &str, headers: &str) -> String {
    let mut last = String::new();
    for _ in 0..=100 {
        let mut line = TcpStream::connect(address).await.expect("connected");
        let ask = format!("{front}GET /login HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n");
        line.write_all(ask.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        timeout(SOON, line.read_to_end(&mut answer))
            .await
            .expect("an answer in time")
            .expect("an answer");
        last = String::from_utf8_lossy(&answer)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    last
}

fn behind(says: &str) -> Settings {
    let text =
        format!("public_url = \"https://cloud.example.uz\"\n[proxy]\ntrusted = [\"127.0.0.1\"]\nsays = \"{says}\"");
    toml::from_str(&text).expect("settings")
}

#[test]
fn behind_a_proxy_one_callers_limit_is_not_everyones() {
    for (says, name) in [
        ("x_forwarded_for", "x-forwarded-for: "),
        ("forwarded", "forwarded: for="),
    ] {
        run(async {
            let dir = tempfile::tempdir().expect("a directory");
            let settings = Settings {
                dir: dir.path().join("state"),
                ..behind(says)
            };
            let (address, stop, _) = start_with(settings).await;
            let header = |of: &str| format!("{name}{of}\r\n");
            assert!(exhaust(address, "", &header("203.0.113.9")).await.contains("429"));
            let mut line = TcpStream::connect(address).await.expect("connected");
            let other = format!(
                "GET /login HTTP/1.1\r\nhost: localhost\r\n{}connection: close\r\n\r\n",
                header("203.0.113.10")
            );
            line.write_all(other.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            line.read_to_string(&mut answer).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
            stop.cancel();
        });
    }
}

#[test]
fn a_chain_that_is_forged_from_outside_hides_nobody() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = Settings {
            dir: dir.path().join("state"),
            proxy: FrontProxy::default(),
            ..Settings::default()
        };
        let (address, stop, _) = start_with(settings).await;
        // No proxy is trusted: another name in each header is the same caller all the same.
        let mut refused = 0;
        for number in 0..=100_u8 {
            let mut line = TcpStream::connect(address).await.expect("connected");
            let ask = format!(
                "GET /login HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 203.0.113.{number}\r\nconnection: close\r\n\r\n"
            );
            line.write_all(ask.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            line.read_to_string(&mut answer).await.expect("an answer");
            refused += usize::from(answer.starts_with("HTTP/1.1 429"));
        }
        assert!(refused > 0);
        stop.cancel();
    });
}

#[test]
fn the_proxy_protocol_is_asked_of_a_trusted_proxy() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = Settings {
            dir: dir.path().join("state"),
            ..behind("proxy_protocol")
        };
        let (address, stop, _) = start_with(settings).await;
        let front = |of: &str| format!("PROXY TCP4 {of} 127.0.0.1 5131 443\r\n");
        assert!(exhaust(address, &front("203.0.113.9"), "").await.contains("429"));
        let mut line = TcpStream::connect(address).await.expect("connected");
        line.write_all(&[front("203.0.113.10").as_bytes(), ASK].concat())
            .await
            .expect("sent");
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let mut line = TcpStream::connect(address).await.expect("connected");
        line.write_all(ASK).await.expect("sent");
        let mut answer = Vec::new();
        let _ = timeout(SOON, line.read_to_end(&mut answer))
            .await
            .expect("closed in time");
        assert!(answer.is_empty(), "a connection without its header is closed");
        stop.cancel();
    });
}

#[test]
fn one_network_has_so_many_connections_and_others_are_served() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let limits = RelayLimits {
            connections: 4,
            connections_per_address: 3,
            ..RelayLimits::default()
        };
        let settings = Settings {
            dir: dir.path().join("state"),
            limits,
            ..Settings::default()
        };
        let (address, stop, _) = start_with(settings).await;
        let from = async |host: [u8; 4]| {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind((host, 0).into()).expect("an address");
            socket.connect(address).await.expect("connected")
        };
        let (stranger, other) = ([127, 0, 0, 1], [127, 0, 0, 2]);
        let mut held = vec![from(stranger).await, from(stranger).await, from(stranger).await];
        let mut beyond = from(stranger).await;
        let mut nothing = Vec::new();
        let closed = timeout(SOON, beyond.read_to_end(&mut nothing))
            .await
            .expect("closed in time");
        assert_eq!(closed.unwrap_or(0), 0, "closed before anything was asked");
        assert!(ask(from(other).await).await.starts_with("HTTP/1.1 200"));
        // A place is free again when its connection ends.
        let freed = held.pop().expect("a connection");
        assert!(ask(freed).await.starts_with("HTTP/1.1 200"));
        let served = async {
            loop {
                let mut again = from(stranger).await;
                let mut answer = Vec::new();
                let _ = again.write_all(ASK).await;
                let _ = again.read_to_end(&mut answer).await;
                if answer.starts_with(b"HTTP/1.1 200") {
                    break;
                }
            }
        };
        timeout(SOON, served).await.expect("a place");
        stop.cancel();
    });
}

#[test]
fn the_connections_of_a_proxy_are_everybodys_and_not_one_networks() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let limits = RelayLimits {
            connections_per_address: 1,
            ..RelayLimits::default()
        };
        for (says, front) in [
            ("forwarded", ""),
            ("proxy_protocol", "PROXY TCP4 203.0.113.9 127.0.0.1 5131 443\r\n"),
        ] {
            let settings = Settings {
                dir: dir.path().join(says),
                limits,
                ..behind(says)
            };
            let (address, stop, _) = start_with(settings).await;
            let mut first = TcpStream::connect(address).await.expect("connected");
            first.write_all(front.as_bytes()).await.expect("sent");
            first
                .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await
                .expect("sent");
            let mut answer = [0; 12];
            first.read_exact(&mut answer).await.expect("an answer");
            assert_eq!(&answer, b"HTTP/1.1 200");
            let mut second = TcpStream::connect(address).await.expect("connected");
            let _ = second.write_all(&[front.as_bytes(), ASK].concat()).await;
            let mut answer = Vec::new();
            let _ = timeout(SOON, second.read_to_end(&mut answer))
                .await
                .expect("an end in time");
            let served = answer.starts_with(b"HTTP/1.1 200");
            assert_eq!(
                served,
                front.is_empty(),
                "{says}: a caller who is named has a network of their own"
            );
            stop.cancel();
        }
    });
}

#[test]
fn behind_a_trusted_proxy_the_cookie_is_the_hosts_and_never_sent_in_the_clear() {
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = Settings {
            dir: dir.path().join("state"),
            ..behind("x_forwarded_for")
        };
        let stop = CancellationToken::new();
        let app = RelayState::open(settings, CloudClock::Machine, stop.clone()).expect("a relay");
        let once = first_use::bootstrap(&app.store, &app.clock, first_use::ONE_TIME_PASSWORDS).await;
        let once = once.expect("an account").expect("the first start");
        let listener = bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = routes::router(&app).expect("routes");
        tokio::spawn(serve(Arc::clone(&app), listener, None, router));
        let form = format!("login={}&password={}", first_use::LOGIN, once.expose());
        let ask = format!(
            "POST /login HTTP/1.1\r\nhost: cloud.example.uz\r\norigin: https://cloud.example.uz\r\n\
             x-forwarded-for: 203.0.113.9\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{form}",
            form.len()
        );
        let mut line = TcpStream::connect(address).await.expect("connected");
        line.write_all(ask.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        timeout(SOON, line.read_to_string(&mut answer))
            .await
            .expect("in time")
            .expect("an answer");
        let cookie = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .expect("a cookie");
        let ends = "; HttpOnly; SameSite=Lax; Secure";
        assert!(
            cookie.starts_with("__Host-ostona=ost_") && cookie.ends_with(ends),
            "{cookie}"
        );
        assert!(
            cookie.contains("; Path=/;") && !cookie.to_ascii_lowercase().contains("domain"),
            "{cookie}"
        );
        stop.cancel();
    });
}
