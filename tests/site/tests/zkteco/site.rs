//! A terminal's driver at the edge's own line, over real sockets; its cable can be pulled.

use adapter_sdk::{
    Line, LineSpec, LogPosition, ObservedFact,
    socket::{ByteChannel, Connector, SocketError},
};
use adapter_zkteco::ADAPTER;
use async_trait::async_trait;
use edge_devices::socket::{TcpDial, UdpDial};
use protocol::Fact;
use serde_json::{Value, json};
use std::sync::Arc;
use tests_site::driver::{DriverRun, changed};
use tests_world::zkteco::Terminal;
use tokio::{sync::watch, time::Instant};

/// Starts the driver of a terminal, with its settings changed.
pub(crate) fn start(terminal: &Terminal, changes: Value, mark: Option<LogPosition>) -> DriverRun {
    start_with_cable(terminal, changes, mark).0
}

/// The same, with the cable to pull.
pub(crate) fn start_with_cable(
    terminal: &Terminal,
    changes: Value,
    mark: Option<LogPosition>,
) -> (DriverRun, watch::Sender<CableState>) {
    let settings = json!({
        "host": "127.0.0.1", "port": terminal.address().port(), "comm_key": 12345, "code_page": "windows-1251",
    });
    let plan = ADAPTER.plan(&changed(settings, changes)).unwrap();
    let dial: Arc<dyn Connector> = if let LineSpec::Tcp(target) = &plan.wants {
        Arc::new(TcpDial::new(target.clone()))
    } else if let LineSpec::Udp(target) = &plan.wants {
        Arc::new(UdpDial::new(target.clone()))
    } else {
        panic!("it wants {:?}", plan.wants)
    };
    let (cable, state) = watch::channel(CableState::Whole);
    let line = Line::Socket(Arc::new(CableDial { dial, state }));
    (DriverRun::resume(plan, line, mark, None), cable)
}

/// What becomes of what the driver writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CableState {
    /// It arrives.
    Whole,
    /// It is lost without a word, both ways.
    Dead,
}

/// Who passed when; every number must be higher than the one before in its log.
pub(crate) fn passed(seen: &[ObservedFact]) -> Vec<(Option<String>, Option<String>)> {
    let mut last = (String::new(), 0);
    let mut passed = Vec::new();
    for (seen, origin) in seen.iter().filter_map(|seen| Some((seen, seen.origin.as_ref()?))) {
        assert!(
            origin.log.as_str() != last.0 || origin.number > last.1,
            "{} after {}",
            origin.number,
            last.1
        );
        last = (origin.log.to_string(), origin.number);
        if let Fact::AccessGranted(passage) = &seen.fact {
            passed.push((
                passage.person.clone().map(Into::into),
                origin.at.clone().map(Into::into),
            ));
        }
    }
    passed
}

/// A line with a cable that can be pulled.
#[derive(Debug)]
struct CableDial {
    dial: Arc<dyn Connector>,
    state: watch::Receiver<CableState>,
}

#[derive(Debug)]
struct CableChannel {
    channel: Box<dyn ByteChannel>,
    state: watch::Receiver<CableState>,
}

#[async_trait]
impl Connector for CableDial {
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        let channel = self.dial.dial(deadline).await?;
        let state = self.state.clone();
        Ok(Box::new(CableChannel { channel, state }))
    }
}

#[async_trait]
impl ByteChannel for CableChannel {
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError> {
        let state = *self.state.borrow();
        match state {
            CableState::Whole => self.channel.write(bytes, deadline).await,
            CableState::Dead => Ok(()),
        }
    }

    async fn read(&mut self) -> Result<bytes::Bytes, SocketError> {
        let received = self.channel.read().await;
        let state = *self.state.borrow();
        match state {
            CableState::Whole => received,
            CableState::Dead => std::future::pending().await,
        }
    }
}
