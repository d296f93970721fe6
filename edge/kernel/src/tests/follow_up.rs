//! Two requests decided together: one commit holds both, and where the second is refused the first stands.

use super::{
    queue::{branch, issue, wish},
    rig::Rig,
};
use crate::{
    AppOrder, ChainedDecision, Effect, KernelStatus,
    prints::{self, PrintRequest, Prints},
    queue::{Queue, QueueSetup},
};
use edge_app::{FollowUp, Moment};
use protocol::{Actor, Fact};

/// The paper of a ticket, made from what was decided about it.
struct TicketPrint(PrintRequest);

impl FollowUp<Queue, Prints> for TicketPrint {
    fn request(&self, facts: &[Fact], queue: &Queue, _: &QueueSetup, _: Moment) -> Option<prints::Request> {
        let issued = facts.iter().find_map(|fact| {
            if let Fact::QueueIssued(issued) = fact {
                Some(issued)
            } else {
                None
            }
        })?;
        assert!(queue.ticket(&issued.ticket).is_some(), "its facts are applied");
        let corr = Some(issued.ticket.into());
        Some(prints::Request::Print(PrintRequest { corr, ..self.0.clone() }))
    }
}

async fn commits(rig: &Rig) -> u64 {
    let KernelStatus { commits, .. } = rig.port.status().await.expect("the kernel lives");
    commits
}

#[tokio::test]
async fn a_ticket_and_its_paper_are_one_commit() {
    let mut rig = Rig::new(1);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    let before = commits(&rig).await;
    let asked = rig
        .port
        .decide_then::<Queue, Prints>(Actor::Edge, issue(1), TicketPrint(wish(1, &["one"])));
    let ChainedDecision { facts, followed } = asked.await.expect("a ticket");
    assert_eq!(facts.len(), 1);
    let Some(Ok(paper)) = followed else {
        panic!("no paper: {followed:?}")
    };
    assert_eq!(paper.len(), 1);
    assert_eq!(commits(&rig).await, before + 1);
    assert_eq!(rig.told(), ["queue.ticket.issued", "print.queued"]);
    let order = rig.effects.recv().await;
    let Some(Effect::Order {
        order: AppOrder::Prints(wish),
        ..
    }) = order
    else {
        panic!("nothing is printed: {order:?}")
    };
    let Some(Fact::QueueIssued(issued)) = facts.first() else {
        panic!("no ticket: {facts:?}")
    };
    assert_eq!(wish.corr, Some(issued.ticket.to_string()).map(Into::into));
}

#[tokio::test]
async fn a_ticket_that_is_refused_has_no_paper() {
    let rig = Rig::new(2);
    let asked = rig
        .port
        .decide_then::<Queue, Prints>(Actor::Edge, issue(1), TicketPrint(wish(1, &["one"])));
    assert!(asked.await.is_err(), "there is no branch");
    assert_eq!(rig.told(), [""; 0]);
}

#[tokio::test]
async fn a_ticket_asked_for_twice_has_one_paper() {
    let rig = Rig::new(3);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    for turn in 0..2 {
        let paper = TicketPrint(wish(1, &["one"]));
        let asked = rig.port.decide_then::<Queue, Prints>(Actor::Edge, issue(1), paper);
        let chain = asked.await.expect("a ticket");
        assert_eq!(chain.followed.is_some(), turn == 0);
    }
    assert_eq!(rig.told(), ["queue.ticket.issued", "print.queued"]);
}
