//! The inbox: which commands were seen, so that none is carried out twice.
//!
//! Ids are forgotten by count, never by time: a clock that jumps must not make an old command look new.

use protocol::{CommandId, DeviceId, Timestamp, text::CommandName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many settled commands are remembered.
pub const KEPT: usize = 4096;

/// Commands under way, and ids of those that ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CommandInbox {
    open: BTreeMap<CommandId, PendingCommand>,
    settled: VecDeque<CommandId>,
    #[serde(skip)]
    index: SettledIndex,
}

/// A command under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingCommand {
    /// Its dotted name.
    pub name: CommandName,
    /// The device it is for; none: the edge itself.
    pub device: Option<DeviceId>,
    /// From when on it must not be carried out.
    pub expires: Timestamp,
    /// When it was accepted.
    pub accepted: Timestamp,
}

/// The settled ids once more, for finding. Built from `settled` when first needed, so that snapshots need not hold it.
#[derive(Debug, Clone, Default)]
struct SettledIndex(Option<BTreeSet<CommandId>>);

impl PartialEq for SettledIndex {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl CommandInbox {
    /// Whether the command was seen before, under way or ended.
    pub fn knows(&self, command: &CommandId) -> bool {
        self.open.contains_key(command)
            || match &self.index.0 {
                Some(index) => index.contains(command),
                None => self.settled.contains(command),
            }
    }
    /// A command under way.
    pub fn open(&self, command: &CommandId) -> Option<&PendingCommand> {
        self.open.get(command)
    }
    /// Every command under way.
    pub fn all_open(&self) -> impl Iterator<Item = (&CommandId, &PendingCommand)> {
        self.open.iter()
    }
    pub(crate) fn begin(&mut self, command: CommandId, pending: PendingCommand) {
        self.open.insert(command, pending);
    }
    pub(crate) fn settle(&mut self, command: CommandId) {
        self.open.remove(&command);
        let settled = &mut self.settled;
        let index = self.index.0.get_or_insert_with(|| settled.iter().copied().collect());
        if !index.insert(command) {
            return;
        }
        settled.push_back(command);
        if settled.len() > KEPT
            && let Some(oldest) = settled.pop_front()
        {
            index.remove(&oldest);
        }
    }
}
