//! Reading the device's large stores, whole or from some place on.
//!
//! For a long read the device is closed to people, so that nothing changes meanwhile; whoever closes it opens it again,
//! also where the read fails.

use super::session::{TerminalAvailability, ZkSession, demand};
use crate::{
    settings::Transport,
    wire::{bulk, frame::code},
};
use adapter_sdk::DriverError;

/// The most bytes of a store believed: some 400,000 of the longest records.
const LARGEST: u32 = 16 << 20;
/// A store up to this size is read without closing the device.
const SHORT: u32 = 4096;

/// What is ready to be read.
#[derive(Debug)]
pub(super) enum PreparedStore {
    /// It was short enough to come at once.
    Whole(Vec<u8>),
    /// So many bytes wait.
    Waiting(u32),
}

impl PreparedStore {
    /// Bytes of the store.
    pub(super) fn size(&self) -> u32 {
        match self {
            PreparedStore::Whole(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            PreparedStore::Waiting(size) => *size,
        }
    }
}

/// Gets a store ready; [`release`] lets it go.
pub(super) async fn prepare(session: &mut ZkSession, store: u16, part: u32) -> Result<PreparedStore, DriverError> {
    let doing = "getting a store ready";
    let answer = session.ask(doing, code::PREPARE, &bulk::prepare(store, part)).await?;
    if answer.code == code::CONTENT {
        return Ok(PreparedStore::Whole(answer.body));
    }
    demand(&answer, code::OK, doing)?;
    let size = bulk::ready(&answer.body).filter(|size| *size <= LARGEST);
    size.map(PreparedStore::Waiting)
        .ok_or_else(|| DriverError::Protocol(format!("{doing}: its size cannot be believed")))
}

/// Reads what is ready from byte `start` to the end.
pub(super) async fn read(session: &mut ZkSession, ready: PreparedStore, start: u32) -> Result<Vec<u8>, DriverError> {
    let size = match ready {
        PreparedStore::Whole(mut bytes) => {
            bytes.drain(..usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len()));
            return Ok(bytes);
        }
        PreparedStore::Waiting(size) => size,
    };
    let most = match session.transport() {
        Transport::Tcp => bulk::TCP_CHUNK,
        Transport::Udp => bulk::UDP_CHUNK,
    };
    let mut bytes = Vec::new();
    let mut at = start;
    while at < size {
        let piece = chunk(session, at, most.min(size - at)).await?;
        at += u32::try_from(piece.len()).unwrap_or(u32::MAX);
        bytes.extend(piece);
    }
    Ok(bytes)
}

/// Lets go what was ready.
pub(super) async fn release(session: &mut ZkSession) -> Result<(), DriverError> {
    // A device with nothing ready says so; that is as good.
    session.ask("letting a store go", code::FREE, &[]).await.map(drop)
}

/// Reads a whole store, the device closed to people where it is a long read.
pub(super) async fn read_whole(
    session: &mut ZkSession,
    store: u16,
    part: u32,
    expected: u32,
) -> Result<Vec<u8>, DriverError> {
    if expected <= SHORT {
        return read_prepared(session, store, part).await;
    }
    session.availability = TerminalAvailability::Closed;
    session.tell("closing it to people", code::DISABLE, &[]).await?;
    let whole = read_prepared(session, store, part).await;
    open(session).await?;
    whole
}

/// Opens the device to people where we closed it.
pub(super) async fn open(session: &mut ZkSession) -> Result<(), DriverError> {
    match session.availability {
        TerminalAvailability::Open => Ok(()),
        TerminalAvailability::Closed => {
            session.ask("opening it to people", code::ENABLE, &[]).await?;
            session.availability = TerminalAvailability::Open;
            Ok(())
        }
    }
}

async fn read_prepared(session: &mut ZkSession, store: u16, part: u32) -> Result<Vec<u8>, DriverError> {
    let ready = prepare(session, store, part).await?;
    let whole = read(session, ready, 0).await?;
    release(session).await?;
    Ok(whole)
}

/// One chunk: announced, in one frame or several, and closed with `OK`. Over UDP a frame of it may be lost; then the
/// whole chunk is asked for again.
async fn chunk(session: &mut ZkSession, start: u32, size: u32) -> Result<Vec<u8>, DriverError> {
    let doing = "reading a store";
    let mut tries = match session.transport() {
        Transport::Tcp => 0,
        Transport::Udp => 4,
    };
    loop {
        match chunk_once(session, start, size, doing).await {
            Err(DriverError::Lost { .. } | DriverError::Protocol(_)) if tries > 0 => tries -= 1,
            done => return done,
        }
    }
}

async fn chunk_once(
    session: &mut ZkSession,
    start: u32,
    size: u32,
    doing: &'static str,
) -> Result<Vec<u8>, DriverError> {
    let wrong = |what: &str| DriverError::Protocol(format!("{doing}: {what}"));
    let mut frame = session.ask(doing, code::READ, &bulk::read(start, size)).await?;
    let wanted = usize::try_from(size).unwrap_or(usize::MAX);
    let announced = frame.code == code::CHUNK;
    let mut bytes = Vec::new();
    loop {
        match frame.code {
            code::CHUNK if bulk::announced(&frame.body) == Some(size) => {}
            code::CHUNK => return Err(wrong("it announces another size")),
            code::CONTENT => bytes.extend_from_slice(&frame.body),
            code::OK => break,
            _ => return Err(wrong("it does not go on")),
        }
        if bytes.len() > wanted {
            return Err(wrong("more comes than was asked for"));
        }
        // Some firmwares send a short chunk at once, without announcing or closing it.
        if !announced && bytes.len() == wanted {
            break;
        }
        frame = session.next_part(doing).await?;
    }
    if bytes.len() == wanted && wanted > 0 {
        Ok(bytes)
    } else {
        Err(wrong("less comes than was asked for"))
    }
}
