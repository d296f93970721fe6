//! HTTP/1.1 by hand, as a cheap device speaks it: heads, bodies by length, keep-alive.
//!
//! A web framework would mend what this must get wrong: part lengths, endless bodies, answers that never come.

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest head taken, bytes.
pub const MAX_HEAD: usize = 16 * 1024;
/// Longest body taken, bytes.
pub const MAX_BODY: usize = 4 * 1024 * 1024;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `PUT`…
    pub method: String,
    /// Path with query, as on the wire.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
    /// The first header of that name; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
    /// The body as text, broken characters replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Further headers; `Content-Length` is added where [`Reply::encode`] is used.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer with a body of a type.
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", kind.to_owned())],
            body: body.into(),
        }
    }
    /// One more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    /// Status line and headers without a length, for bodies that end with the connection.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
    /// The whole answer with its length.
    pub fn encode(mut self) -> Vec<u8> {
        self.headers.push(("Content-Length", self.body.len().to_string()));
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Reads the next request of a connection; none where the other side closed between two of them. `buffer` keeps what
/// came beyond it.
pub async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> anyhow::Result<Option<Request>> {
    loop {
        if let Some((mut request, head)) = parse_head(buffer)? {
            buffer.advance(head);
            let length = request
                .header("content-length")
                .map_or(Ok(0), str::parse)
                .context("reading the body's length")?;
            request.body = read_body(stream, buffer, length).await?;
            return Ok(Some(request));
        }
        ensure!(buffer.len() <= MAX_HEAD, "a head of more than {MAX_HEAD} bytes");
        if stream.read_buf(buffer).await.context("reading a request")? == 0 {
            ensure!(buffer.is_empty(), "the connection ended within a head");
            return Ok(None);
        }
    }
}

async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
    length: usize,
) -> anyhow::Result<Vec<u8>> {
    ensure!(length <= MAX_BODY, "a body of {length} bytes");
    while buffer.len() < length {
        if stream.read_buf(buffer).await.context("reading a body")? == 0 {
            bail!("the connection ended within a body");
        }
    }
    Ok(buffer.split_to(length).to_vec())
}

fn parse_head(buffer: &[u8]) -> anyhow::Result<Option<(Request, usize)>> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut slots);
    let httparse::Status::Complete(length) = parsed.parse(buffer).context("parsing a head")? else {
        return Ok(None);
    };
    let headers = parsed.headers.iter().map(|header| {
        (
            header.name.to_ascii_lowercase(),
            String::from_utf8_lossy(header.value).trim().to_owned(),
        )
    });
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}

/// Encodes a request with a body for a host.
pub fn encode_request(method: &str, target: &str, host: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Reads an answer's status code from a connection.
pub async fn read_status(stream: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<u16> {
    let mut buffer = BytesMut::new();
    loop {
        let mut slots = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut slots);
        if parsed.parse(&buffer).context("parsing an answer")?.is_complete() {
            return parsed.code.context("an answer without a status");
        }
        ensure!(buffer.len() <= MAX_HEAD, "a head of more than {MAX_HEAD} bytes");
        ensure!(
            stream.read_buf(&mut buffer).await.context("reading an answer")? > 0,
            "no answer"
        );
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        502 => "Bad Gateway",
        _ => "Other",
    }
}
