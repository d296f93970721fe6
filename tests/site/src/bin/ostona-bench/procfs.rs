//! What the kernel knows of a running process: memory, bytes written, processor time (proc(5)).

use anyhow::{Context as _, Result};

/// KiB in a MiB.
const KIB: f64 = 1024.0;
/// Clock ticks per second of `/proc/<pid>/stat`: `sysconf(_SC_CLK_TCK)`, 100 on every Linux we run on.
const TICKS: f64 = 100.0;

/// Memory resident now, MiB.
pub(crate) fn resident(pid: u32) -> Result<f64> {
    Ok(number(pid, "status", "VmRSS:")? / KIB)
}

/// The most memory that was ever resident, MiB.
pub(crate) fn peak(pid: u32) -> Result<f64> {
    Ok(number(pid, "status", "VmHWM:")? / KIB)
}

/// Bytes it caused to be written to disk so far.
pub(crate) fn written(pid: u32) -> Result<f64> {
    number(pid, "io", "write_bytes:")
}

/// Seconds of processor time it used so far, all threads.
pub(crate) fn busy(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The name in brackets may hold spaces; what follows it does not.
    let (_, fields) = text.rsplit_once(") ").with_context(|| format!("taking {path} apart"))?;
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / TICKS)
}

/// How many files a process started from here may have open.
pub(crate) fn open_files_allowed() -> Result<usize> {
    let text = std::fs::read_to_string("/proc/self/limits").context("reading our limits")?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    soft.context("the limits name no number of open files")
}

fn number(pid: u32, file: &str, key: &str) -> Result<f64> {
    let path = format!("/proc/{pid}/{file}");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let value = text.lines().find_map(|line| line.strip_prefix(key));
    let value = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
    value.with_context(|| format!("{path} has no {key}"))
}
