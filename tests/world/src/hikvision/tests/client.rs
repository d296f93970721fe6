//! A client as small as it can be: one connection and one fresh challenge per request, unless a test says otherwise.

use crate::hikvision::{Terminal, login::md5_hex};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) password: String,
}

/// Status 0: the connection ended without an answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Client {
    pub(super) fn of(terminal: &Terminal) -> Self {
        Self {
            address: terminal.address(),
            password: "Ostona-2026".to_owned(),
        }
    }

    pub(super) fn with_password(terminal: &Terminal, password: &str) -> Self {
        Self {
            address: terminal.address(),
            password: password.to_owned(),
        }
    }

    /// Asks for a challenge and then with it.
    pub(super) async fn ask(&self, method: &str, target: &str, body: &str) -> Response {
        let nonce = self.challenge(method, target).await;
        self.ask_with(&nonce, method, target, body).await
    }

    /// A fresh nonce.
    pub(super) async fn challenge(&self, method: &str, target: &str) -> String {
        let refused = self.send(method, target, "", "").await;
        assert_eq!(refused.status, 401, "{}", refused.body);
        let (_, nonce) = refused.head.split_once("nonce=\"").unwrap();
        nonce.split('"').next().unwrap().to_owned()
    }

    /// Asks with a nonce, fresh or not.
    pub(super) async fn ask_with(&self, nonce: &str, method: &str, target: &str, body: &str) -> Response {
        let who = md5_hex(&format!("admin:IP Camera(F2563):{}", self.password));
        let what = md5_hex(&format!("{method}:{target}"));
        let proof = md5_hex(&format!("{who}:{nonce}:00000001:abc:auth:{what}"));
        let header = format!(
            "Authorization: Digest username=\"admin\", realm=\"IP Camera(F2563)\", nonce=\"{nonce}\", uri=\"{target}\", \
             qop=auth, nc=00000001, cnonce=\"abc\", response=\"{proof}\"\r\n"
        );
        self.send(method, target, &header, body).await
    }

    pub(super) async fn send(&self, method: &str, target: &str, header: &str, body: &str) -> Response {
        let mut stream = self.open(method, target, header, body).await;
        let mut bytes = Vec::new();
        // A reset is an end like any other.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        Response {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(super) async fn open(&self, method: &str, target: &str, header: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}
