//! Debian's mosquitto beside us: the same clients, one offline subscriber whose queue it has to keep.

use anyhow::{Context as _, Result, bail, ensure};
use bytes::BytesMut;
use rumqttc::{Connect, Packet, QoS, Subscribe};
use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

const PROGRAM: &str = "/usr/sbin/mosquitto";
const LARGEST: usize = 64 << 10;
const LOOKS: usize = 100;

/// How it keeps what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// `persistence true` and nothing else: saved every 30 minutes.
    Default,
    /// Saved after each change, as often as it can: the most durable it offers.
    EachChange,
}

/// A running mosquitto. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Mosquitto {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Mosquitto {
    /// Starts one that keeps its state in `dir`, with a subscriber that has gone away.
    pub(crate) async fn start(dir: &Path, keeping: Persistence) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
        // It cannot be told to take any port; the one that was free a moment ago still is, most likely.
        let free = TcpListener::bind("127.0.0.1:0")
            .await
            .context("looking for a free port")?;
        let address = free.local_addr().context("asking which port it is")?;
        drop(free);
        let settings = dir.join("mosquitto.conf");
        std::fs::write(&settings, configuration(dir, address, keeping)?).context("writing mosquitto.conf")?;
        let child = Command::new(PROGRAM)
            .arg("-c")
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {PROGRAM}; cargo xtask setup installs it"))?;
        let mosquitto = Self { child, address };
        for _ in 0..LOOKS {
            if let Ok(stream) = TcpStream::connect(address).await {
                subscribe_and_leave(stream).await?;
                return Ok(mosquitto);
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("mosquitto does not listen on {address}")
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(dir: &Path, address: SocketAddr, keeping: Persistence) -> Result<String> {
    let mut text = format!(
        "listener {} {}\nallow_anonymous true\nset_tcp_nodelay true\nuser root\nlog_dest none\nmax_queued_messages 0\n\
         persistence true\npersistence_location {}/\n",
        address.port(),
        address.ip(),
        dir.display()
    );
    match keeping {
        Persistence::Default => {}
        Persistence::EachChange => writeln!(text, "autosave_on_changes true\nautosave_interval 1")?,
    }
    Ok(text)
}

async fn subscribe_and_leave(mut stream: TcpStream) -> Result<()> {
    let mut connect = Connect::new("reader");
    connect.clean_session = false;
    let mut subscribe = Subscribe::new("ostona/v1/+/fact", QoS::AtLeastOnce);
    subscribe.pkid = 1;
    // CONNACK is 4 bytes, SUBACK for one filter 5.
    for (packet, answered) in [(Packet::Connect(connect), 4), (Packet::Subscribe(subscribe), 5)] {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, LARGEST).context("encoding a packet")?;
        stream.write_all(&bytes).await.context("sending")?;
        let mut answer = vec![0; answered];
        stream.read_exact(&mut answer).await.context("reading an answer")?;
        ensure!(
            answer.last().is_some_and(|code| *code < 0x80),
            "mosquitto refuses: {answer:02x?}"
        );
    }
    let mut bytes = BytesMut::new();
    Packet::Disconnect
        .write(&mut bytes, LARGEST)
        .context("encoding DISCONNECT")?;
    stream.write_all(&bytes).await.context("leaving")
}
