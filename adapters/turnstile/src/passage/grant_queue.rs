//! One side of the gate: the grants that stand there, in the order in which they were given.
//!
//! A grant stands here from its beginning to its end, once.

use super::step::{Elapsed, Grant, GrantId};
use std::collections::VecDeque;

/// The grants of one side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct GrantQueue {
    grants: VecDeque<ActiveGrant>,
}

/// A grant, and how far it has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActiveGrant {
    pub(super) grant: Grant,
    pub(super) stage: GrantStage,
    /// How long the stage lasts.
    pub(super) until: Elapsed,
}

/// How far a grant has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GrantStage {
    /// Its holder may pass.
    Open,
    /// Its time is over; its holder may still be in the arms.
    Closing,
}

impl GrantQueue {
    pub(super) fn open(&mut self, grant: &Grant, until: Elapsed) {
        self.grants.push_back(ActiveGrant {
            grant: grant.clone(),
            stage: GrantStage::Open,
            until,
        });
    }

    pub(super) fn lock(&mut self, until: Elapsed) {
        for standing in self.grants.iter_mut().filter(|one| one.stage == GrantStage::Open) {
            standing.stage = GrantStage::Closing;
            standing.until = until;
        }
    }

    pub(super) fn end(&mut self, id: GrantId) {
        self.grants.retain(|standing| standing.grant.id != id);
    }

    /// Everybody, oldest first.
    pub(super) fn grants(&self) -> impl Iterator<Item = &ActiveGrant> {
        self.grants.iter()
    }

    /// Those at one stage, oldest first.
    pub(super) fn at(&self, stage: GrantStage) -> impl Iterator<Item = &ActiveGrant> {
        self.grants.iter().filter(move |standing| standing.stage == stage)
    }

    /// Until when it is open; `None` where it is locked.
    pub(super) fn open_until(&self) -> Option<Elapsed> {
        self.at(GrantStage::Open).map(|standing| standing.until).max()
    }

    /// Whose passage a passage is: the oldest who may, or may just have, passed.
    pub(super) fn passing(&self) -> Option<&Grant> {
        self.grants.front().map(|standing| &standing.grant)
    }

    /// Any grant.
    pub(super) fn grant(&self, id: GrantId) -> Option<&Grant> {
        let found = self.grants.iter().find(|standing| standing.grant.id == id);
        found.map(|standing| &standing.grant)
    }
}
