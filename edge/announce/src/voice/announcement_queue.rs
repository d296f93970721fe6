//! Whose turn it is to be heard: one announcement at a time, each said twice, never two at once.
//!
//! Pure: time comes in as milliseconds of uptime.

use std::collections::VecDeque;

/// After this a call is said once more.
const AGAIN_MS: u64 = 8_000;
/// More than this wait for their turn only in a hall where nobody listens: the oldest repeats are let go.
const MOST: usize = 64;

/// Announcements in their order, of whatever they are made of.
#[derive(Debug)]
pub(crate) struct AnnouncementQueue<C> {
    first_calls: VecDeque<C>,
    repeats: VecDeque<(u64, C)>,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AnnouncerAction<C> {
    /// Say this.
    Say(C),
    /// Nothing before this uptime.
    At(u64),
    /// Nothing.
    Rest,
}

impl<C> Default for AnnouncementQueue<C> {
    fn default() -> Self {
        Self {
            first_calls: VecDeque::new(),
            repeats: VecDeque::new(),
        }
    }
}

impl<C> AnnouncementQueue<C> {
    /// A new call waits for its turn; what was still to be said for the second time of the same is let go.
    pub(crate) fn add(&mut self, call: C, same: impl Fn(&C, &C) -> bool) {
        self.first_calls.retain(|waiting| !same(waiting, &call));
        self.repeats.retain(|(_, waiting)| !same(waiting, &call));
        if self.first_calls.len() >= MOST {
            self.first_calls.pop_front();
        }
        self.first_calls.push_back(call);
    }

    /// The next to be said, now that nothing sounds: first calls before second ones.
    pub(crate) fn next(&mut self, now_ms: u64) -> AnnouncerAction<C> {
        if let Some(call) = self.first_calls.pop_front() {
            return AnnouncerAction::Say(call);
        }
        match self.repeats.front() {
            None => AnnouncerAction::Rest,
            Some((due_ms, _)) if *due_ms > now_ms => AnnouncerAction::At(*due_ms),
            Some(_) => self
                .repeats
                .pop_front()
                .map_or(AnnouncerAction::Rest, |(_, call)| AnnouncerAction::Say(call)),
        }
    }

    /// Said for the first time: once more in a while.
    pub(crate) fn schedule_repeat(&mut self, call: C, now_ms: u64) {
        if self.repeats.len() >= MOST {
            self.repeats.pop_front();
        }
        self.repeats.push_back((now_ms.saturating_add(AGAIN_MS), call));
    }
}
