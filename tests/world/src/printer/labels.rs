//! A label printer: ZPL over TCP, `~HS` at any time, labels one after the other.
//!
//! It draws nothing: labels are kept as they came, for software that renders them.

use super::mechanism::PartState;
use crate::port::Port;
use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

/// How it is built.
#[derive(Debug, Clone)]
pub struct LabelConfig {
    /// How long one label takes.
    pub takes: Duration,
}

impl Default for LabelConfig {
    fn default() -> Self {
        Self {
            takes: Duration::from_millis(300),
        }
    }
}

/// A running label printer. Dropping it pulls its plug.
pub struct LabelPrinter {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

struct State {
    config: LabelConfig,
    labels: Vec<String>,
    coming: Vec<u8>,
    waiting: Vec<String>,
    began: Option<Instant>,
    paper: PartState,
    head: PartState,
    forgotten: u64,
}

impl State {
    /// Bytes come; gives what is answered.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        for byte in bytes {
            self.coming.push(*byte);
            if self.coming.ends_with(b"~HS") {
                self.coming.truncate(self.coming.len() - 3);
                self.go_on();
                answers.extend_from_slice(self.status().as_bytes());
            } else if self.coming.ends_with(b"~JA") {
                self.coming.clear();
                self.waiting.clear();
                self.began = None;
                self.forgotten += 1;
            } else if self.coming.ends_with(b"^XZ") {
                let label = std::mem::take(&mut self.coming);
                self.waiting.push(String::from_utf8_lossy(&label).trim().to_owned());
            }
        }
        self.go_on();
        answers
    }

    /// Labels come out, one after the other, while there is paper and the head is down.
    fn go_on(&mut self) {
        if self.paper == PartState::Fails || self.head == PartState::Fails {
            self.began = None;
            return;
        }
        let takes = self.config.takes;
        while !self.waiting.is_empty() {
            let began = *self.began.get_or_insert_with(Instant::now);
            if began.elapsed() < takes {
                return;
            }
            self.labels.push(self.waiting.remove(0));
            self.began = None;
        }
    }

    fn status(&self) -> String {
        let flag = |work: PartState| u8::from(work == PartState::Fails);
        let (paper, head) = (flag(self.paper), flag(self.head));
        let paused = paper.max(head);
        let waiting = self.waiting.len();
        format!(
            "\u{2}030,{paper},{paused},1245,{waiting:03},0,0,0,000,0,0,0\u{3}\r\n\
             \u{2}000,0,{head},0,0,2,6,0,00000000,1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n"
        )
    }
}

impl LabelPrinter {
    /// Starts a label printer on a loopback port. Must be called within a tokio runtime.
    pub fn start(config: LabelConfig) -> anyhow::Result<Self> {
        let port = Port::open()?;
        let address = port.address();
        let state = Arc::new(Mutex::new(State {
            config,
            labels: Vec::new(),
            coming: Vec::new(),
            waiting: Vec::new(),
            began: None,
            paper: PartState::Works,
            head: PartState::Works,
            forgotten: 0,
        }));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(port, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            _tasks: tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every label that came out, as ZPL.
    pub fn labels(&self) -> Vec<String> {
        let mut state = self.state();
        state.go_on();
        state.labels.clone()
    }

    /// How often it was told to forget what it held.
    pub fn forgotten(&self) -> u64 {
        self.state().forgotten
    }

    /// Whether it has labels.
    pub fn set_paper(&self, paper: PartState) {
        self.state().paper = paper;
    }

    /// Whether its head is down.
    pub fn set_head(&self, head: PartState) {
        self.state().head = head;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LabelPrinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabelPrinter")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

async fn serve(port: Port, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok(stream) = port.accept().await {
        connections.spawn(converse(stream, Arc::clone(&state)));
    }
}

async fn converse(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let bytes = buffer.get(..read).unwrap_or_default();
        let answer = state.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}
