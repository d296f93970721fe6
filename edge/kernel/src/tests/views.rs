//! Views: what everybody reads is what is on disk, one's own writes included, and the writer waits for no reader.

use super::{
    queue::{branch, issue, state, take},
    rig::{Rig, id},
};
use crate::{
    DevicePresence,
    queue::{Queue, Request},
    roster::Roster,
};
use protocol::{Fact, Lane};
use std::sync::Arc;

#[tokio::test]
async fn whoever_was_answered_reads_their_own_writes() {
    let rig = Rig::new(1);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    for number in 1..=50 {
        let Request::Issue { ticket, .. } = issue(number) else {
            panic!("no ticket is asked for")
        };
        take(&rig, number).await;
        let view = rig.port.read::<Queue>().await.expect("the kernel lives");
        assert!(
            view.state.ticket(&ticket).is_some(),
            "ticket {number} was told and is not read"
        );
        let presence = if number % 2 == 0 {
            DevicePresence::Online
        } else {
            DevicePresence::Degraded { reason: "drift".into() }
        };
        rig.pair("gate").await;
        rig.port
            .presence(id("gate"), presence.clone(), None)
            .await
            .expect("recorded");
        let view = rig.port.read::<Roster>().await.expect("the kernel lives");
        assert_eq!(view.state.device(&id("gate")).expect("paired").presence, presence);
    }
}

#[tokio::test]
async fn the_views_are_what_the_events_make_them() {
    let rig = Rig::new(2);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    rig.pair("gate").await;
    for number in 1..=20 {
        take(&rig, number).await;
    }
    let (mut roster, mut queue) = (Roster::default(), Queue::default());
    for event in rig.events(Lane::Facts) {
        crate::roster::apply(&mut roster, &event);
        crate::queue::apply(&mut queue, &event);
    }
    let [roster_view, queue_view, _] = state(&rig).await;
    assert_eq!(roster_view, serde_json::to_string(&roster).expect("JSON"));
    assert_eq!(queue_view, serde_json::to_string(&queue).expect("JSON"));
    let view = rig.port.read::<Queue>().await.expect("the kernel lives");
    assert_eq!(
        view.upto,
        rig.port.committed().borrow().facts,
        "also of events of others"
    );
}

#[tokio::test]
async fn a_listener_hears_what_it_wants_once_that_is_in_the_views() {
    let rig = Rig::new(4);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    let mut issued = rig.port.live(|fact| matches!(fact, Fact::QueueIssued(_)));
    let mut none = rig.port.live(|_| false);
    rig.pair("gate").await;
    for number in 1..=20 {
        take(&rig, number).await;
        let event = issued.recv().await.expect("the kernel lives");
        assert!(matches!(event.event.fact, Fact::QueueIssued(_)), "{event:?}");
        assert!(rig.port.view::<Queue>().borrow().upto >= event.seq, "it is in the view");
    }
    assert!(issued.is_empty() && none.try_recv().is_err());
}

#[tokio::test]
async fn the_writer_does_not_wait_for_a_reader() {
    let rig = Rig::new(3);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    let view = rig.port.view::<Queue>();
    // A reader that holds on to the view: its thread cannot go on meanwhile.
    let held = view.borrow();
    for number in 1..=20 {
        take(&rig, number).await;
    }
    let issued = rig.events(Lane::Facts);
    let issued = issued.iter().filter(|event| event.fact.name() == "queue.ticket.issued");
    assert_eq!(issued.count(), 20, "all of them are on disk");
    assert_eq!(held.state.all_waiting(), 0);
    drop(held);
    let caught_up = rig.port.read::<Queue>().await.expect("the kernel lives");
    assert_eq!(caught_up.state.all_waiting(), 20);
}

#[tokio::test]
async fn a_view_that_is_kept_does_not_change() {
    let rig = Rig::new(4);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    let before = rig.port.read::<Queue>().await.expect("the kernel lives");
    let mut changes = rig.port.view::<Queue>();
    changes.mark_unchanged();
    take(&rig, 1).await;
    changes.changed().await.expect("the kernel lives");
    let after = changes.borrow_and_update().clone();
    assert_eq!((before.state.all_waiting(), after.state.all_waiting()), (0, 1));
    assert!(Arc::ptr_eq(&before.setup, &after.setup));
    rig.pair("gate").await;
    rig.port.read::<Queue>().await.expect("the kernel lives");
    assert!(
        !changes.has_changed().expect("the kernel lives"),
        "what concerns others wakes nobody"
    );
}
