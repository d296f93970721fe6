//! Everything a scenario happens in: a cloud, a network, an enrolled edge, terminals, and an administrator.
//!
//! Dropped, everything in it is killed; nothing of it outlives the test.

use crate::{
    admin::{Admin, text},
    cloud::{Cloud, Speech},
    edge::{Edge, Setup},
    history::History,
    wait::{SOON, until},
};
use anyhow::{Context as _, Result, ensure};
use protocol::DeviceId;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tests_world::{
    hikvision::{Config, Terminal},
    net::{LossyProxy, NetworkConditions},
};

/// What the administrator's password is.
pub const PASSWORD: &str = "correct horse battery staple 7";
/// The cloud waits 15 minutes past its expiry for an order to be confirmed.
const UNCONFIRMED_MS: i64 = 20 * 60 * 1000;

/// What a scenario consists of.
#[derive(Debug, Default)]
pub struct ScenarioSpec {
    /// The scenario's name: the folder of its logs.
    pub name: String,
    /// How many devices speak MQTT: `button-1`, `button-2`…
    pub buttons: usize,
    /// The terminals: `terminal-1`, `terminal-2`…
    pub terminals: Vec<Config>,
    /// How the cloud is spoken to.
    pub speech: Speech,
    /// Lines of the edge's `[uplink]` section.
    pub uplink: String,
    /// Lines of the edge's `[journal]` section.
    pub journal: String,
    /// `OSTONA_LOG` of both programs.
    pub log: Option<String>,
    /// Where the edge's state is to lie, where that matters.
    pub edge_dir: Option<PathBuf>,
    /// Where the cloud's state is to lie, where that matters.
    pub cloud_dir: Option<PathBuf>,
    /// How the network between edge and cloud is to begin with.
    pub conditions: NetworkConditions,
    /// How far the edge's clock is ahead from its enrolment on, milliseconds.
    pub edge_clock_ms: i64,
    /// How far the cloud's clock is ahead from its first start on, milliseconds.
    pub cloud_clock_ms: i64,
    /// Seed of the network.
    pub seed: u64,
}

impl ScenarioSpec {
    /// Nothing but a cloud and an edge.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// Secrets that were made while a scenario was opened, and that nobody may write down.
#[derive(Clone)]
pub struct Secrets {
    /// The administrator's first password.
    pub one_time_password: String,
    /// The edge's enrolment code, worthless by now.
    pub enrolment_code: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// A terminal and its name at the edge.
#[derive(Debug)]
pub struct SiteTerminal {
    /// Its slug.
    pub device: DeviceId,
    /// Its serial number: the name of its log.
    pub serial: String,
    /// The device itself.
    pub terminal: Arc<Terminal>,
}

/// A scenario that is open.
#[derive(Debug)]
pub struct Scenario {
    /// Between edge and cloud.
    pub net: LossyProxy,
    /// The cloud.
    pub cloud: Cloud,
    /// The edge.
    pub edge: Edge,
    /// Somebody with every right.
    pub admin: Arc<Admin>,
    /// The edge's id.
    pub edge_id: String,
    /// The edge's site.
    pub site_id: String,
    /// The terminals.
    pub doors: Vec<SiteTerminal>,
    /// The devices that speak MQTT.
    pub buttons: Vec<DeviceId>,
    /// What nobody may write down.
    pub secrets: Secrets,
    dir: TempDir,
}

impl Scenario {
    /// Starts everything; returns when the edge has the terminals and talks to them.
    pub async fn open(mut spec: ScenarioSpec) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("ostona-site-").tempdir();
        let dir = dir.context("cannot make a folder for the scenario")?;
        let terminals = std::mem::take(&mut spec.terminals);
        let (cloud, admin, one_time_password) = open_cloud(&spec, dir.path()).await?;
        let (site_id, enrolment_code) = found(&admin).await?;
        let net = LossyProxy::start(cloud.address()?, spec.conditions.clone(), spec.seed)?;
        let buttons = (1..=spec.buttons)
            .map(|number| format!("button-{number}").parse())
            .collect::<Result<Vec<DeviceId>, _>>()?;
        let setup = Setup {
            cloud: Some(net.address()),
            speech: spec.speech,
            uplink: uplink(&spec, &cloud),
            journal: spec.journal.clone(),
            devices: buttons.clone(),
            ..Setup::default()
        };
        let edge = open_edge(&spec, dir.path(), &setup, &enrolment_code).await?;
        let edge_id = only_edge(&admin).await?;

        let secrets = Secrets {
            one_time_password,
            enrolment_code,
        };
        let mut scenario = Self {
            net,
            cloud,
            edge,
            admin: Arc::new(admin),
            edge_id,
            site_id,
            doors: Vec::new(),
            buttons,
            secrets,
            dir,
        };
        for config in terminals {
            scenario.hang(config).await?;
        }
        for door in &scenario.doors {
            scenario.wait_for_status(&door.device, "online").await?;
        }
        Ok(scenario)
    }

