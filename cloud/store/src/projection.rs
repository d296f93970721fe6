//! What a projection is: tables that follow from stored events alone, with a version of the code that makes them.
//!
//! A projection reads nothing but events, and its tables come out the same in whatever order the events arrived: each
//! column goes by the position of the newest event that speaks of it, never by what came last. A change of the code
//! that would make other tables from the same events goes with a higher version: the tables are then made anew.

pub(crate) mod cursor;

use crate::{error::StoreError, tx::Tx};
use protocol::{EdgeId, Epoch, Fact, Seq, Timestamp};
use std::fmt::Debug;

/// A table of a projection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectionTable {
    pub(crate) name: &'static str,
    /// The table itself and its indices.
    pub(crate) ddl: &'static str,
}

/// A projection as the schema and the cursors know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectionDefinition {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(crate) tables: &'static [ProjectionTable],
}

impl ProjectionDefinition {
    pub(crate) const fn of<P: Projection>() -> Self {
        Self {
            name: P::NAME,
            version: P::VERSION,
            tables: P::TABLES,
        }
    }
}

/// One domain's projection.
pub(crate) trait Projection {
    /// What one event changes.
    type Step: Debug + Send;
    /// Unique, stable: the key of its cursor.
    const NAME: &'static str;
    /// Version of its code and tables. Only ever goes up.
    const VERSION: u32;
    /// Its tables. Nobody else writes to them.
    const TABLES: &'static [ProjectionTable];

    /// Whether it needs the fact of events with this name; the others' bodies are not read.
    fn reads(name: &str) -> bool;

    /// What an event changes, if anything. Pure: no clock, no table.
    fn step(event: &EventView<'_>) -> Option<Self::Step>;

    /// Brings its tables up to these events.
    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, Self::Step>]) -> Result<(), StoreError>;
}

/// An event as projections read it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventView<'a> {
    /// The device it is about.
    pub(crate) device: Option<&'a str>,
    /// Its fact, where some projection asked for it and this version understands it.
    pub(crate) fact: Option<&'a Fact>,
}

/// Where an event stands, and when it happened and came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPosition {
    pub(crate) edge: EdgeId,
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
    /// When it happened, as stored.
    pub(crate) at: Timestamp,
    /// When it was stored, by the cloud's clock.
    pub(crate) rx: Timestamp,
}

impl EventPosition {
    /// Sorts as (epoch, seq): what decides which of two events of one edge and lane is the newer one. A kind of fact
    /// always travels in the same lane.
    pub(crate) fn order(&self) -> [u8; 12] {
        let mut key = [0; 12];
        let (epoch, seq) = key.split_at_mut(4);
        epoch.copy_from_slice(&self.epoch.0.to_be_bytes());
        seq.copy_from_slice(&self.seq.0.to_be_bytes());
        key
    }
}

/// An event of which a projection has made a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectedEvent<'a, S> {
    pub(crate) position: EventPosition,
    pub(crate) name: &'a str,
    pub(crate) device: Option<&'a str>,
    pub(crate) step: &'a S,
}

/// SQL for `ON CONFLICT … DO UPDATE SET`: in each group, the columns take the values of the event with the higher
/// position, which stands in the group's first column. A group whose position is null says nothing.
pub(crate) fn newest_wins(table: &str, groups: &[&[&str]]) -> String {
    let mut set = Vec::new();
    for group in groups {
        let Some(by) = group.first() else { continue };
        for column in *group {
            // '' sorts before every position, in both engines.
            set.push(format!(
                "{column} = CASE WHEN excluded.{by} > coalesce({table}.{by}, '') THEN excluded.{column} \
                 ELSE {table}.{column} END"
            ));
        }
    }
    set.join(", ")
}
