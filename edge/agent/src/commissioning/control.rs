//! The agent's control socket: whoever may read its state may ask it something.
//!
//! One question per connection, a bounded number of them, and nothing can be changed through it.

use super::control_message::{ControlQuestion, ControlReply, TestReport};
use crate::unknown_callers;
use adapter_sdk::Ask;
use anyhow::Context as _;
use edge_kernel::{DevicePresence, Port, Roster};
use protocol::{CommandId, DeviceId, Outcome, Reason, command::Action};
use std::{
    fs::Permissions,
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// Questions at once.
const QUESTIONS: usize = 4;
/// Longest question.
const QUESTION_BYTES: u64 = 4096;
/// Time to put a question.
const ASKING: Duration = Duration::from_secs(5);
/// Time a device has for its test.
const TEST: Duration = Duration::from_secs(20);
/// Time for an answer, its test and more.
const ANSWER: Duration = Duration::from_secs(40);

/// A question for a device, on its way to whoever owns the fleet.
#[derive(Debug)]
pub(crate) struct Inquiry {
    /// Which device.
    pub(crate) device: DeviceId,
    /// What is asked of it.
    pub(crate) ask: Ask,
}

/// Serves the socket until `stop`.
pub(crate) fn serve(
    path: PathBuf,
    port: Port,
    inquiries: mpsc::Sender<Inquiry>,
    stop: CancellationToken,
) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let listener = bind(&path).with_context(|| format!("cannot serve {}", path.display()))?;
    let desk = ControlHandler { port, inquiries };
    Ok(tokio::spawn(async move {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = open.join_next(), if !open.is_empty() => {}
                accepted = listener.accept(), if open.len() < QUESTIONS => match accepted {
                    Ok((stream, _)) => {
                        open.spawn(desk.clone().attend(stream));
                    }
                    Err(error) => tracing::debug!(%error, "nobody can be heard on the control socket"),
                },
            }
        }
        // The next start would take it away as well.
        let _ = std::fs::remove_file(&path);
    }))
}

/// Whoever holds the journal's lock owns the socket: what lies there is of a run that ended without a word.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[derive(Clone)]
struct ControlHandler {
    port: Port,
    inquiries: mpsc::Sender<Inquiry>,
}

impl ControlHandler {
    async fn attend(self, mut stream: UnixStream) {
        let answered = async {
            let question = timeout(ASKING, read_line(&mut stream)).await??;
            let reply = match serde_json::from_str(&question) {
                Ok(question) => self.answer(question).await,
                Err(_) => refused("that is no question"),
            };
            let line = serde_json::to_string(&reply)? + "\n";
            stream.write_all(line.as_bytes()).await?;
            anyhow::Ok(())
        };
        match timeout(ANSWER, answered).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = &*error, "a question on the control socket was not answered"),
            Err(_) => tracing::debug!("a question on the control socket was not answered in time"),
        }
    }

    async fn answer(&self, question: ControlQuestion) -> ControlReply {
        match question {
            ControlQuestion::Strangers => match unknown_callers::known(&self.port).await {
                Ok(strangers) => ControlReply::Strangers { strangers },
                Err(refusal) => refused(&refusal.to_string()),
            },
            ControlQuestion::Test { device } => self.test(device).await,
        }
    }

    async fn test(&self, device: DeviceId) -> ControlReply {
        let outcome = match self.look(&device).await {
            Ok(known) if known.adapter.is_none() => {
                return refused("it speaks MQTT or HTTP to this box, which has nothing to test it with");
            }
            Ok(_) => self.run(&device).await,
            Err(reply) => return reply,
        };
        // What is known may be news of the test.
        match self.look(&device).await {
            Ok(known) => ControlReply::Tested(TestReport { outcome, ..known }),
            Err(reply) => reply,
        }
    }

    async fn look(&self, device: &DeviceId) -> Result<TestReport, ControlReply> {
        let view = self.port.read::<Roster>().await;
        let roster = view.map_err(|refusal| refused(&refusal.to_string()))?.state;
        let known = roster
            .device(device)
            .filter(|known| known.presence != DevicePresence::Retired);
        let known = known.ok_or_else(|| refused("there is no such device on this box"))?;
        Ok(TestReport {
            kind: known.kind.clone(),
            adapter: known.adapter.as_ref().map(ToString::to_string),
            address: known.address.clone(),
            presence: known.presence.clone(),
            fw: known.fw.clone(),
            outcome: Outcome::Expired,
            device: device.clone(),
        })
    }

    async fn run(&self, device: &DeviceId) -> Outcome {
        let interrupted = Outcome::Failed {
            reason: Reason::Interrupted,
            detail: None,
        };
        let mut entropy = [0; 10];
        if getrandom::fill(&mut entropy).is_err() {
            return interrupted;
        }
        let now = self.port.clock().now();
        let command = CommandId::new(now, entropy);
        let (ask, outcome) = Ask::new(command, Action::DeviceTest {}, now.plus(TEST), Instant::now() + TEST);
        let inquiry = Inquiry {
            device: device.clone(),
            ask,
        };
        tracing::info!(%device, "a test was asked for on the control socket");
        if self.inquiries.send(inquiry).await.is_err() {
            return interrupted;
        }
        outcome.await.unwrap_or(interrupted)
    }
}

fn refused(why: &str) -> ControlReply {
    ControlReply::Refused { why: why.to_owned() }
}

/// Asks a running agent; `None` where none runs.
pub(super) async fn ask(path: &Path, question: &ControlQuestion) -> anyhow::Result<Option<ControlReply>> {
    let mut stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("cannot ask the agent at {}", path.display())),
    };
    let answered = async {
        let line = serde_json::to_string(question)? + "\n";
        stream.write_all(line.as_bytes()).await?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await?;
        anyhow::Ok(serde_json::from_str(&line)?)
    };
    let reply = timeout(ANSWER, answered).await.context("the agent does not answer")?;
    reply.map(Some).context("the agent's answer cannot be read")
}

async fn read_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(QUESTION_BYTES)).read_line(&mut line).await?;
    Ok(line)
}
