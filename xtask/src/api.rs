//! The REST API against schemathesis: a cloud of its own, attacked by its own OpenAPI description.
//!
//! Never against a cloud that somebody uses: it makes and removes whatever the API lets it.

use crate::child::Started;
use crate::place::{Place, Profile, Venv};
use crate::run::Run;
use anyhow::{Context, Result};
use std::fs;

/// The run is the same each time, so that a red one means a change of ours.
const SEED: &str = "20261120";

/// An attack makes more requests a minute than the cloud allows anybody.
const UNLIMITED: &str = "[limits]\nrequests = 1000000\nsign_ins = 1000000\n";

/// Starts a cloud and attacks it.
pub(crate) fn run(place: &Place) -> Result<()> {
    let dir = place.cache().join("api");
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let settings = dir.join("cloud.toml");
    fs::write(&settings, UNLIMITED).with_context(|| format!("cannot write {}", settings.display()))?;

    let serve = Run::new(place, place.binaries(Profile::Dev).join("ostona-cloud")).words("serve --listen 127.0.0.1:0");
    let serve = serve
        .arg("--settings")
        .arg(&settings)
        .arg("--dir")
        .arg(dir.join("state"));
    let mut cloud = Started::new(serve.env("OSTONA_LOG", "error").into_command())?;
    let [password, address] = cloud
        .wait_for(["one-time password for admin:", "listening http "])
        .context("the cloud did not come up; build it with `cargo xtask test --only build`")?;

    let folder = place.root().join("xtask/schemathesis");
    Run::new(place, place.venv(Venv::Schemathesis).join("bin/schemathesis"))
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .words("run --seed")
        .arg(SEED)
        .arg(format!("http://{address}/openapi.json"))
        .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
        .env("OSTONA_URL", format!("http://{address}"))
        .env("OSTONA_ONE_TIME_PASSWORD", password)
        .go()
}
