//! A gate at a real edge: ordered from the cloud, walked through, forced, on fire, and the edge killed at any instant.
//!
//! What the board's relays did is the truth; nothing that edge or cloud say counts.

use anyhow::{Result, ensure};
use protocol::{DeviceId, Timestamp};
use serde_json::json;
use std::time::Duration;
use tests_site::{
    admin::text,
    house::{House, Wishes},
    orders::{self, Order},
    patience::{LONG, SOON, until},
    seed,
};
use tests_world::{
    clock,
    turnstile::{Config, Fire, Place, Side, Turnstile, Walk},
};
use tokio::time::{Instant, sleep};

/// How often the edge is killed.
const KILLS: usize = 12;
/// From the edge's last look at its clock to the relay, on a machine that is busy.
const ON_THE_WIRE: Duration = Duration::from_millis(750);

struct Lobby {
    house: House,
    gate: Turnstile,
    device: DeviceId,
}

impl Lobby {
    async fn open(name: &str) -> Result<Self> {
        let house = House::open(Wishes::named(name)).await?;
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
        let wish = json!({"edge": house.edge_id, "device": device.as_str(), "config": document});
        house.admin.post("/devices", &wish).await?;
        house.becomes(&device, "online").await?;
        Ok(Self { house, gate, device })
    }

    /// Orders; gives the order's id.
    async fn order(&self, door: u64) -> Result<String> {
        let named = self.house.named(&self.device);
        let answer = orders::open_door(&self.house.admin, &named, door, 3).await?;
        ensure!(answer.status.is_success(), "the order is not taken");
        text(&answer.body, "id")
    }

    /// Orders, and waits for the order's end.
    async fn ordered(&self, door: u64) -> Result<Order> {
        let id = self.order(door).await?;
        until("the order has its end", SOON, || async {
            let order = orders::one(&self.house.admin, &id).await?;
            order.ended()?;
            Ok(order)
        })
        .await
    }

    /// Waits until the cloud has so many facts of a name.
    async fn tells(&self, name: &str, times: usize) -> Result<()> {
        until(&format!("{times} times {name}"), SOON, || async {
            let history = self.house.history().await?;
            let told = history.of(name).count();
            ensure!(told == times, "{told} times {name}");
            Ok(())
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_at_the_gate() {
    let lobby = Lobby::open("turnstile").await.unwrap();
    let gate = &lobby.gate;

    let order = lobby.ordered(1).await.unwrap();
    assert_eq!(order.state, "ok", "{order:?}");
    until("somebody passes", SOON, || async {
        ensure!(gate.walk(Side::A) == Walk::Passed, "the gate is locked");
        Ok(())
    })
    .await
    .unwrap();
    lobby.tells("access.entered", 1).await.unwrap();
    assert_eq!((gate.pulses().len(), gate.openings().len()), (1, 1));

    assert_eq!(lobby.ordered(2).await.unwrap().state, "ok");
    lobby.tells("access.not_entered", 1).await.unwrap();
    gate.force(Side::B);
    until("it is told that somebody forced it", SOON, || async {
        let history = lobby.house.history().await?;
        ensure!(history.of("access.forced").count() >= 1, "nobody did");
        Ok(())
    })
    .await
    .unwrap();

    gate.set_fire(Fire::Burns);
    // Two were opened from afar before.
    lobby.tells("access.opened", 3).await.unwrap();
    let refused = lobby.ordered(1).await.unwrap();
    assert_eq!(
        (refused.state.as_str(), refused.reason.as_deref()),
        ("rejected", Some("policy"))
    );
    gate.set_fire(Fire::Rests);
    lobby.tells("access.closed", 1).await.unwrap();
    assert_eq!(gate.counts().commands, 2, "nothing was driven in the fire");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_opens_twice_or_late_whenever_the_edge_is_killed() {
    let mut dice = seed::dice("turnstile_kills").unwrap();
    let mut lobby = Lobby::open("turnstile-kills").await.unwrap();
    for round in 0..KILLS {
        let door = u64::from(round % 2 == 1) + 1;
        // Whatever the cloud says about it: what counts is the relay.
        let _ = lobby.order(door).await;
        sleep(Duration::from_millis(dice.below(400))).await;
        lobby.house.edge.kill().await.unwrap();
        lobby.house.edge.start().await.unwrap();
        sleep(Duration::from_millis(dice.below(3000))).await;
    }
    lobby.house.becomes(&lobby.device, "online").await.unwrap();
    assert_eq!(lobby.ordered(1).await.unwrap().state, "ok", "it works after all that");
    assert!(lobby.gate.pulses().len() > 1, "nothing opened while the edge died");
    lobby.house.nobody_confirms_any_more().await.unwrap();
    until("every pulse has an order of its own", LONG, || matched(&lobby))
        .await
        .unwrap();
    until("nothing is left open", SOON, || async {
        ensure!(!lobby.gate.is_free(Side::A), "side A is");
        ensure!(!lobby.gate.is_free(Side::B), "side B is");
        Ok(())
    })
    .await
    .unwrap();
}

/// Every pulse was for an order of its own that had not expired; orders that went well have one.
async fn matched(lobby: &Lobby) -> Result<()> {
    let all = orders::all(&lobby.house.admin, &lobby.house.edge_id).await?;
    all.iter().try_for_each(Order::ended)?;
    let (now, wall) = (Instant::now(), clock::Clock::Real.now());
    let mut open: Vec<&Order> = all
        .iter()
        .filter(|order| order.state == "ok" || order.state == "failed")
        .collect();
    // One order after the other, each after the edge was back: a pulse is of the last that was given before it. An order
    // that was killed before its pulse may still be good when the next one's comes.
    open.sort_by_key(|order| order.created);
    for pulse in lobby.gate.pulses() {
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
