//! Visits: one at a kiosk, and gone in time.

use crate::{Visits, visit::StepState};
use protocol::{Lang, id::ScreenId};
use std::time::Duration;

fn kiosk() -> ScreenId {
    "kiosk-1".parse().expect("a slug")
}

#[tokio::test(start_paused = true)]
async fn a_kiosk_whose_plug_was_pulled_remembers_nobody() {
    let (visits, number) = (Visits::default(), "0".repeat(32).parse().expect("a number"));
    let (visit, _) = visits.find(&kiosk(), &number, Lang::Ru, 1);
    visits.keep(&kiosk(), visit);
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert_eq!(visits.count(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(visits.count(), 0);
}

#[tokio::test]
async fn what_is_remembered_of_a_visit_ends_with_it() {
    let visits = Visits::default();
    let (one, other) = ("1".repeat(32), "2".repeat(32));
    let (one, other) = (one.parse().expect("a number"), other.parse().expect("a number"));
    let (mut visit, turn) = visits.find(&kiosk(), &one, Lang::Ru, 1);
    assert_eq!(turn, StepState::New);
    visit.remember("+998901234567".to_owned());
    assert!(!format!("{visit:?}").contains("998"), "shown by nothing");
    visits.keep(&kiosk(), visit);
    let (visit, turn) = visits.find(&kiosk(), &one, Lang::Ru, 1);
    assert_eq!(
        (visit.memory::<String>().as_str(), turn),
        ("+998901234567", StepState::Done)
    );
    let (visit, _) = visits.find(&kiosk(), &other, Lang::Ru, 1);
    assert_eq!(visit.memory::<String>(), "");
    visits.keep(&kiosk(), visit);
    assert_eq!(visits.count(), 1, "a visit ends with the next one");
}
