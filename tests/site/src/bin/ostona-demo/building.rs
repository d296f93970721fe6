//! The building of the demo: two simulated terminals with staff badging, in a process of its own.
//!
//! Terminals are known here as the cloud's administrator would know them: an address, a login, a password.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tests_world::process::{Launch, Program};

const PATIENCE: Duration = Duration::from_secs(30);
/// The terminals' slugs at the edge.
const TERMINALS: [&str; 2] = ["terminal-1", "terminal-2"];

/// A building with people in it.
#[derive(Debug)]
pub(crate) struct Building {
    program: Program,
    told: usize,
}

impl Building {
    /// Opens it; the terminals' passwords are left in `secrets`.
    pub(crate) async fn open(secrets: &Path) -> Result<Self> {
        let launch = Launch::built("ostona-world")?
            .in_folder("demo")
            .arg("--terminals")
            .arg(TERMINALS.len().to_string());
        let mut program = launch.arg("--secrets").arg(secrets).start()?;
        program.says("building ready", PATIENCE).await?;
        Ok(Self { program, told: 0 })
    }

    /// Slug and settings of each terminal, for the documents that configure the edge.
    pub(crate) async fn terminals(&mut self) -> Result<Vec<(&'static str, Value)>> {
        let mut terminals = Vec::new();
        for name in TERMINALS {
            let line = self.program.says(&format!("listening {name} "), PATIENCE).await?;
            terminals.push((
                name,
                document(&line).with_context(|| format!("the building says {line:?}"))?,
            ));
        }
        Ok(terminals)
    }

    /// What happened in the building since this was last asked.
    pub(crate) fn news(&mut self) -> Vec<String> {
        let lines = self.program.lines();
        let news = lines
            .iter()
            .skip(self.told)
            .filter(|line| line.starts_with("terminal-"))
            .cloned()
            .collect();
        self.told = lines.len();
        news
    }

    /// Closes it in good order.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.program.terminate(PATIENCE).await.map(drop)
    }
}

/// `listening <name> <address> user <login> password-file <path>` as a device's document.
fn document(line: &str) -> Result<Value> {
    let mut words = line.split(' ').skip(2);
    let address: SocketAddr = words.next().context("no address")?.parse()?;
    let login = words.nth(1).context("no login")?;
    let file = words.nth(1).context("no password file")?;
    let password = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let settings = json!({
        "host": address.ip().to_string(), "port": address.port(), "username": login, "password": password.trim(),
    });
    Ok(json!({"kind": "terminal", "adapter": "hikvision", "settings": settings}))
}
