//! A program that runs beside us and tells on its output when it is ready. It never outlives its handle.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A started program.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Started {
    /// Starts it with its output to us.
    pub(crate) fn new(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let output = child.stdout.take().with_context(|| format!("{name} has no output"))?;
        Ok(Self {
            child,
            lines: BufReader::new(output).lines(),
        })
    }
    /// Reads its output until each of these beginnings has led a line; gives what followed them, in their order.
    /// A program that ends before is an error.
    pub(crate) fn wait_for<const N: usize>(&mut self, beginnings: [&str; N]) -> Result<[String; N]> {
        let mut found: [Option<String>; N] = [const { None }; N];
        while found.iter().any(Option::is_none) {
            let Some(line) = self.lines.next() else {
                bail!("it ended before it said {}", beginnings.join(" and "))
            };
            let line = line.context("cannot read what it says")?;
            for (slot, beginning) in found.iter_mut().zip(beginnings) {
                if let Some(rest) = line.strip_prefix(beginning) {
                    *slot = Some(rest.trim().to_owned());
                }
            }
        }
        Ok(found.map(Option::unwrap_or_default))
    }
    /// Passes on what it says until it ends; anything but success is an error.
    pub(crate) fn lines_to_the_end(mut self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        for line in self.lines.by_ref() {
            each(&line.context("cannot read what it says")?)?;
        }
        let status = self.child.wait().context("cannot wait for its end")?;
        if !status.success() {
            bail!("it ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
