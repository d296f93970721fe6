//! What was done, how long it took and how it ended.

use crate::clock::{Since, Took};
use anyhow::{Result, bail};
use std::fmt;

/// Steps done so far.
#[derive(Debug)]
pub(crate) struct StepLog {
    began: Since,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    took: Took,
    ending: Ending,
}

#[derive(Debug)]
enum Ending {
    Done,
    Failed(String),
}

/// What a step's failure means for those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// They can run.
    GoOn,
    /// They cannot.
    Stop,
}

impl StepLog {
    /// Begins.
    pub(crate) fn open() -> Self {
        Self {
            began: Since::now(),
            rows: Vec::new(),
        }
    }
    /// Does a step and writes it down. An error only where the steps after it cannot run.
    pub(crate) fn step(&mut self, name: &'static str, failed: Failed, work: impl FnOnce() -> Result<()>) -> Result<()> {
        println!("\n== {name}");
        let began = Since::now();
        let result = work();
        let took = began.took();
        let ending = match result {
            Ok(()) => Ending::Done,
            Err(error) => Ending::Failed(format!("{error:#}")),
        };
        let row = Row { name, took, ending };
        println!("== {row}");
        let stops = failed == Failed::Stop && matches!(row.ending, Ending::Failed(_));
        self.rows.push(row);
        if stops { self.close() } else { Ok(()) }
    }
    /// Prints every step and fails where one of them did.
    pub(crate) fn close(&self) -> Result<()> {
        println!("\n{self}");
        let failed: Vec<_> = self
            .rows
            .iter()
            .filter(|row| matches!(row.ending, Ending::Failed(_)))
            .map(|row| row.name)
            .collect();
        if !failed.is_empty() {
            bail!("not passed: {}", failed.join(", "));
        }
        Ok(())
    }
}

impl fmt::Display for StepLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        write!(f, "{:<8}{}", "total", self.began.took())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<8}{}", self.name, self.took)?;
        match &self.ending {
            Ending::Done => Ok(()),
            Ending::Failed(why) => write!(f, "  FAILED: {why}"),
        }
    }
}
