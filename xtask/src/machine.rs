//! The machine figures were measured on: a figure without it says nothing.

use std::fmt;
use std::fs;
use std::thread;

/// What matters about a machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// The processor, as it calls itself.
    pub(crate) cpu: String,
    /// How many threads it runs at once for us.
    pub(crate) cores: usize,
    /// Memory, MiB.
    pub(crate) memory_mib: u64,
    /// Release of the kernel.
    pub(crate) kernel: String,
}

impl Machine {
    /// Reads it from `/proc`; what cannot be read is `unknown`.
    pub(crate) fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let cores = thread::available_parallelism().map_or(0, usize::from);
        Self::of(
            &text("/proc/cpuinfo"),
            &text("/proc/meminfo"),
            &text("/proc/sys/kernel/osrelease"),
            cores,
        )
    }
    /// Takes `/proc`'s texts apart (proc(5)).
    pub(crate) fn of(cpuinfo: &str, meminfo: &str, osrelease: &str, cores: usize) -> Self {
        // x86 names a model; a Pi names itself in `Model` instead.
        let cpu = value(cpuinfo, "model name").or_else(|| value(cpuinfo, "Model"));
        let kib = value(meminfo, "MemTotal").and_then(|size| size.split(' ').next()?.parse::<u64>().ok());
        Self {
            cpu: cpu.unwrap_or("unknown").to_owned(),
            cores,
            memory_mib: kib.unwrap_or(0) / 1024,
            kernel: osrelease.trim().to_owned(),
        }
    }
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu,
            cores,
            memory_mib,
            kernel,
        } = self;
        write!(f, "{cpu}, {cores} cores, {memory_mib} MiB, Linux {kernel}")
    }
}
