//! Commands run in the foreground, shown before they start and named when they fail.

use crate::place::{self, Place};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// One command, run from the workspace's root.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
}

impl Run {
    /// A program from the path, or by its path.
    pub(crate) fn new(place: &Place, program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(place.root()).stdin(Stdio::null());
        Self { command }
    }
    /// The cargo that runs us, `words` split at spaces.
    pub(crate) fn cargo(place: &Place, words: &str) -> Self {
        let run = Self::new(place, place::cargo()).words(words);
        // A clean clone is compiled once: what would speed up a second time only fills the disk.
        if std::env::var_os("CI").is_some() {
            run.env("CARGO_INCREMENTAL", "0")
        } else {
            run
        }
    }
    /// More arguments, split at spaces.
    #[must_use]
    pub(crate) fn words(mut self, words: &str) -> Self {
        self.command.args(words.split_whitespace());
        self
    }
    /// One more argument as it is.
    #[must_use]
    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }
    /// Sets an environment variable.
    #[must_use]
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }
    /// Runs it with our output; anything but success is an error that names the command.
    pub(crate) fn go(mut self) -> Result<()> {
        let line = self.line();
        println!("$ {line}");
        let status = self
            .command
            .status()
            .with_context(|| format!("cannot start `{line}`"))?;
        if !status.success() {
            bail!("`{line}` ended with {status}");
        }
        Ok(())
    }
    /// The same, with each line of its output shown to `read` as well.
    pub(crate) fn go_reading(mut self, mut read: impl FnMut(&str)) -> Result<()> {
        let line = self.line();
        println!("$ {line}");
        let starting = || format!("cannot start `{line}`");
        let mut child = self.command.stdout(Stdio::piped()).spawn().with_context(starting)?;
        if let Some(output) = child.stdout.take() {
            for said in BufReader::new(output).split(b'\n') {
                let said = said.with_context(|| format!("the output of `{line}` broke off"))?;
                let said = String::from_utf8_lossy(&said);
                println!("{said}");
                read(&said);
            }
        }
        let status = child.wait().with_context(|| format!("`{line}` is lost"))?;
        if !status.success() {
            bail!("`{line}` ended with {status}");
        }
        Ok(())
    }
    /// Takes what it prints, and shows what it complains about as it comes; anything but success is an error.
    pub(crate) fn go_taking(mut self) -> Result<String> {
        let line = self.line();
        println!("$ {line}");
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start `{line}`"))?;
        if !output.status.success() {
            bail!("`{line}` ended with {}", output.status);
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed no UTF-8"))
    }
    /// Runs it silently and takes what it printed; anything but success is an error with what it complained about.
    pub(crate) fn read(mut self) -> Result<String> {
        let line = self.line();
        let output = self
            .command
            .output()
            .with_context(|| format!("cannot start `{line}`"))?;
        if !output.status.success() {
            bail!(
                "`{line}` ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed no UTF-8"))
    }
    /// The command itself, for what the others do not do.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    fn line(&self) -> String {
        let program = Path::new(self.command.get_program())
            .file_name()
            .unwrap_or(self.command.get_program());
        let words = std::iter::once(program).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}