    /// A folder that ends with the scenario.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Puts up one more terminal and registers it in the cloud.
    pub async fn hang(&mut self, config: Config) -> Result<()> {
        let device: DeviceId = format!("terminal-{}", self.doors.len() + 1).parse()?;
        let (serial, password) = (config.serial_number.clone(), config.password.clone());
        let terminal = Terminal::start(config)?;
        let wish = json!({
            "edge": self.edge_id, "device": device.as_str(), "config": document(&terminal, &password),
        });
        self.admin.post("/devices", &wish).await?;
        self.doors.push(SiteTerminal {
            device,
            serial,
            terminal: Arc::new(terminal),
        });
        Ok(())
    }

    /// A device as paths name it.
    pub fn named(&self, device: &DeviceId) -> String {
        format!("{}~{device}", self.edge_id)
    }

    /// Waits until the cloud knows that a device is in that state.
    pub async fn wait_for_status(&self, device: &DeviceId, state: &str) -> Result<Value> {
        let path = format!("/devices/{}", self.named(device));
        until(&format!("{device} is {state}"), SOON, || async {
            let found = self.admin.get(&path).await?;
            ensure!(text(&found, "status")? == state, "{found}");
            Ok(found)
        })
        .await
    }

    /// Everything of the edge that the cloud has.
    pub async fn history(&self) -> Result<History> {
        History::read(&self.admin, &self.edge_id).await
    }

    /// Every terminal.
    pub fn terminals(&self) -> Vec<Arc<Terminal>> {
        self.doors.iter().map(|door| door.terminal.clone()).collect()
    }

    /// Every terminal's name, as paths have it.
    pub fn targets(&self) -> Vec<String> {
        self.doors.iter().map(|door| self.named(&door.device)).collect()
    }

    /// Starts a cloud that was killed or stopped, and tells everybody where it is.
    pub async fn restart_cloud(&mut self) -> Result<()> {
        let address = self.cloud.start().await?;
        self.net.lead_to(address).await;
        self.admin.lead_to(address);
        Ok(())
    }

    /// Lets so much time pass at the cloud that it takes orders for expired which it sent and nobody confirmed.
    pub async fn let_commands_go_unconfirmed(&mut self) -> Result<()> {
        self.cloud.stop().await?;
        self.cloud.clock_ahead(UNCONFIRMED_MS);
        self.restart_cloud().await
    }

    /// A fresh enrolment code for the site.
    pub async fn enrolment_code(&self) -> Result<String> {
        code(&self.admin, &self.site_id).await
    }
}

fn folder(spec: &ScenarioSpec) -> String {
    format!("site/{}", spec.name)
}

async fn open_cloud(spec: &ScenarioSpec, dir: &Path) -> Result<(Cloud, Admin, String)> {
    let dir = spec.cloud_dir.clone().unwrap_or_else(|| dir.join("cloud"));
    let mut cloud = Cloud::speaking(spec.speech, &dir, &folder(spec))?;
    if let Some(log) = &spec.log {
        cloud.log(log);
    }
    cloud.clock_ahead(spec.cloud_clock_ms);
    let address = cloud.start().await?;
    let one_time = cloud.one_time_password().await?;
    let certificate = match spec.speech {
        Speech::Plain => None,
        Speech::Tls => Some(std::fs::read(cloud.certificate()).context("reading the cloud's certificate")?),
    };
    let sign_in = ("admin", one_time.as_str(), PASSWORD);
    let admin = Admin::first_sign_in_trusting(certificate.as_deref(), address, sign_in).await?;
    Ok((cloud, admin, one_time))
}

async fn open_edge(spec: &ScenarioSpec, dir: &Path, setup: &Setup, code: &str) -> Result<Edge> {
    let state = spec.edge_dir.clone().unwrap_or_else(|| dir.join("edge"));
    let mut edge = Edge::in_dir(&state, &folder(spec), setup)?;
    if let Some(log) = &spec.log {
        edge.log(log);
    }
    edge.clock_ahead(spec.edge_clock_ms);
    edge.enrol(code).await?;
    edge.start().await?;
    Ok(edge)
}

fn uplink(spec: &ScenarioSpec, cloud: &Cloud) -> String {
    match spec.speech {
        Speech::Plain => spec.uplink.clone(),
        Speech::Tls => format!(
            "ca_file = {:?}\npublic_roots = false\n{}",
            cloud.certificate(),
            spec.uplink
        ),
    }
}

/// A terminal's document.
pub fn document(terminal: &Terminal, password: &str) -> Value {
    let address = terminal.address();
    let settings = json!({
        "host": address.ip().to_string(), "port": address.port(),
        "username": "admin", "password": password, "heartbeat_s": 1,
    });
    json!({"kind": "terminal", "adapter": "hikvision", "settings": settings})
}

async fn found(admin: &Admin) -> Result<(String, String)> {
    let org = text(&admin.post("/orgs", &json!({"name": "Registon Tower"})).await?, "id")?;
    admin.for_org(&org);
    let site = text(&admin.post("/sites", &json!({"name": "Front of house"})).await?, "id")?;
    let code = code(admin, &site).await?;
    Ok((site, code))
}

async fn code(admin: &Admin, site: &str) -> Result<String> {
    let path = format!("/sites/{site}/enrolment-codes");
    text(&admin.post(&path, &json!({"name": "Lobby"})).await?, "code")
}

async fn only_edge(admin: &Admin) -> Result<String> {
    let edges = admin.get("/edges").await?;
    let edge = edges.as_array().and_then(|edges| edges.first());
    text(edge.context("the cloud knows no edge")?, "id")
}
