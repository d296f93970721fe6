//! Roads to the cloud: TLS with a root of the settings' choice, and through a proxy that wants a password.

use super::{
    site::{Site, soon, state},
    stub::Stub,
};
use crate::{ControlTransport, EnrolError, LinkState, Roots, enrol};
use axum::Router;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// Makes a root, writes it to `file`, and gives what a server for `localhost` needs.
fn certificates(file: &Path) -> TlsAcceptor {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    std::fs::write(file, root.self_signed(&root_key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A listener that axum can serve, behind TLS.
struct Tls(TcpListener, TlsAcceptor);

impl axum::serve::Listener for Tls {
    type Io = tokio_rustls::server::TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;
    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (tcp, from) = self.0.accept().await.unwrap();
            if let Ok(tls) = self.1.accept(tcp).await {
                return (tls, from);
            }
        }
    }
    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

async fn tls_stub(ca: &Path) -> Stub {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cloud_url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (stub, router): (Stub, Router) = Stub::router(&cloud_url);
    let listener = Tls(listener, certificates(ca));
    tokio::spawn(async move { axum::serve(listener, router).await });
    stub
}

/// A proxy that lets through whoever knows the password `s3cret`, and counts.
async fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let through = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&through);
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(tcp.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let target = head
                    .strip_prefix("CONNECT ")
                    .unwrap()
                    .split(' ')
                    .next()
                    .unwrap()
                    .to_owned();
                // base64 of `ali:s3cret`
                if !head
                    .to_ascii_lowercase()
                    .contains("proxy-authorization: basic ywxpons6m2nyzxq=")
                    && !head.contains("YWxpOnMzY3JldA==")
                {
                    let _ = tcp
                        .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                        .await;
                    return;
                }
                let mut peer = TcpStream::connect(target).await.unwrap();
                tcp.write_all(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
                    .await
                    .unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = copy_bidirectional(&mut tcp, &mut peer).await;
            });
        }
    });
    (address, through)
}

#[tokio::test]
async fn a_cloud_with_a_root_of_its_own_is_reached_by_requests_and_socket() {
    let mut site = Site::new();
    let ca = site.dir.path().join("ca.pem");
    let stub = tls_stub(&ca).await;
    let unknown = enrol(site.enrolment(&stub, stub.code())).await.unwrap_err();
    assert!(
        matches!(unknown, EnrolError::Call(_)),
        "nobody vouches for this certificate: {unknown}"
    );
    site.settings.roots = Roots::Only(ca);
    let uplink = site.link(&stub).await;
    state(&uplink, |state| {
        state
            == LinkState::Up {
                via: ControlTransport::Socket,
            }
    })
    .await;
    site.say(5).await;
    site.cursor(|cursor| cursor.facts == site.committed().facts).await;
}

#[tokio::test]
async fn requests_and_socket_go_through_a_proxy() {
    let mut site = Site::new();
    let ca = site.dir.path().join("ca.pem");
    let stub = tls_stub(&ca).await;
    let (address, through) = proxy().await;
    site.settings.roots = Roots::PublicAnd(ca);
    site.settings.proxy = Some(format!("http://ali:s3cret@{address}").parse().unwrap());
    let uplink = site.link(&stub).await;
    state(&uplink, |state| {
        state
            == LinkState::Up {
                via: ControlTransport::Socket,
            }
    })
    .await;
    site.say(5).await;
    site.cursor(|cursor| cursor.facts == site.committed().facts).await;
    assert!(
        through.load(Ordering::SeqCst) >= 2,
        "one for requests, one for the socket"
    );
}

#[tokio::test]
async fn a_proxys_refusal_is_an_error_without_the_password() {
    let mut site = Site::new();
    let ca = site.dir.path().join("ca.pem");
    let stub = tls_stub(&ca).await;
    let (address, through) = proxy().await;
    site.settings.roots = Roots::Only(ca);
    site.settings.proxy = Some(format!("http://ali:wr0ng@{address}").parse().unwrap());
    let refused = soon(enrol(site.enrolment(&stub, stub.code()))).await.unwrap_err();
    let shown = format!("{refused:?} {refused}");
    assert!(matches!(refused, EnrolError::Call(_)), "{shown}");
    assert!(!shown.contains("wr0ng") && !shown.contains("YWxpOnd"), "{shown}");
    assert_eq!(through.load(Ordering::SeqCst), 0);
}
