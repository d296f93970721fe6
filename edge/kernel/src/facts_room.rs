//! How full the facts lane is: what people are shown, and what the writer remembers of it.
//!
//! Decides nothing; see [`crate::room`].

use edge_journal::Usage as LaneUsage;

/// How full the facts lane is, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum FactsRoom {
    /// Nothing to be done.
    #[default]
    Ample,
    /// It will be used up within weeks.
    Filling,
    /// It will be used up within days, or devices are refused already.
    NearlyFull,
    /// New work is refused.
    Full,
}

/// What the writer knows of the facts lane's room.
#[derive(Debug, Default)]
pub(crate) struct RoomWatch {
    /// As it was when this batch first asked.
    pub(crate) usage: Option<LaneUsage>,
    pub(crate) looked_at: Option<u64>,
    /// When there was nothing that could have gone.
    pub(crate) in_vain_at: Option<u64>,
    /// Hours until new work is refused, as fast as the lane grew over its own length.
    pub(crate) hours_left: Option<f32>,
    /// How full it is.
    pub(crate) stage: FactsRoom,
}

impl RoomWatch {
    /// What was on disk has changed.
    pub(crate) fn forget_usage(&mut self) {
        self.usage = None;
    }
}
