//! The demo's site: everything that runs, from its founding to its end.

use crate::branch::{Branch, BranchAddresses};
use crate::building::Building;
use crate::cloud::Cloud;
use crate::edge::Edge;
use crate::live;
use crate::rest::{Admin, text};
use crate::story::step;
use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, Stdin, stdin};
use uuid::Uuid;

/// Everything that runs. Dropped, it is killed; [`Site::close`] ends it in good order.
#[derive(Debug)]
pub(crate) struct Site {
    cloud: Cloud,
    edge: Edge,
    building: Building,
    branch: Branch,
    admin: Admin,
}

/// What there is once a site is founded.
struct NewSite {
    admin: Admin,
    enrolment_code: String,
    one_time_password: String,
}

/// Who looks at the console of the demo.
const LOGIN: &str = "demo";

impl Site {
    /// Starts everything in a fresh `dir` and says where it is.
    pub(crate) async fn open(dir: &Path) -> Result<Self> {
        let secrets = dir.join("secrets");
        if dir.exists() {
            std::fs::remove_dir_all(dir).with_context(|| format!("cannot empty {}", dir.display()))?;
        }
        std::fs::create_dir_all(&secrets).with_context(|| format!("cannot make {}", secrets.display()))?;

        let mut building = step("opening the building", Building::open(&secrets)).await?;
        let (cloud, one_time) = step("starting the cloud", Cloud::first_start(&dir.join("cloud"))).await?;
        let founded = step("founding an organisation and a site", found(&cloud, &one_time)).await?;
        let NewSite {
            admin,
            enrolment_code,
            one_time_password,
        } = founded;
        let edge_dir = dir.join("edge");
        let edge = Edge::enrol_and_start(&edge_dir, cloud.address(), &enrolment_code);
        let edge = step("enrolling the edge and starting it", edge).await?;
        let edge_id = step("handing the terminals to the edge", hand_over(&admin, &mut building)).await?;
        let (state, paper) = (edge_dir.join("state"), dir.join("paper"));
        let places = BranchAddresses {
            cloud: cloud.address(),
            lan: edge.lan,
            state: &state,
            paper: &paper,
        };
        let branch = Branch::open(&admin, &edge_id, places);
        let branch = step("opening the branch", branch).await?;

        println!();
        println!(
            "  Console   http://{}/ — sign in as {LOGIN} with the one-time password {one_time_password}",
            cloud.address()
        );
        println!(
            "  Edge      its own page is http://{}/, its MQTT {}",
            edge.lan, edge.mqtt
        );
        println!("  6 digits  and Enter pair a screen that shows them");
        println!("  Enter     pulls the cloud's plug, and puts it back");
        println!("  Ctrl-C    ends everything\n");
        Ok(Self {
            cloud,
            edge,
            building,
            branch,
            admin,
        })
    }

    /// Shows what happens until somebody ends it.
    pub(crate) async fn live(&mut self) -> Result<()> {
        let mut events = pin!(live::show(&mut self.admin));
        let mut keyboard = Some(BufReader::new(stdin()).lines());
        let mut look = tokio::time::interval(Duration::from_millis(200));
        loop {
            tokio::select! {
                () = &mut events => {}
                _ = look.tick() => {
                    let news = self.building.news().into_iter().chain(self.branch.news());
                    news.for_each(|line| println!("{line}"));
                }
                pressed = enter(&mut keyboard), if keyboard.is_some() => match pressed {
                    Some(line) if line.trim().is_empty() => println!("{}\n", self.cloud.flip().await?),
                    Some(line) => println!("{}\n", self.branch.pair(line.trim()).await),
                    None => keyboard = None,
                },
            }
        }
    }

    /// Ends everything, the edge first: it may have something left to say.
    pub(crate) async fn close(self) -> Result<()> {
        let edge = self.edge.end().await.context("ending the edge");
        let building = self.building.close().await.context("closing the building");
        let cloud = self.cloud.end().await.context("ending the cloud");
        edge.and(building).and(cloud)
    }
}

async fn enter(keyboard: &mut Option<Lines<BufReader<Stdin>>>) -> Option<String> {
    keyboard.as_mut()?.next_line().await.ok().flatten()
}

/// Makes an organisation, a site, an enrolment code, and an account for whoever watches.
async fn found(cloud: &Cloud, one_time: &str) -> Result<NewSite> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow!("no randomness for a password: {error}"))?;
    let own = Uuid::from_bytes(random).to_string();
    let mut admin = Admin::first_sign_in(cloud.address(), "admin", one_time, &own).await?;
    let org = text(&admin.post("/orgs", &json!({"name": "Registon Tower"})).await?, "id")?;
    admin.for_org(&org);
    let site = text(&admin.post("/sites", &json!({"name": "Front of house"})).await?, "id")?;
    let path = format!("/sites/{site}/enrolment-codes");
    let enrolment_code = text(&admin.post(&path, &json!({"name": "Lobby"})).await?, "code")?;
    let account = admin
        .post("/accounts", &json!({"login": LOGIN, "role": "org_admin"}))
        .await?;
    let one_time_password = text(&account, "one_time_password")?;
    Ok(NewSite {
        admin,
        enrolment_code,
        one_time_password,
    })
}

/// Registers the terminals, and gives the edge's id: documents that come down to the edge and set its drivers going.
async fn hand_over(admin: &Admin, building: &mut Building) -> Result<String> {
    let edges = admin.get("/edges").await?;
    let edge = edges
        .as_array()
        .and_then(|edges| edges.first())
        .context("the cloud knows no edge")?;
    let edge = text(edge, "id")?;
    for (device, config) in building.terminals().await? {
        let wish = json!({"edge": edge, "device": device, "config": Value::clone(&config)});
        admin
            .post("/devices", &wish)
            .await
            .with_context(|| format!("registering {device}"))?;
    }
    Ok(edge)
}
