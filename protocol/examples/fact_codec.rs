//! What a publication costs on its way to the journal, without sockets and disk: for callgrind, whose counts repeat.
//!
//! `valgrind --tool=callgrind target/release/examples/fact_codec 100000`: 256 bytes are read as a report, looked at as
//! the edge does, and written as an event, this many times.

use protocol::{Actor, ClockState, DeviceId, Event, EventId, Timestamp, lan::Report};
use std::error::Error;

const LENGTH: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let times: u64 = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let device: DeviceId = "bench-17".parse()?;
    let start = format!(r#"{{"name":"device.custom","data":{{"device":"{device}","kind":"bench","body":{{"pad":""#);
    let end = r#""}}}"#;
    let padding = "x".repeat(LENGTH.saturating_sub(start.len() + end.len()));
    let payload = format!("{start}{padding}{end}").into_bytes();
    let (actor, at, mut buffer, mut bytes) = (
        Actor::Device { id: device.clone() },
        Timestamp::from_millis(1),
        Vec::new(),
        0,
    );
    for number in 0..times {
        let report: Report = serde_json::from_slice(&payload)?;
        if !report.fact.is_a_devices_own() || report.fact.device() != Some(&device) {
            return Err("not this device's to say".into());
        }
        let event = Event {
            id: EventId::new(at, [7; 10]),
            v: 1,
            at,
            clock: ClockState::Synced,
            boot: 1,
            up_ms: number,
            actor: actor.clone(),
            subj: report.fact.device().map(Into::into),
            corr: report.fact.belongs_to(),
            replay: report.replay,
            origin: report.origin,
            pii: report.fact.personal(),
            fact: report.fact,
        };
        buffer.clear();
        event.encode_into(&mut buffer)?;
        bytes += buffer.len();
    }
    writeln!(
        std::io::stdout(),
        "{times} events of {} bytes",
        bytes / usize::try_from(times.max(1))?
    )?;
    Ok(())
}

use std::io::Write as _;
