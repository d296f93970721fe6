//! One session with the device: a request and its answer at a time, and the live events that come in between.
//!
//! Datagrams get lost, so over UDP a request may go out again, but never one that actuates.

use crate::{
    settings::Transport,
    wire::{
        attendance::AttendanceRecord,
        field::FieldReader,
        frame::{ZkFrame, ZkFrameBuffer, ZkFrameError, code},
        realtime,
    },
};
use adapter_sdk::{
    DriverError,
    socket::{ByteChannel, SocketError},
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Time for an answer over TCP, and for each piece of a long one.
const ANSWER: Duration = Duration::from_secs(5);
/// The same over UDP, where what is lost must be sent again.
const ANSWER_UDP: Duration = Duration::from_millis(1500);
/// Times a request is sent over UDP.
const TRIES: u32 = 4;
/// Live events kept until somebody looks; more are in the device's log anyway.
const EVENTS: usize = 256;
/// Numbers of requests: above the largest the device's own events use, below where clients wrap.
const LAST_REPLY: u16 = 0xFFFD;

/// Whether people can use the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TerminalAvailability {
    /// They can.
    Open,
    /// We closed it for a long read.
    Closed,
}

/// An open session.
#[derive(Debug)]
pub(super) struct ZkSession {
    channel: Box<dyn ByteChannel>,
    transport: Transport,
    frame_buffer: ZkFrameBuffer,
    id: u16,
    reply: u16,
    events: VecDeque<Option<AttendanceRecord>>,
    /// Whether people can use the device.
    pub(super) availability: TerminalAvailability,
}

impl ZkSession {
    /// A session that nobody has connected yet.
    pub(super) fn new(channel: Box<dyn ByteChannel>, transport: Transport) -> Self {
        Self {
            channel,
            transport,
            frame_buffer: ZkFrameBuffer::default(),
            id: 0,
            reply: 0,
            events: VecDeque::new(),
            availability: TerminalAvailability::Open,
        }
    }

    /// How frames travel.
    pub(super) fn transport(&self) -> Transport {
        self.transport
    }

    /// The session's number, as the device gave it.
    pub(super) fn id(&self) -> u16 {
        self.id
    }

    /// Takes the number that the answer to `CONNECT` holds.
    pub(super) fn adopt(&mut self, id: u16) {
        self.id = id;
    }

    /// Sends a request and demands `OK`. It must be one that does no harm twice.
    pub(super) async fn tell(&mut self, doing: &'static str, command: u16, body: &[u8]) -> Result<(), DriverError> {
        let answer = self.ask(doing, command, body).await?;
        demand(&answer, code::OK, doing)
    }

