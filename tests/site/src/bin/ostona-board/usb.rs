//! The lines for keys, serial ports and character devices, with a USB device at the other end.

use crate::{
    desk::Desk,
    gadget,
    pins::{LIMIT, until},
};
use adapter_sdk::{
    Line, Parity, SerialTarget, StopBits,
    keys::InputDevice as _,
    socket::{Connector as _, SocketError},
};
use anyhow::{Context as _, Result, ensure};
use edge_devices::{chars::CharsDial, keys::Keyboard, serial::SerialDial};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tests_world::scanner;
use tokio::time::Instant;

/// What is scanned: every kind of character there is.
const CODE: &str = "HMK_tsh-001 {\"a\": [~`|\\;'?/>.<,]}!@#$%^&*()+=";
/// Where the kernel puts the printer.
const PRINTER: &str = "/dev/usb/lp0";

fn hash(code: &str) -> String {
    Sha256::digest(code).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn there(path: &str) -> Result<bool> {
    Ok(Path::new(path).exists())
}

/// The adapter at the scanner that types.
async fn typing() -> Result<(Desk, String)> {
    let mut path = None;
    until("there is an input device", || {
        path = gadget::input()?;
        Ok(path.is_some())
    })
    .await?;
    let path = path.unwrap_or_default();
    until("it has a file", || there(&path)).await?;
    let settings = json!({"path": path, "line": "keys", "gap_ms": 2000});
    let keyboard = Arc::new(Keyboard::new(path.clone()));
    Ok((Desk::open(&settings, Line::Keys(keyboard)).await?, path))
}

/// The adapter at the scanner that sends.
async fn sending() -> Result<Desk> {
    let path = "/dev/ttyACM0";
    until("there is a serial port", || there(path)).await?;
    let target = SerialTarget {
        path: path.into(),
        baud: 9600,
        parity: Parity::None,
        stop_bits: StopBits::One,
    };
    let settings = json!({"path": path, "line": "serial", "gap_ms": 2000});
    Desk::open(&settings, Line::Socket(Arc::new(SerialDial::new(target)))).await
}

pub(crate) async fn typed() -> Result<()> {
    let (mut desk, path) = typing().await?;
    ensure!(Keyboard::new(path).grab().is_err(), "somebody else has it as well");
    let mut gadget = File::options()
        .write(true)
        .open("/dev/hidg0")
        .context("opening the scanner's end")?;
    for report in scanner::reports(CODE) {
        gadget.write_all(&report).context("typing")?;
    }
    let scanned = desk.scanned().await?;
    ensure!(scanned == hash(CODE), "it read something else");
    Ok(())
}

pub(crate) async fn sent() -> Result<()> {
    let mut desk = sending().await?;
    let mut gadget = File::options()
        .write(true)
        .open("/dev/ttyGS0")
        .context("opening the scanner's end")?;
    gadget.write_all(format!("{CODE}\r\n").as_bytes()).context("sending")?;
    let scanned = desk.scanned().await?;
    ensure!(scanned == hash(CODE), "it read something else");
    Ok(())
}

pub(crate) async fn pulled_out() -> Result<()> {
    let ((typing, _), sending) = (typing().await?, sending().await?);
    let mut printer = CharsDial::new(PRINTER.to_owned()).dial(Instant::now() + LIMIT).await?;
    gadget::pull_out()?;
    let words = (typing.ended().await?, sending.ended().await?);
    ensure!(words == ("unreachable", "unreachable"), "they ended with {words:?}");
    let read = tokio::time::timeout(LIMIT, printer.read())
        .await
        .context("the printer is silent")?;
    ensure!(
        matches!(read, Err(SocketError::Closed | SocketError::Broken(_))),
        "the printer says {read:?}"
    );
    Ok(())
}

pub(crate) async fn printed() -> Result<()> {
    until("there is a printer", || there(PRINTER)).await?;
    let mut printer = None;
    until("the printer's own end is there", || {
        printer = gadget::printer();
        Ok(printer.is_some())
    })
    .await?;
    let mut printer = printer.context("it went away")?;
    let ticket: Vec<u8> = b"\x1b@K-001\n\x1dV\x00"
        .iter()
        .copied()
        .chain((0..=255).cycle().take(3000))
        .collect();
    let mut channel = CharsDial::new(PRINTER.to_owned()).dial(Instant::now() + LIMIT).await?;
    channel.write(&ticket, Instant::now() + LIMIT).await?;
    let length = ticket.len();
    let reading = tokio::task::spawn_blocking(move || {
        let mut paper = vec![0; length];
        printer.read_exact(&mut paper).map(|()| paper)
    });
    let paper = tokio::time::timeout(LIMIT, reading)
        .await
        .context("nothing is printed")???;
    ensure!(paper == ticket, "something else is printed");
    Ok(())
}

pub(crate) async fn stuck() -> Result<()> {
    let mut channel = CharsDial::new(PRINTER.to_owned()).dial(Instant::now() + LIMIT).await?;
    let began = Instant::now();
    let end = channel
        .write(&vec![0x55; 1 << 20], began + Duration::from_millis(500))
        .await;
    ensure!(matches!(end, Err(SocketError::Timeout)), "it ended with {end:?}");
    ensure!(
        began.elapsed() < Duration::from_secs(5),
        "it took {:?}",
        began.elapsed()
    );
    Ok(())
}
