//! A section of the report: a heading, sentences, tables, as Markdown.
//!
//! Every section names the load the machine had from others: figures are worth as much as their circumstances.

use anyhow::{Context as _, Result};

/// One section under construction.
#[derive(Debug)]
pub(crate) struct Section(String);

impl Section {
    /// Begins one, and says how busy the machine was at that moment.
    pub(crate) fn new(title: &str) -> Result<Self> {
        let load = std::fs::read_to_string("/proc/loadavg").context("reading the load")?;
        let load: Vec<&str> = load.split(' ').take(3).collect();
        Ok(Self(format!(
            "## {title}\n\nLoad average when it began: {}.\n",
            load.join(", ")
        )))
    }

    /// Adds a paragraph.
    pub(crate) fn says(&mut self, text: &str) {
        self.0.push_str(&format!("\n{text}\n"));
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
        self.0.push('\n');
        self.0.push_str(&line(&head));
        self.0.push_str(&format!("|{}\n", "---|".repeat(head.len())));
        rows.iter().for_each(|row| self.0.push_str(&line(row)));
    }

    /// The Markdown.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// Cells of a table's row.
macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$(::std::string::ToString::to_string(&$cell)),*] };
}
pub(crate) use row;