    /// Sends a request and waits for its answer. It must be one that does no harm twice.
    pub(super) async fn ask(&mut self, doing: &'static str, command: u16, body: &[u8]) -> Result<ZkFrame, DriverError> {
        let tries = match self.transport {
            Transport::Udp => TRIES,
            Transport::Tcp => 1,
        };
        for left in (0..tries).rev() {
            let deadline = Instant::now() + self.reply_timeout();
            match self.once(command, body, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Line(SocketError::Timeout)) if left > 0 => {}
                Err(failure) => return Err(failure.into_driver_error(doing)),
            }
        }
        Err(Failure::Line(SocketError::Timeout).into_driver_error(doing))
    }

    /// Writes a request once and waits for its answer until `deadline`.
    pub(super) async fn once(&mut self, command: u16, body: &[u8], deadline: Instant) -> Result<ZkFrame, Failure> {
        let reply = self.write(command, body, deadline).await?;
        loop {
            let frame = timeout_at(deadline, self.next_reply())
                .await
                .map_err(|_| Failure::Line(SocketError::Timeout))??;
            // Late answers to requests given up on are not ours.
            if frame.reply == reply {
                return Ok(frame);
            }
            tracing::debug!(code = frame.code, "an answer nobody waits for");
        }
    }

    /// The rest of an answer in several frames: the next frame with the number of the last request.
    pub(super) async fn next_part(&mut self, doing: &'static str) -> Result<ZkFrame, DriverError> {
        let deadline = Instant::now() + self.reply_timeout();
        loop {
            let frame = timeout_at(deadline, self.next_reply())
                .await
                .map_err(|_| Failure::Line(SocketError::Timeout))
                .and_then(|heard| heard)
                .map_err(|failure| failure.into_driver_error(doing))?;
            if frame.reply == self.reply {
                return Ok(frame);
            }
        }
    }

    /// Waits for a frame that nobody asked for. Given up while waiting, nothing is lost.
    pub(super) async fn next_unsolicited(&mut self) -> Result<ZkFrame, DriverError> {
        self.next_frame()
            .await
            .map_err(|failure| failure.into_driver_error("listening"))
    }

    /// Takes a frame that nobody asked for: a live event is acknowledged and kept.
    pub(super) async fn take(&mut self, frame: ZkFrame) -> Result<(), DriverError> {
        let taken = self
            .take_event(frame)
            .await
            .map_err(|failure| failure.into_driver_error("listening"))?;
        if let Some(late) = taken {
            tracing::debug!(code = late.code, "an answer nobody waits for");
        }
        Ok(())
    }

    /// The live events that came meanwhile, without waiting.
    pub(super) fn events(&mut self) -> impl Iterator<Item = AttendanceRecord> + '_ {
        self.events.drain(..).flatten()
    }

    fn reply_timeout(&self) -> Duration {
        match self.transport {
            Transport::Tcp => ANSWER,
            Transport::Udp => ANSWER_UDP,
        }
    }

    async fn write(&mut self, command: u16, body: &[u8], deadline: Instant) -> Result<u16, Failure> {
        self.reply = if self.reply >= LAST_REPLY || command == code::CONNECT {
            0
        } else {
            self.reply + 1
        };
        let frame = ZkFrame {
            code: command,
            session: self.id,
            reply: self.reply,
            body: body.to_vec(),
        };
        self.send(&frame, deadline).await?;
        Ok(self.reply)
    }

    async fn send(&mut self, frame: &ZkFrame, deadline: Instant) -> Result<(), Failure> {
        tracing::trace!(
            code = frame.code,
            reply = frame.reply,
            bytes = frame.body.len(),
            "to the device"
        );
        let bytes = match self.transport {
            Transport::Tcp => frame.segment(),
            Transport::Udp => frame.datagram(),
        };
        self.channel.write(&bytes, deadline).await.map_err(Failure::Line)
    }

    /// The next frame that is no live event; events are acknowledged and kept.
    async fn next_reply(&mut self) -> Result<ZkFrame, Failure> {
        loop {
            let frame = self.next_frame().await?;
            if let Some(frame) = self.take_event(frame).await? {
                return Ok(frame);
            }
        }
    }

    /// Acknowledges and keeps a live event; gives back any other frame.
    async fn take_event(&mut self, frame: ZkFrame) -> Result<Option<ZkFrame>, Failure> {
        tracing::trace!(
            code = frame.code,
            reply = frame.reply,
            bytes = frame.body.len(),
            "from the device"
        );
        if frame.code != code::EVENT {
            return Ok(Some(frame));
        }
        // In a live event the session field names its kind.
        if frame.session & realtime::ATTENDANCE != 0 && self.events.len() < EVENTS {
            self.events.push_back(realtime::parse(&frame.body));
        }
        let acknowledgement = ZkFrame {
            code: code::OK,
            session: self.id,
            reply: 0,
            body: Vec::new(),
        };
        self.send(&acknowledgement, Instant::now() + ANSWER).await?;
        Ok(None)
    }

    async fn next_frame(&mut self) -> Result<ZkFrame, Failure> {
        loop {
            match self.transport {
                Transport::Tcp => {
                    if let Some(frame) = self.frame_buffer.next_frame().map_err(Failure::Frame)? {
                        return Ok(frame);
                    }
                    let bytes = self.channel.read().await.map_err(Failure::Line)?;
                    self.frame_buffer.feed(&bytes);
                }
                Transport::Udp => {
                    let datagram = self.channel.read().await.map_err(Failure::Line)?;
                    match ZkFrame::parse(&datagram) {
                        Ok(frame) => return Ok(frame),
                        // One spoilt datagram spoils no other.
                        Err(error) => tracing::debug!(%error, "a datagram cannot be read"),
                    }
                }
            }
        }
    }
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The line.
    Line(SocketError),
    /// What came is no frame.
    Frame(ZkFrameError),
}

impl Failure {
    /// As the end of the conversation.
    pub(super) fn into_driver_error(self, doing: &'static str) -> DriverError {
        match self {
            Failure::Line(source) => DriverError::Lost { doing, source },
            Failure::Frame(error) => DriverError::Protocol(format!("{doing}: {error}")),
        }
    }
}

/// The answer must be this one.
pub(super) fn demand(answer: &ZkFrame, wanted: u16, doing: &'static str) -> Result<(), DriverError> {
    if answer.code == wanted {
        return Ok(());
    }
    Err(DriverError::Protocol(format!(
        "{doing}: it answers with {}",
        answer.code
    )))
}

/// A text up to its first zero, for people: printable ASCII, at most 64 characters.
pub(super) fn plain(body: &[u8]) -> Option<String> {
    let text = FieldReader::of(body).text(body.len())?;
    let text: String = text
        .iter()
        .filter(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .map(|byte| char::from(*byte))
        .take(64)
        .collect();
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
