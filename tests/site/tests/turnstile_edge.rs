//! A gate at a real edge: ordered from the cloud, walked through, forced, on fire, and the edge killed at any instant.
//!
//! What the board's relays did is the truth; nothing that edge or cloud say counts.

use anyhow::{Result, ensure};
use protocol::{DeviceId, Timestamp};
use serde_json::json;
use std::time::Duration;
use tests_site::{
    admin::text,
    commands::{self, TrackedCommand},
    scenario::{Scenario, ScenarioSpec},
    seed,
    wait::{LONG, SOON, until},
};
use tests_world::{
    clock,
    turnstile::{Config, Fire, PassageResult, Place, Side, Turnstile},
};
use tokio::time::{Instant, sleep};

/// How often the edge is killed.
const KILLS: usize = 12;
/// From the edge's last look at its clock to the relay, on a machine that is busy.
const ON_THE_WIRE: Duration = Duration::from_millis(750);

struct GateScenario {
    scenario: Scenario,
    gate: Turnstile,
    device: DeviceId,
}

impl GateScenario {
    async fn open(name: &str) -> Result<Self> {
        let scenario = Scenario::open(ScenarioSpec::named(name)).await?;
        let gate = Turnstile::start(Config {
            wait: Duration::from_secs(1),
            ..Config::default()
        })?;
        let Place::Tcp(address) = gate.place() else {
            anyhow::bail!("it is on no port")
        };
        let settings = json!({
            "modbus": {"host": "127.0.0.1", "port": address.port(), "pulse": "flash"},
            "outputs": {"a": 0, "b": 1},
            "inputs": {"pass_a": {"at": 0}, "pass_b": {"at": 1}, "alarm": {"at": 3}, "fire": {"at": 5}},
            "passage_s": 1,
        });
        let device: DeviceId = "gate-1".parse()?;
        let document = json!({"kind": "gate", "adapter": "turnstile", "settings": settings});
        let wish = json!({"edge": scenario.edge_id, "device": device.as_str(), "config": document});
        scenario.admin.post("/devices", &wish).await?;
        scenario.wait_for_status(&device, "online").await?;
        Ok(Self { scenario, gate, device })
    }

    /// Orders; gives the order's id.
    async fn order(&self, door: u64) -> Result<String> {
        let named = self.scenario.named(&self.device);
        let answer = commands::open_door(&self.scenario.admin, &named, door, 3).await?;
        ensure!(answer.status.is_success(), "the order is not taken");
        text(&answer.body, "id")
    }

    /// Orders, and waits for the order's end.
    async fn ordered(&self, door: u64) -> Result<TrackedCommand> {
        let id = self.order(door).await?;
        until("the order has its end", SOON, || async {
            let order = commands::one(&self.scenario.admin, &id).await?;
            order.ended()?;
            Ok(order)
        })
        .await
    }

    /// Waits until the cloud has so many facts of a name.
    async fn tells(&self, name: &str, times: usize) -> Result<()> {
        until(&format!("{times} times {name}"), SOON, || async {
            let history = self.scenario.history().await?;
            let told = history.of(name).count();
            ensure!(told == times, "{told} times {name}");
            Ok(())
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_at_the_gate() {
    let site = GateScenario::open("turnstile").await.unwrap();
    let gate = &site.gate;

    let order = site.ordered(1).await.unwrap();
    assert_eq!(order.state, "ok", "{order:?}");
    until("somebody passes", SOON, || async {
        ensure!(gate.walk(Side::A) == PassageResult::Passed, "the gate is locked");
        Ok(())
    })
    .await
    .unwrap();
    site.tells("access.entered", 1).await.unwrap();
    assert_eq!((gate.pulses().len(), gate.openings().len()), (1, 1));

    assert_eq!(site.ordered(2).await.unwrap().state, "ok");
    site.tells("access.not_entered", 1).await.unwrap();
    gate.force(Side::B);
    until("it is told that somebody forced it", SOON, || async {
        let history = site.scenario.history().await?;
        ensure!(history.of("access.forced").count() >= 1, "nobody did");
        Ok(())
    })
    .await
    .unwrap();

    gate.set_fire(Fire::Burns);
    // Two were opened from afar before.
    site.tells("access.opened", 3).await.unwrap();
    let refused = site.ordered(1).await.unwrap();
    assert_eq!(
        (refused.state.as_str(), refused.reason.as_deref()),
        ("rejected", Some("policy"))
    );
    gate.set_fire(Fire::Rests);
    site.tells("access.closed", 1).await.unwrap();
    assert_eq!(gate.counts().commands, 2, "nothing was driven in the fire");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_opens_twice_or_late_whenever_the_edge_is_killed() {
    let mut rng = seed::rng("turnstile_kills").unwrap();
    let mut site = GateScenario::open("turnstile-kills").await.unwrap();
    for round in 0..KILLS {
        let door = u64::from(round % 2 == 1) + 1;
        // Whatever the cloud says about it: what counts is the relay.
        let _ = site.order(door).await;
        sleep(Duration::from_millis(rng.below(400))).await;
        site.scenario.edge.kill().await.unwrap();
        site.scenario.edge.start().await.unwrap();
        sleep(Duration::from_millis(rng.below(3000))).await;
    }
    site.scenario.wait_for_status(&site.device, "online").await.unwrap();
    assert_eq!(site.ordered(1).await.unwrap().state, "ok", "it works after all that");
    assert!(site.gate.pulses().len() > 1, "nothing opened while the edge died");
    site.scenario.let_commands_go_unconfirmed().await.unwrap();
    until("every pulse has an order of its own", LONG, || matched(&site))
        .await
        .unwrap();
    until("nothing is left open", SOON, || async {
        ensure!(!site.gate.is_free(Side::A), "side A is");
        ensure!(!site.gate.is_free(Side::B), "side B is");
        Ok(())
    })
    .await
    .unwrap();
}

/// Every pulse was for an order of its own that had not expired; orders that went well have one.
async fn matched(site: &GateScenario) -> Result<()> {
    let all = commands::all(&site.scenario.admin, &site.scenario.edge_id).await?;
    all.iter().try_for_each(TrackedCommand::ended)?;
    let (now, wall) = (Instant::now(), clock::Clock::Real.now());
    let mut open: Vec<&TrackedCommand> = all
        .iter()
        .filter(|order| order.state == "ok" || order.state == "failed")
        .collect();
    // One order after the other, each after the edge was back: a pulse is of the last that was given before it. An order
    // that was killed before its pulse may still be good when the next one's comes.
    open.sort_by_key(|order| order.created);
    for pulse in site.gate.pulses() {
        let ago = i64::try_from((now - pulse.from).as_millis())?;
        let at = Timestamp::from_millis(wall.as_millis() - ago);
        let found = open.iter().rposition(|order| {
            order.door == pulse.relay as u64 + 1 && order.created <= at && at <= order.expires.plus(ON_THE_WIRE)
        });
        let Some(found) = found else {
            anyhow::bail!("a pulse at {at} has no order of its own: {all:?}")
        };
        open.remove(found);
    }
    let idle = open.iter().find(|order| order.state == "ok");
    ensure!(idle.is_none(), "{idle:?} opened nothing");
    Ok(())
}
