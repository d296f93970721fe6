//! Memory of a process under siege, and what its unit allows it.

use anyhow::{Context as _, Result};

const EDGE_UNIT: &str = include_str!("../../../systemd/ostona-edge.service");
const CLOUD_UNIT: &str = include_str!("../../../systemd/ostona-cloud.service");

/// Most memory that was ever resident, MiB (`VmHWM`, proc(5)).
///
/// # Errors
/// Where there is no such process.
pub fn peak(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    Ok(kib.context("the process tells no peak")? / 1024)
}

/// `MemoryMax` of the edge's unit, MiB: past it the kernel ends the edge.
///
/// # Errors
/// Where the unit names none in M.
pub fn edge_limit() -> Result<u64> {
    limit(EDGE_UNIT)
}

/// `MemoryMax` of the cloud's unit, MiB.
///
/// # Errors
/// Where the unit names none in M.
pub fn cloud_limit() -> Result<u64> {
    limit(CLOUD_UNIT)
}

fn limit(unit: &str) -> Result<u64> {
    let line = unit.lines().find_map(|line| line.strip_prefix("MemoryMax="));
    let mib = line.and_then(|line| line.strip_suffix('M')?.parse().ok());
    mib.context("the unit names no MemoryMax in M")
}

/// How many times as large as usual a siege is: `OSTONA_SIEGE`, 1 where it is not set.
///
/// # Errors
/// Where it is set and is no number.
pub fn siege_scale() -> Result<usize> {
    match std::env::var("OSTONA_SIEGE") {
        Ok(times) => times.parse().context("OSTONA_SIEGE is a number"),
        Err(_) => Ok(1),
    }
}
