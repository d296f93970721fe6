//! Mqtt5Client hundred devices of four kinds, simulated here, and what happens at each of them.
//!
//! They are the simulators that tests use, with everything that is odd about real devices.

use crate::bench_dir;
use anyhow::{Context as _, Result, bail};
use protocol::DeviceId;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tests_site::{edge::token_of, scenario::Scenario};
use tests_world::{
    mqtt::{self, Load},
    printer::{self, Printer},
    turnstile::{self, Place, Side, Turnstile},
    zkteco::{self, Terminal},
};
use tokio::time::sleep;

/// What they are.
pub(crate) const WHAT: &str = "150 ZKTeco terminals over TCP, 150 gates behind Modbus TCP boards, 100 ESC/POS printers, \
    100 devices that speak MQTT";
const TERMINALS: usize = 150;
const GATES: usize = 150;
const PRINTERS: usize = 100;
/// Those that the edge calls.
pub(crate) const ON_LINES: usize = TERMINALS + GATES + PRINTERS;
/// Those that call the edge.
pub(crate) const BUTTONS: usize = 100;

/// Rows on a roll that ends soon, and on a fresh one.
const SHORT: u32 = 400;
const LONG: u32 = 100_000;
/// Devices that speak MQTT begin in so many groups, so that their events are spread.
const GROUPS: usize = 10;

/// One that the edge calls.
#[derive(Debug)]
enum Device {
    Terminal(Box<Terminal>),
    Gate(Box<Turnstile>),
    Printer(Box<Printer>, u32),
}

/// All of them. Dropped, they are pulled out.
#[derive(Debug)]
pub(crate) struct Mixed {
    devices: Vec<Device>,
    turn: usize,
    names: Vec<DeviceId>,
    buttons: Vec<mqtt::Fleet>,
}

impl Mixed {
    /// Puts them up and registers them in the scenario's cloud.
    pub(crate) async fn hang(scenario: &Scenario) -> Result<Self> {
        let mut devices = Vec::new();
        for number in 1..=TERMINALS {
            let (terminal, config) = terminal(number)?;
            hang(scenario, "terminal", number, &config).await?;
            devices.push(terminal);
        }
        for number in 1..=GATES {
            let (gate, config) = gate()?;
            hang(scenario, "gate", number, &config).await?;
            devices.push(gate);
        }
        for number in 1..=PRINTERS {
            let printer = Printer::start(printer::Config::default())?;
            hang(scenario, "printer", number, &bench_dir::printing(&printer)).await?;
            devices.push(Device::Printer(Box::new(printer), LONG));
        }
        Ok(Self {
            devices,
            turn: 0,
            names: scenario.buttons.clone(),
            buttons: Vec::new(),
        })
    }

    /// Devices that speak MQTT begin, each with an event that often.
    pub(crate) async fn speak(&mut self, broker: SocketAddr, pace: Duration) -> Result<()> {
        let groups = u32::try_from(GROUPS).context("counting groups")?;
        for names in self.names.chunks(self.names.len().div_ceil(GROUPS)) {
            let loads = names.iter().map(|name| Load {
                pace: Some(pace),
                ..Load::new(name.clone(), &token_of(name))
            });
            self.buttons.push(mqtt::Fleet::start(broker, loads));
            sleep(pace / groups).await;
        }
        Ok(())
    }

    /// Something happens at the next device that the edge calls.
    pub(crate) fn next(&mut self) {
        let at = self.turn % self.devices.len().max(1);
        self.turn += 1;
        match self.devices.get_mut(at) {
            Some(Device::Terminal(terminal)) => {
                // One that is being read takes nobody.
                let _ = terminal.punch("17", 2, 0);
            }
            Some(Device::Gate(gate)) => gate.force(Side::A),
            Some(Device::Printer(printer, rows)) => {
                *rows = if *rows == LONG { SHORT } else { LONG };
                printer.set_roll(*rows);
            }
            None => {}
        }
    }
}

fn terminal(number: usize) -> Result<(Device, Value)> {
    let config = zkteco::Config {
        serial_number: format!("OIN7030067012500{number:03}"),
        ..zkteco::Config::default()
    };
    let key = config.comm_key;
    let terminal = Terminal::start(config)?;
    let settings = bench_dir::zkteco(&terminal, key);
    Ok((Device::Terminal(Box::new(terminal)), settings))
}

fn gate() -> Result<(Device, Value)> {
    let gate = Turnstile::start(turnstile::Config::default())?;
    let Place::Tcp(address) = gate.place() else {
        bail!("a gate is on no port")
    };
    let settings = json!({
        "modbus": {"host": "127.0.0.1", "port": address.port(), "pulse": "flash"},
        "outputs": {"a": 0, "b": 1},
        "inputs": {"pass_a": {"at": 0}, "pass_b": {"at": 1}, "alarm": {"at": 3}, "fire": {"at": 5}},
    });
    let document = json!({"kind": "gate", "adapter": "turnstile", "settings": settings});
    Ok((Device::Gate(Box::new(gate)), document))
}

async fn hang(scenario: &Scenario, kind: &str, number: usize, config: &Value) -> Result<()> {
    let device: DeviceId = format!("{kind}-{number:03}").parse().context("naming a device")?;
    bench_dir::hang(scenario, &device, config).await
}
