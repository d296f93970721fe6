//! Bookings as an administrator makes and withdraws them, and the register they are rows of as the cloud shows it.
//!
//! Only the REST API and the cloud's own figures; how the edge keeps its rows is not known here.

use anyhow::{Context as _, Result, ensure};
use protocol::Timestamp;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tests_site::{
    admin::{Answer, text},
    branch::Browser,
    scenario::Scenario,
    wait::{LONG, until},
};
use tests_world::{
    clock::Clock,
    net::{Forwarding, NetworkConditions},
};
use tokio::task::JoinSet;

/// Bookings that are made at the same time.
const AT_ONCE: usize = 16;

/// A booking and what its holder types at the kiosk.
#[derive(Debug, Clone)]
pub(crate) struct Booked {
    /// Its id.
    pub(crate) id: String,
    /// Six digits.
    pub(crate) code: String,
}

/// The register `bookings`, as the cloud shows it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Register {
    /// How far the cloud is.
    pub(crate) version: u64,
    /// The hash of the cloud's rows.
    pub(crate) hash: String,
    /// Where the rows are on their way.
    pub(crate) state: String,
    /// What the edge said it holds.
    pub(crate) held: Option<Held>,
}

/// What the edge said it holds.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Held {
    /// How far it is.
    pub(crate) version: u64,
    /// The hash of its rows.
    pub(crate) hash: String,
    /// Whether it takes in the whole table.
    pub(crate) resync: bool,
}

/// Asks for a booking within the time for which the kiosk lets its holder in; the next ones lie a second apart each.
pub(crate) async fn ask(scenario: &Scenario, number: usize) -> Result<Answer> {
    let minutes = Duration::from_secs(120 + number as u64 % 600);
    let at = Timestamp::to_string(&Clock::Real.now().plus(minutes));
    let path = format!("/edges/{}/bookings", scenario.edge_id);
    let wish = json!({"service": "service-k", "at": at});
    scenario.admin.call(Method::POST, &path, Some(&wish)).await
}

/// Makes one booking.
pub(crate) async fn book(scenario: &Scenario, number: usize) -> Result<Booked> {
    let answer = ask(scenario, number).await?;
    ensure!(
        answer.status == StatusCode::CREATED,
        "{} {}",
        answer.status,
        answer.body
    );
    Ok(Booked {
        id: text(&answer.body, "id")?,
        code: text(&answer.body, "code")?,
    })
}

/// Makes so many, several at a time.
pub(crate) async fn book_many(scenario: &Arc<Scenario>, count: usize) -> Result<Vec<Booked>> {
    let mut clerks = JoinSet::new();
    for clerk in 0..AT_ONCE {
        let scenario = Arc::clone(scenario);
        clerks.spawn(async move {
            let mut made = Vec::new();
            for number in (clerk..count).step_by(AT_ONCE) {
                made.push(book(&scenario, number).await?);
            }
            Ok(made)
        });
    }
    let mut all = Vec::new();
    while let Some(made) = clerks.join_next().await {
        let made: Result<Vec<Booked>> = made.context("a clerk fell over")?;
        all.extend(made?);
    }
    Ok(all)
}

/// Withdraws a booking.
pub(crate) async fn withdraw(scenario: &Scenario, booked: &Booked) -> Result<()> {
    let path = format!("/edges/{}/bookings/{}", scenario.edge_id, booked.id);
    let answer = scenario.admin.call(Method::DELETE, &path, None).await?;
    ensure!(
        answer.status == StatusCode::NO_CONTENT,
        "{} {}",
        answer.status,
        answer.body
    );
    Ok(())
}

/// The ids of the bookings that the cloud has.
pub(crate) async fn ids(scenario: &Scenario) -> Result<BTreeSet<String>> {
    let path = format!("/edges/{}/bookings", scenario.edge_id);
    let list = scenario.admin.get(&path).await?;
    let list = list.as_array().context("bookings are no list")?;
    list.iter().map(|booking| text(booking, "id")).collect()
}

/// The register as it is now.
pub(crate) async fn register(scenario: &Scenario) -> Result<Register> {
    let path = format!("/edges/{}/registers", scenario.edge_id);
    let all = scenario.admin.get(&path).await?;
    let found = all.as_array().and_then(|all| all.first()).context("no register")?;
    ensure!(text(found, "id")? == "bookings", "{found}");
    Ok(serde_json::from_value(found.clone())?)
}

/// Waits until the edge says that it holds what the cloud has, to the last row.
pub(crate) async fn in_force(scenario: &Scenario) -> Result<Register> {
    until("the edge holds every booking", LONG, || async {
        let register = register(scenario).await?;
        let held = register.held.as_ref().context("the edge holds nothing")?;
        let same = held.version == register.version && held.hash == register.hash && !held.resync;
        ensure!(same && register.state == "in_force", "{register:?}");
        Ok(register)
    })
    .await
}

/// Rows that the cloud has sent since it was started.
pub(crate) async fn rows_sent(scenario: &Scenario) -> Result<u64> {
    figure(scenario, "ostona_register_rows_sent_total").await
}

/// Takes the line away, and waits until the cloud has noticed: nothing is sent into the void then.
pub(crate) async fn unplug(scenario: &Scenario) -> Result<()> {
    let conditions = NetworkConditions {
        forwarding: Forwarding::Refusing,
        ..NetworkConditions::default()
    };
    scenario.net.set(conditions).await;
    until("the cloud has noticed", LONG, || async {
        let open = figure(scenario, "ostona_gateway_connected").await?;
        ensure!(open == 0, "{open} channels are open");
        Ok(())
    })
    .await
}

async fn figure(scenario: &Scenario, name: &str) -> Result<u64> {
    let page = Browser::new(scenario.cloud.address()?)?.get("/metrics").await?;
    let figure = page
        .text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let figure = figure.with_context(|| format!("no figure {name}"))?;
    figure.parse().with_context(|| format!("{name} is {figure}"))
}
