//! Configuration has one writer per source: nobody writes over what another one said meanwhile.

use super::{queue::branch, rig::Rig};
use crate::queue::{BookingTable, Queue, QueueSetup, SetupChange};
use proptest::prelude::*;
use protocol::{
    Timestamp,
    id::BookingId,
    queue::{Booking, Bookings, Branch},
};
use std::sync::Arc;

fn named(name: &str) -> Arc<Branch> {
    let SetupChange::Settled(Some(branch)) = branch() else {
        panic!("a branch")
    };
    let mut draft = branch.draft().clone();
    draft.name = serde_json::from_value(serde_json::json!({ "en": name })).expect("a name");
    Arc::new(draft.try_into().expect("a branch"))
}

fn bookings(number: u8) -> Bookings {
    Bookings {
        bookings: vec![Booking {
            id: BookingId::new(Timestamp::from_millis(1), [number; 10]),
            service: "cash".parse().expect("a slug"),
            at: Timestamp::from_millis(1),
            code_hash: format!("{number:064x}").into(),
        }],
    }
}

fn table(number: u8) -> Arc<BookingTable> {
    let bookings = bookings(number).bookings.into_iter();
    Arc::new(bookings.map(|booking| (booking.id, booking)).collect())
}

async fn setup(rig: &Rig) -> Arc<QueueSetup> {
    rig.port.read::<Queue>().await.expect("the kernel lives").setup
}

/// The agent takes the cloud's bookings in while a page of the box saves the branch.
///
/// Each used to read the whole configuration, change its part of the copy and write the whole back: here both read before
/// either writes, so whoever wrote last brought the other's part back as it had been, and the first assertion failed.
#[tokio::test]
async fn bookings_that_come_while_the_branch_is_saved_are_both_in_force() {
    let rig = Rig::new(1);
    let port = &rig.port;
    port.configure::<Queue>(SetupChange::Settled(Some(named("before"))))
        .await
        .expect("the kernel lives");
    let (page, agent) = (setup(&rig).await, setup(&rig).await);
    assert_eq!(page, agent, "both know the same");
    port.configure::<Queue>(SetupChange::Bookings(bookings(1)))
        .await
        .expect("the kernel lives");
    port.configure::<Queue>(SetupChange::Settled(Some(named("after"))))
        .await
        .expect("the kernel lives");
    let now = setup(&rig).await;
    assert_eq!(now.bookings, table(1), "written over by the page");
    assert_eq!(now.branch, Some(named("after")), "written over by the agent");

    // What the two did before, step by step: the bookings are gone.
    let (mut of_the_page, mut of_the_agent) = ((*page).clone(), (*agent).clone());
    of_the_agent.bookings = table(1);
    of_the_page.branch = Some(named("after"));
    let written = [of_the_agent, of_the_page];
    assert_ne!(written.last().map(|setup| &setup.bookings), Some(&table(1)));
}

/// A page that had looked whose word counts before the cloud published its branch saves after it: the cloud's stays in
/// force, and what was saved is in force once the cloud's is withdrawn. It used to replace the cloud's until the restart.
#[tokio::test]
async fn what_is_saved_on_the_box_waits_for_the_cloud() {
    let rig = Rig::new(2);
    let port = &rig.port;
    port.configure::<Queue>(SetupChange::Published(Some(named("cloud"))))
        .await
        .expect("the kernel lives");
    port.configure::<Queue>(SetupChange::Settled(Some(named("box"))))
        .await
        .expect("the kernel lives");
    let now = setup(&rig).await;
    assert_eq!((now.branch.clone(), now.is_published()), (Some(named("cloud")), true));
    port.configure::<Queue>(SetupChange::Published(None))
        .await
        .expect("the kernel lives");
    assert_eq!(setup(&rig).await.branch, Some(named("box")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    /// However the three sources' words interleave, each one's last word is in force.
    #[test]
    fn each_sources_last_word_counts(order in prop::collection::vec((0..3u8, 0..5u8), 0..30)) {
        let mut setup = QueueSetup::default();
        let (mut published, mut settled, mut booked) = (None, None, Arc::default());
        for (source, value) in order {
            let branch = (value > 0).then(|| named(&format!("{source}-{value}")));
            let change = match source {
                0 => {
                    published.clone_from(&branch);
                    SetupChange::Published(branch)
                }
                1 => {
                    settled.clone_from(&branch);
                    SetupChange::Settled(branch)
                }
                _ => {
                    booked = table(value);
                    SetupChange::Bookings(bookings(value))
                }
            };
            setup.configure(change);
        }
        prop_assert_eq!(setup.branch, published.or(settled));
        prop_assert_eq!(setup.bookings, booked);
    }
}
