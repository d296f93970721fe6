//! A building for the demo: terminals with staff badging now and then, told line by line.
//!
//! The passwords are never printed: they lie in files that only their owner may read.

use anyhow::{Context as _, bail};
use protocol::fact::KeyKind;
use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tests_world::{
    hikvision::{Config, DoorCommand, Terminal},
    rng::Rng,
};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "ostona-world [--terminals N] [--seed S] [--interval-ms MS] [--secrets FOLDER]";
/// How often door commands are looked for.
const LOOK: Duration = Duration::from_millis(100);

/// What the command line says.
#[derive(Debug)]
struct Settings {
    terminals: u16,
    seed: u64,
    interval: Duration,
    secrets: Option<PathBuf>,
}

/// One terminal and how many of its door commands were told already.
struct Watched {
    name: String,
    terminal: Terminal,
    told: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = parse(std::env::args().skip(1))?;
    // Gone with the building, unless a folder was named.
    let folder = tempfile::Builder::new()
        .prefix("ostona-world-")
        .tempdir()
        .context("making a folder for passwords")?;
    let secrets = settings.secrets.unwrap_or_else(|| folder.path().to_path_buf());
    let mut rng = Rng::new(settings.seed);
    let mut building = Vec::new();
    for number in 1..=settings.terminals {
        building.push(start(number, &mut rng, &secrets)?);
    }
    say("building ready")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut look = tokio::time::interval(LOOK);
    let mut badge = tokio::time::interval(settings.interval);
    badge.reset();
    loop {
        tokio::select! {
            _ = badge.tick() => somebody_comes(&building, &mut rng)?,
            _ = look.tick() => tell_openings(&mut building)?,
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    say("building closed")
}

fn start(number: u16, rng: &mut Rng, secrets: &Path) -> anyhow::Result<Watched> {
    let name = format!("terminal-{number}");
    let password = password()?;
    let file = secrets.join(format!("{name}.password"));
    write_secret(&file, &password)?;
    let terminal = Terminal::start(Config {
        password,
        name: format!("Door {number}"),
        serial_number: format!("DS-K1T342MWX20250622V031600ENWORLD{number:03}"),
        seed: rng.throw(),
        heartbeat: Duration::from_secs(10),
        ..Config::default()
    })?;
    say(&format!(
        "listening {name} {} user admin password-file {}",
        terminal.address(),
        file.display()
    ))?;
    Ok(Watched {
        name,
        terminal,
        told: 0,
    })
}

/// A badge, sometimes a refusal, sometimes a door moved by hand.
fn somebody_comes(building: &[Watched], rng: &mut Rng) -> anyhow::Result<()> {
    let Some(Watched { name, terminal, .. }) = rng.pick(building) else {
        return Ok(());
    };
    let kinds = [
        (KeyKind::Face, "a face"),
        (KeyKind::Card, "a card"),
        (KeyKind::Fingerprint, "a finger"),
    ];
    if rng.once_in(8) {
        let serial = terminal.deny();
        return say(&format!("{name}: somebody unknown is refused (log entry {serial})"));
    }
    let person = 1 + rng.below(40);
    let Some((kind, shown)) = rng.pick(&kinds) else {
        return Ok(());
    };
    let serial = terminal.badge(&person.to_string(), *kind);
    terminal.door_opened_by_hand(1);
    terminal.door_closed_by_hand(1);
    say(&format!(
        "{name}: person {person} shows {shown} and comes in (log entry {serial})"
    ))
}

fn tell_openings(building: &mut [Watched]) -> anyhow::Result<()> {
    for Watched { name, terminal, told } in building {
        for opening in terminal.openings().iter().skip(*told) {
            *told += 1;
            let what = match opening.command {
                DoorCommand::Open => "opened",
                DoorCommand::Close => "closed",
                DoorCommand::AlwaysOpen => "kept open",
                DoorCommand::AlwaysClose => "kept closed",
                DoorCommand::Resume => "back on its schedule",
            };
            say(&format!("{name}: door {} is {what} by command", opening.door))?;
        }
    }
    Ok(())
}

fn parse(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Settings> {
    let mut settings = Settings {
        terminals: 2,
        seed: 1,
        interval: Duration::from_millis(4000),
        secrets: None,
    };
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .with_context(|| format!("{option} wants a value; usage: {USAGE}"))?;
        match option.as_str() {
            "--terminals" => settings.terminals = value.parse().context("reading --terminals")?,
            "--seed" => settings.seed = value.parse().context("reading --seed")?,
            "--interval-ms" => {
                let millis: u64 = value.parse().context("reading --interval-ms")?;
                settings.interval = Duration::from_millis(millis.max(10));
            }
            "--secrets" => settings.secrets = Some(PathBuf::from(value)),
            _ => bail!("unknown option {option}; usage: {USAGE}"),
        }
    }
    Ok(settings)
}

/// Sixteen random letters and digits.
fn password() -> anyhow::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness for a password: {error}"))?;
    let letters = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    Ok(random
        .iter()
        .filter_map(|byte| letters.get(usize::from(*byte) % letters.len()))
        .map(|letter| char::from(*letter))
        .collect())
}

fn write_secret(file: &Path, secret: &str) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut opened = options
        .open(file)
        .with_context(|| format!("creating {}", file.display()))?;
    opened
        .write_all(secret.as_bytes())
        .with_context(|| format!("writing {}", file.display()))
}

/// A line on the standard output, at once.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("writing to the standard output")
}
