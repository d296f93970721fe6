//! HTTP as such a terminal speaks it: one connection per request, head in one piece, the server's `Date` read.

use crate::http::{MAX_BODY, encode_request};
use anyhow::{Context as _, ensure};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Time for a whole request and its answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// The `Date` header.
    pub(super) date: Option<String>,
    pub(super) body: String,
}

/// Whether the answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyReading {
    /// It is.
    Listens,
    /// The terminal hangs up as soon as it has spoken.
    HangsUp,
}

/// Asks once. An answer that nobody waited for is an error.
pub(super) async fn ask(
    server: SocketAddr,
    method: &str,
    target: &str,
    body: &[u8],
    hearing: ReplyReading,
) -> anyhow::Result<Reply> {
    let talk = async {
        let mut stream = TcpStream::connect(server).await.context("connecting")?;
        let request = encode_request(method, target, &server.to_string(), "text/plain", body);
        stream.write_all(&request).await.context("asking")?;
        ensure!(hearing == ReplyReading::Listens, "hung up");
        let mut answer = Vec::new();
        let most = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
        stream.take(most).read_to_end(&mut answer).await.context("listening")?;
        parse(&answer)
    };
    timeout(PATIENCE, talk).await.context("no answer in time")?
}

fn parse(answer: &[u8]) -> anyhow::Result<Reply> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut slots);
    let httparse::Status::Complete(head) = parsed.parse(answer).context("parsing an answer")? else {
        anyhow::bail!("the answer broke off");
    };
    let header = |name: &str| {
        let found = parsed
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let body = answer.get(head..).unwrap_or_default();
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    ensure!(length.is_none_or(|length| body.len() >= length), "the body broke off");
    Ok(Reply {
        status: parsed.code.context("an answer without a status")?,
        date: header("date"),
        body: String::from_utf8_lossy(body).into_owned(),
    })
}
