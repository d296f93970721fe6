//! The command line.

use crate::commissioning::{
    CommissioningTask,
    discovery::{DiscoveryScope, OutputFormat, SECONDS},
};
use anyhow::{Context as _, bail};
use lexopt::{Arg, Parser};
use protocol::enrolment::Code;
use std::{ffi::OsString, path::PathBuf, time::Duration};

/// Where the settings are where nobody says otherwise.
const SETTINGS: &str = "/etc/ostona/edge.toml";

/// What `--help` says.
pub(crate) const HELP: &str = "\
ostona-edge: doors, terminals and devices of one site

  ostona-edge [--settings FILE] run            work until told to stop (the default)
  ostona-edge [--settings FILE] enrol CODE     join a cloud with a one-time code; then restart the agent
  ostona-edge [--settings FILE] export FILE    write unsent events to a signed file; the agent must be stopped
  ostona-edge [--settings FILE] check          check settings, identity and adapters; change nothing
  ostona-edge [--settings FILE] devices test ID [CONFIG]
                                               speak to a device and say what was found: through the running agent, else
                                               directly, as in normal work; CONFIG: a file with kind, adapter and settings
                                               to try instead
  ostona-edge [--settings FILE] devices discover [--net ADDRESS[/PREFIX]]... [--seconds N] [--json]
                                               list what the LAN and the box's own ports show, and who called unasked;
                                               --net: hosts to knock at
  ostona-edge [--settings FILE] admin-code     show the code that lets a browser choose the first password of the box's settings
  ostona-edge [--settings FILE] admin-reset    forget that password at the agent's next start; then admin-code shows a new code
  ostona-edge [--settings FILE] accept-loss APP...
                                               let an app (roster, queue, prints, access) begin anew whose snapshots cannot be
                                               read, where a start was refused for that; the agent must be stopped
  ostona-edge token                            make a token for a device that speaks MQTT or HTTP to this box

The settings are read from /etc/ostona/edge.toml unless --settings names another file.
OSTONA_LOG sets what is logged, e.g. OSTONA_LOG=info,edge_uplink=debug.";

/// What to do, and with which settings.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) settings: PathBuf,
    pub(crate) subcommand: Subcommand,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Subcommand {
    Run,
    Enrol(Code),
    Export(PathBuf),
    Check,
    Devices(CommissioningTask),
    Token,
    AdminCode,
    AdminReset,
    /// Apps that may begin anew.
    AcceptLoss(Vec<String>),
    Help,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<Args> {
    let mut parser = Parser::from_args(args);
    let mut settings = PathBuf::from(SETTINGS);
    let mut errand = None;
    while let Some(arg) = parser.next()? {
        let next = match arg {
            Arg::Long("settings") => {
                settings = parser.value()?.into();
                continue;
            }
            Arg::Long("help") | Arg::Short('h') => Subcommand::Help,
            Arg::Value(word) => match word.to_str() {
                Some("run") => Subcommand::Run,
                Some("enrol") => Subcommand::Enrol(code(&mut parser)?),
                Some("export") => Subcommand::Export(parser.value().context("export needs the file to write")?.into()),
                Some("check") => Subcommand::Check,
                Some("devices") => Subcommand::Devices(devices(&mut parser)?),
                Some("token") => Subcommand::Token,
                Some("admin-code") => Subcommand::AdminCode,
                Some("admin-reset") => Subcommand::AdminReset,
                Some("accept-loss") => Subcommand::AcceptLoss(apps(&mut parser)?),
                Some("help") => Subcommand::Help,
                _ => bail!("{word:?} is no command; ostona-edge --help lists them"),
            },
            other @ (Arg::Short(_) | Arg::Long(_)) => return Err(other.unexpected().into()),
        };
        if errand.replace(next).is_some() {
            bail!("one command at a time; ostona-edge --help lists them");
        }
    }
    Ok(Args {
        settings,
        subcommand: errand.unwrap_or(Subcommand::Run),
    })
}

/// `test ID [CONFIG]` or `discover …`: everything up to the end of the line.
fn devices(parser: &mut Parser) -> anyhow::Result<CommissioningTask> {
    let word = parser.value().context("devices needs `test` or `discover`")?;
    match word.to_str() {
        Some("test") => {
            let device = parser.value().context("test needs a device's name")?;
            let device = device.to_str().context("that is no device's name")?.parse()?;
            let config = match parser.next()? {
                None => None,
                Some(Arg::Value(file)) => Some(file.into()),
                Some(other @ (Arg::Short(_) | Arg::Long(_))) => return Err(other.unexpected().into()),
            };
            Ok(CommissioningTask::Test { device, config })
        }
        Some("discover") => scope(parser).map(CommissioningTask::Discover),
        _ => bail!("{word:?} is nothing that is done with devices; ostona-edge --help lists it"),
    }
}

/// The rest of the line: names of apps.
fn apps(parser: &mut Parser) -> anyhow::Result<Vec<String>> {
    let known = edge_kernel::app_names();
    let mut apps = Vec::new();
    for word in parser.values().context("accept-loss needs the name of an app")? {
        let name = word.to_str().filter(|name| known.contains(name));
        apps.push(
            name.with_context(|| format!("{word:?} is no app; they are {}", known.join(", ")))?
                .to_owned(),
        );
    }
    Ok(apps)
}

fn scope(parser: &mut Parser) -> anyhow::Result<DiscoveryScope> {
    let (mut nets, mut seconds, mut form) = (Vec::new(), SECONDS, OutputFormat::Table);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("net") => {
                let net = parser.value()?;
                nets.push(net.to_str().context("that is no network")?.parse()?);
            }
            Arg::Long("seconds") => {
                let text = parser.value()?;
                let parsed = text.to_str().and_then(|text| text.parse().ok());
                let known = parsed.filter(|seconds| (1..=60).contains(seconds));
                seconds = known.context("--seconds is no number from 1 to 60")?;
            }
            Arg::Long("json") => form = OutputFormat::Json,
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => return Err(other.unexpected().into()),
        }
    }
    Ok(DiscoveryScope {
        nets,
        listen: Duration::from_secs(seconds),
        form,
    })
}

/// Without lexopt's own parsing, which quotes what it was given: a code is a secret until it is used.
fn code(parser: &mut Parser) -> anyhow::Result<Code> {
    let text = parser.value().context("enrol needs the one-time code")?;
    let text = text.to_str().context("that is no enrolment code")?;
    text.parse().context("that is no enrolment code")
}
