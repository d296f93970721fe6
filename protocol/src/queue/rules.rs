//! How a branch's queue behaves, each rule with its limits and its default.

use serde::{Deserialize, Serialize};

/// How the queue behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "RulesDraft", into = "RulesDraft")]
pub struct Rules(RulesDraft);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesDraft {
    recalls: u8,
    recall_gap_s: u16,
    return_min: u16,
    early_min: u16,
    late_min: u16,
    auto_next: bool,
    delay_places: u8,
    break_reasons: Vec<String>,
    tickets_waiting: u16,
    quiet_from: Option<super::TimeOfDay>,
    quiet_to: Option<super::TimeOfDay>,
}

impl Default for RulesDraft {
    fn default() -> Self {
        Self {
            recalls: 3,
            recall_gap_s: 15,
            return_min: 15,
            early_min: 15,
            late_min: 15,
            auto_next: false,
            delay_places: 3,
            break_reasons: vec!["lunch".to_owned(), "pause".to_owned(), "training".to_owned()],
            tickets_waiting: 999,
            quiet_from: None,
            quiet_to: None,
        }
    }
}

/// A rule out of its limits. Names the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rules.{key} is not {limits}")]
pub struct RuleError {
    /// Which.
    pub key: &'static str,
    /// What it may be.
    pub limits: &'static str,
}

impl TryFrom<RulesDraft> for Rules {
    type Error = RuleError;
    fn try_from(rules: RulesDraft) -> Result<Self, RuleError> {
        let checks = [
            (rules.recalls <= 10, "recalls", "0 to 10"),
            (rules.recall_gap_s <= 300, "recall_gap_s", "0 to 300"),
            (rules.return_min <= 240, "return_min", "0 to 240"),
            (rules.early_min <= 240, "early_min", "0 to 240"),
            (rules.late_min <= 240, "late_min", "0 to 240"),
            (rules.delay_places <= 20, "delay_places", "0 to 20"),
            (
                (1..=5000).contains(&rules.tickets_waiting),
                "tickets_waiting",
                "1 to 5000",
            ),
            (
                rules.break_reasons.len() <= 20
                    && rules
                        .break_reasons
                        .iter()
                        .all(|reason| (1..=40).contains(&reason.len())),
                "break_reasons",
                "at most 20 of 1 to 40 bytes",
            ),
            (
                rules.quiet_from.is_some() == rules.quiet_to.is_some(),
                "quiet_to",
                "given with quiet_from",
            ),
        ];
        match checks.iter().find(|(holds, _, _)| !holds) {
            Some((_, key, limits)) => Err(RuleError { key, limits }),
            None => Ok(Self(rules)),
        }
    }
}

impl From<Rules> for RulesDraft {
    fn from(rules: Rules) -> Self {
        rules.0
    }
}

impl Rules {
    /// How often a ticket may be called again (default 3).
    pub fn recalls(&self) -> u8 {
        self.0.recalls
    }
    /// Seconds between two calls of one ticket at least (default 15).
    pub fn recall_gap_s(&self) -> u16 {
        self.0.recall_gap_s
    }
    /// Minutes in which somebody who did not come may still come back (default 15).
    pub fn return_min(&self) -> u16 {
        self.0.return_min
    }
    /// Minutes before an agreed time from which its ticket may be taken (default 15).
    pub fn early_min(&self) -> u16 {
        self.0.early_min
    }
    /// Minutes after an agreed time until which its ticket keeps its right (default 15).
    pub fn late_min(&self) -> u16 {
        self.0.late_min
    }
    /// Whether finishing a visit calls the next (default no).
    pub fn auto_next(&self) -> bool {
        self.0.auto_next
    }
    /// How many places a holder who asks for more time stands further back (default 3).
    pub fn delay_places(&self) -> u8 {
        self.0.delay_places
    }
    /// Why an operator may pause.
    pub fn break_reasons(&self) -> &[String] {
        &self.0.break_reasons
    }
    /// How many tickets may wait at once (default 999).
    pub fn tickets_waiting(&self) -> u16 {
        self.0.tickets_waiting
    }
    /// How many tickets that were taken on phones may wait at once: half of all, so that whoever takes them from afar
    /// never takes the last ones of those who stand in the hall.
    pub fn online_tickets_waiting(&self) -> u16 {
        self.0.tickets_waiting.div_ceil(2)
    }
    /// When nothing is said aloud: from, to; over midnight where `to` is before `from`.
    pub fn quiet(&self) -> Option<(super::TimeOfDay, super::TimeOfDay)> {
        self.0.quiet_from.zip(self.0.quiet_to)
    }
}
