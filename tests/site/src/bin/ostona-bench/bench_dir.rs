//! What benches stand on: a fresh folder on the disk under test, edges and clouds in it.

use anyhow::{Context as _, Result};
use protocol::DeviceId;
use serde_json::{Value, json};
use std::{net::SocketAddr, path::PathBuf};
use tempfile::TempDir;
use tests_site::{
    admin::{Admin, text},
    cloud::Cloud,
    edge::{Edge, Setup},
    scenario::{Scenario, ScenarioSpec},
};
use tests_world::{fixtures::workspace_root, printer::Printer, zkteco::Terminal};

/// Below `artefacts/`: what the programs logged.
const FOLDER: &str = "bench";
/// The journal's budget where a million events of half a kilobyte must find room, MB.
const ROOMY: &str = "facts_mb = 2048";

/// Devices that publish as fast as they can are what is measured.
const UNHURRIED: &str = "\n[limits]\ndevice_facts_mb_per_day = 1000000\ndevice_telemetry_mb_per_day = 1000000\n\
                         device_facts_per_s = 1000000\ndevice_publications_per_s = 10000\n";

/// A folder that is gone afterwards.
#[derive(Debug)]
pub(crate) struct BenchDir(TempDir);

/// A cloud with one organisation and one site.
pub(crate) struct NewSite {
    /// The program.
    pub(crate) cloud: Cloud,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Who asks it, for its organisation.
    pub(crate) admin: Admin,
    /// Its site's id.
    pub(crate) site: String,
}

impl BenchDir {
    /// Takes a fresh folder in the workspace: `/tmp` may be no disk at all.
    pub(crate) fn take() -> Result<Self> {
        let cache = workspace_root().join(".cache/bench");
        std::fs::create_dir_all(&cache).with_context(|| format!("making {}", cache.display()))?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&cache);
        folder
            .map(Self)
            .with_context(|| format!("making a folder in {}", cache.display()))
    }

    /// A place of that name, not made yet.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// An edge that works for these devices, alone or with a cloud; not started.
    pub(crate) fn edge(&self, name: &str, devices: &[DeviceId], cloud: Option<SocketAddr>) -> Result<Edge> {
        let setup = Setup {
            cloud,
            journal: ROOMY.to_owned(),
            devices: devices.to_vec(),
            more: UNHURRIED.to_owned(),
            ..Setup::default()
        };
        Edge::in_dir(&self.place(name), FOLDER, &setup)
    }

    /// A cloud and an enrolled edge with so many devices that speak MQTT, `button-1` and on; both work.
    pub(crate) async fn scenario(&self, name: &str, buttons: usize) -> Result<Scenario> {
        let spec = ScenarioSpec {
            buttons,
            edge_dir: Some(self.place(&format!("{name}-edge"))),
            cloud_dir: Some(self.place(&format!("{name}-cloud"))),
            ..ScenarioSpec::named(&format!("bench-{name}"))
        };
        Scenario::open(spec).await
    }

    /// A cloud; not started.
    pub(crate) fn cloud(&self, name: &str) -> Result<Cloud> {
        Cloud::in_dir(&self.place(name), FOLDER)
    }

    /// A started cloud with an organisation and a site.
    pub(crate) async fn founded_cloud(&self, name: &str) -> Result<NewSite> {
        let mut cloud = self.cloud(name)?;
        let address = cloud.start().await?;
        let one_time = cloud.one_time_password().await?;
        let admin = Admin::first_sign_in(address, "admin", &one_time, "a-password-of-the-bench-only").await?;
        let org = text(&admin.post("/orgs", &json!({"name": "Bench"})).await?, "id")?;
        admin.for_org(&org);
        let site = text(&admin.post("/sites", &json!({"name": "Bench"})).await?, "id")?;
        Ok(NewSite {
            cloud,
            address,
            admin,
            site,
        })
    }
}

impl NewSite {
    /// A code for one more edge.
    pub(crate) async fn enrolment_code(&self, name: &str) -> Result<String> {
        let path = format!("/sites/{}/enrolment-codes", self.site);
        text(&self.admin.post(&path, &json!({"name": name})).await?, "code")
    }

    /// The process id of the cloud.
    pub(crate) fn pid(&mut self) -> Result<u32> {
        self.cloud.program()?.pid().context("the cloud has ended")
    }
}

/// Registers a device of a scenario in its cloud.
pub(crate) async fn hang(scenario: &Scenario, device: &DeviceId, config: &Value) -> Result<()> {
    let wish = json!({"edge": scenario.edge_id, "device": device.as_str(), "config": config});
    scenario.admin.post("/devices", &wish).await?;
    Ok(())
}

/// The document of a simulated ZKTeco terminal with this comm key.
pub(crate) fn zkteco(terminal: &Terminal, comm_key: u32) -> Value {
    let address = terminal.address();
    let settings = json!({"host": address.ip().to_string(), "port": address.port(), "comm_key": comm_key});
    json!({"kind": "terminal", "adapter": "zkteco", "settings": settings})
}

/// The document of a simulated receipt printer.
pub(crate) fn printing(printer: &Printer) -> Value {
    let settings = json!({"via": "tcp", "host": "127.0.0.1", "port": printer.address().port()});
    json!({"kind": "printer", "adapter": "printer", "settings": settings})
}

/// The process id of a running edge.
pub(crate) fn pid_of(edge: &mut Edge) -> Result<u32> {
    edge.program()?.pid().context("the edge has ended")
}

/// So many devices.
pub(crate) fn devices(count: usize) -> Result<Vec<DeviceId>> {
    let slugs = (1..=count).map(|number| format!("bench-{number:02}").parse());
    slugs.collect::<Result<_, _>>().context("naming devices")
}
