//! Whether, and in which languages, a call is said: as the branch's rules and the ticket's state have it.

use super::{BranchSnapshot, LiveFeed};
use edge_announce::{CallAnnouncement, CallRules, Repeat};
use edge_queue::TicketPhase;
use protocol::{
    Lang,
    id::TicketId,
    queue::{Branch, TimeOfDay},
};

impl CallRules for LiveFeed {
    fn languages(&self, call: &CallAnnouncement, repeat: Repeat) -> Option<Vec<Lang>> {
        let picture = self.snapshot();
        let branch = picture.branch.as_ref()?;
        let is_late = repeat == Repeat::Second && !is_still_called(&picture, call.ticket);
        (!is_quiet(branch, &picture) && !is_late).then(|| branch.draft().announce.clone())
    }
}

fn is_still_called(picture: &BranchSnapshot, ticket: TicketId) -> bool {
    let mut calls = picture.called.iter();
    calls.any(|call| call.ticket == ticket && call.phase == TicketPhase::Called)
}

fn is_quiet(branch: &Branch, picture: &BranchSnapshot) -> bool {
    let Some((from, to)) = branch.draft().rules.quiet() else {
        return false;
    };
    let now = time_of_day(picture);
    if from <= to {
        from <= now && now < to
    } else {
        from <= now || now < to
    }
}

/// The time of day at the site.
pub(crate) fn time_of_day(picture: &BranchSnapshot) -> TimeOfDay {
    let moment = picture.moment;
    let local = moment.at.as_secs().saturating_add(i64::from(moment.offset_seconds));
    TimeOfDay {
        minutes: u16::try_from(local.rem_euclid(86_400) / 60).unwrap_or(0),
    }
}
