//! Events as they arrive, one line each, from the cloud's live stream.
//!
//! A stream that breaks is opened again behind the last event that was shown: nothing is missed, nothing shown twice.

use crate::rest::Admin;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;

/// Shows events until the task is dropped.
pub(crate) async fn show(admin: &mut Admin) {
    let mut last = None;
    loop {
        if let Err(error) = follow(admin, &mut last).await {
            tracing::debug!(error = format!("{error:#}"), "the live stream broke");
        }
        sleep(Duration::from_secs(1)).await;
        // A cloud that is away cannot give fresh tokens either; the next round asks again.
        if let Err(error) = admin.refresh().await {
            tracing::debug!(error = format!("{error:#}"), "no fresh tokens yet");
        }
    }
}

async fn follow(admin: &Admin, last: &mut Option<String>) -> Result<()> {
    let mut response = admin.live(last.as_deref()).await?;
    let mut frames = Frames::default();
    while let Some(chunk) = response.chunk().await.context("reading the live stream")? {
        for frame in frames.push(&chunk) {
            if frame.id.is_some() {
                last.clone_from(&frame.id);
            }
            if let Some(line) = serde_json::from_str(&frame.data).ok().as_ref().and_then(line) {
                println!("  {line}");
            }
        }
    }
    Ok(())
}

/// One server-sent event (WHATWG HTML §9.2).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its id, where it has one.
    pub(crate) id: Option<String>,
    /// Its data, lines joined.
    pub(crate) data: String,
}

/// Takes a stream of server-sent events apart, however it is cut into chunks.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    rest: Vec<u8>,
    frame: Frame,
}

impl Frames {
    /// Takes the next chunk and gives the events it completes.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<Frame> {
        self.rest.extend_from_slice(chunk);
        let mut done = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                done.extend(Some(std::mem::take(&mut self.frame)).filter(|frame| !frame.data.is_empty()));
            } else if let Some((field, value)) = line.split_once(':') {
                self.field(field, value.strip_prefix(' ').unwrap_or(value));
            }
        }
        done
    }

    fn field(&mut self, field: &str, value: &str) {
        match field {
            "id" => self.frame.id = Some(value.to_owned()),
            "data" => self.frame.data.push_str(value),
            _ => {}
        }
    }
}

/// An event as one line for people, e.g. `09:30:00  access.granted  main-entrance  1042, card`.
pub(crate) fn line(stored: &Value) -> Option<String> {
    let name = stored.get("type")?.as_str()?;
    let event = stored.get("event")?;
    let time = stored.get("at")?.as_str()?.get(11..19)?;
    let data = event.get("data");
    let of = |key: &str| data.and_then(|data| data.get(key));
    if let Some(said) = crate::branch::said(name, data) {
        return Some(format!("{time}  {name:<22}{said}"));
    }
    let device = of("device").and_then(Value::as_str).unwrap_or("the edge");
    let told: Vec<String> = [
        "person",
        "key_kind",
        "command_name",
        "reason",
        "took_ms",
        "version",
        "document",
        "journal_depth",
    ]
    .iter()
    .filter_map(|key| Some((*key, of(key)?)))
    .map(|(key, value)| told(key, value))
    .collect();
    let replay = event.get("replay").and_then(Value::as_bool) == Some(true);
    let replay = if replay { "  (from the device's own log)" } else { "" };
    Some(
        format!("{time}  {name:<22}{device:<16}{}{replay}", told.join(", "))
            .trim_end()
            .to_owned(),
    )
}

fn told(key: &str, value: &Value) -> String {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match key {
        "took_ms" => format!("{value} ms"),
        "version" => format!("version {value}"),
        "journal_depth" => format!("{value} waiting"),
        _ => value,
    }
}
