//! A scenario with one terminal that pushes, and what is asked about it.

use anyhow::{Result, ensure};
use protocol::Event;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests_site::{
    admin::text,
    scenario::{Scenario, ScenarioSpec},
    wait::{SOON, until},
};
use tests_world::adms::{Config, Terminal};

/// What the edge calls it.
pub(crate) const DEVICE: &str = "iclock-bj2c194460123";
const SERIAL: &str = "BJ2C194460123";

pub(crate) struct TerminalScenario {
    pub(crate) scenario: Scenario,
    pub(crate) terminal: Terminal,
}

impl TerminalScenario {
    /// A scenario, and a terminal that calls its edge though nobody added it.
    pub(crate) async fn open(name: &str, config: Config) -> Self {
        let scenario = Scenario::open(ScenarioSpec::named(name)).await.unwrap();
        let terminal = Terminal::start(config, scenario.edge.lan().unwrap());
        Self { scenario, terminal }
    }

    /// Adds it, and waits until it is heard; what it tells may be degraded.
    pub(crate) async fn approve(&mut self, settings: Value) {
        self.add(settings).await;
        let heard = || async {
            match self.status("online").await {
                Ok(found) => Ok(found),
                Err(_) => self.status("degraded").await,
            }
        };
        until("it is heard", SOON, heard).await.unwrap();
    }

    pub(crate) async fn add(&self, settings: Value) {
        let wish = json!({"edge": self.scenario.edge_id, "device": DEVICE, "config": document(settings)});
        self.scenario.admin.post("/devices", &wish).await.unwrap();
    }

    /// Publishes other settings.
    pub(crate) async fn configure(&self, settings: Value) {
        let path = format!("/devices/{}~{DEVICE}/config", self.scenario.edge_id);
        let wish = json!({"body": document(settings)});
        self.scenario.admin.replace(&path, &wish).await.unwrap();
    }

    /// Starts the edge again, and leads the terminal to its new port.
    pub(crate) async fn restart(&mut self) {
        self.scenario.edge.start().await.unwrap();
        self.lead();
    }

    /// Leads the terminal to the edge.
    pub(crate) fn lead(&self) {
        self.terminal.lead_to(self.scenario.edge.lan().unwrap());
    }

    pub(crate) async fn status(&self, status: &str) -> Result<Value> {
        let path = format!("/devices/{}~{DEVICE}", self.scenario.edge_id);
        let found = self.scenario.admin.get(&path).await?;
        ensure!(text(&found, "status")? == status, "{found}");
        Ok(found)
    }

    pub(crate) async fn has_status(&self, status: &str) -> Result<()> {
        self.status(status).await.map(drop)
    }

    /// Fails while the cloud does not have every row of the log, once, and nothing else.
    pub(crate) async fn complete(&self) -> Result<()> {
        let history = self.scenario.history().await?;
        let of_log = |event: &&Event| {
            event
                .origin
                .as_ref()
                .is_some_and(|origin| origin.log.as_str().starts_with(SERIAL))
        };
        let mut told: Vec<Value> = history
            .of("access.granted")
            .filter(of_log)
            .map(row)
            .collect::<Result<_>>()?;
        let mut written: Vec<Value> = self
            .terminal
            .log()
            .iter()
            .map(|punch| {
                let at = punch.at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
                json!([at, punch.person, punch.verified, punch.state])
            })
            .collect();
        let by_text = |value: &Value| value.to_string();
        told.sort_by_key(by_text);
        written.sort_by_key(by_text);
        let differ = told.iter().zip(&written).find(|(told, written)| told != written);
        ensure!(
            told == written,
            "{} of {} rows, first different: {differ:?}",
            told.len(),
            written.len()
        );
        Ok(())
    }

    /// Has the cloud order something, and waits for the end of it: its state, and the reason where it did not work.
    pub(crate) async fn order(&self, name: &str, args: Value, within_s: u64) -> (String, Option<String>) {
        let wish = json!({"action": {"name": name, "args": args}, "expires_in_s": within_s});
        let path = format!("/devices/{}~{DEVICE}/commands", self.scenario.edge_id);
        let answer = self
            .scenario
            .admin
            .call(Method::POST, &path, Some(&wish))
            .await
            .unwrap();
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        let id = text(&answer.body, "id").unwrap();
        until("the order has an end", SOON, || async {
            let order = self.scenario.admin.get(&format!("/commands/{id}")).await?;
            let state = text(&order, "state")?;
            ensure!(
                ["ok", "failed", "expired", "rejected"].contains(&state.as_str()),
                "{order}"
            );
            let reason = text(&order, "reason").ok();
            Ok((state, reason))
        })
        .await
        .unwrap()
    }
}

fn document(settings: Value) -> Value {
    let mut all = json!({"serial": SERIAL, "poll_s": 1});
    if let (Value::Object(all), Value::Object(more)) = (&mut all, settings) {
        all.extend(more);
    }
    json!({"kind": "terminal", "adapter": "zkteco-adms", "settings": all})
}

fn row(event: &Event) -> Result<Value> {
    let fact = serde_json::to_value(&event.fact)?;
    let origin = event.origin.as_ref();
    let at = origin.and_then(|origin| origin.at.clone());
    let (verified, state) = origin.and_then(|origin| origin.code).unwrap_or_default();
    Ok(json!([at, fact.pointer("/data/person"), verified, state]))
}

/// Users by number: name, card, PIN.
type Users = BTreeMap<String, (String, u32, String)>;

pub(crate) fn known(terminal: &Terminal) -> Users {
    let users = terminal.users().into_iter();
    users
        .map(|user| (user.person, (user.name, user.card, user.pin)))
        .collect()
}

pub(crate) fn wanted(users: &[(&str, &str, u32, &str)]) -> Users {
    let users = users.iter();
    users
        .map(|(person, name, card, pin)| ((*person).to_owned(), ((*name).to_owned(), *card, (*pin).to_owned())))
        .collect()
}
