//! Queues as their events tell of them: states go by place, turns add up, reports count.

use super::{edge, event, incoming, open, org, run};
use crate::{
    OrgStore, ingest,
    queue::{self, ReportGrouping, ReportPeriod, TicketPhase},
};
use protocol::{
    Fact, Lane, PersonId, Timestamp,
    fact::{Feedback, ServiceSession, TicketChange, TicketIssue, WindowCall},
    id::TicketId,
    queue::{Day, Source},
};

/// Nine in the morning in Tashkent.
const NINE: i64 = 1_800_000_000_000 - 1_800_000_000_000 % 86_400_000 + 4 * 3_600_000;
const AHEAD_OF_UTC: i32 = 5 * 3600;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(NINE + minute * 60_000)
}

fn ticket(number: u8) -> TicketId {
    TicketId::new(at(0), [number; 10])
}

fn operator() -> PersonId {
    PersonId::new(at(0), [9; 10])
}

pub(super) fn issued(number: u8) -> Fact {
    Fact::QueueIssued(TicketIssue {
        ticket: ticket(number),
        number: format!("K-{number:03}").parse().expect("a number"),
        day: Day::at(at(0), AHEAD_OF_UTC),
        service: "cash".parse().expect("a slug"),
        source: Source::Kiosk,
        lang: protocol::Lang::Ru,
        token_hash: format!("{number:064x}").into(),
        ahead: 0,
        wait: None,
        booking: None,
        booked_at: None,
    })
}

fn called(number: u8) -> Fact {
    Fact::QueueCalled(WindowCall {
        ticket: ticket(number),
        number: format!("K-{number:03}").parse().expect("a number"),
        service: "cash".parse().expect("a slug"),
        window: "window-3".parse().expect("a slug"),
        window_number: 3,
        operator: operator(),
        attempt: 1,
        wait_s: 60,
        picked: None,
    })
}

fn served(number: u8, wait_s: u64, serve_s: u64, next: Option<&str>) -> ServiceSession {
    ServiceSession {
        ticket: ticket(number),
        service: "cash".parse().expect("a slug"),
        window: "window-3".parse().expect("a slug"),
        operator: operator(),
        wait_s,
        serve_s,
        outcome: None,
        next: next.map(|next| next.parse().expect("a slug")),
    }
}

fn moved(number: u8) -> TicketChange {
    TicketChange {
        ticket: ticket(number),
        service: "cash".parse().expect("a slug"),
        window: None,
        operator: None,
        reason: None,
        until: Some(at(30)),
    }
}

async fn tell(scope: &OrgStore, facts: Vec<(u64, i64, Fact)>) {
    for (seq, minute, fact) in facts {
        let body = event(fact, at(minute)).encode().expect("JSON");
        let batch = incoming(edge(1), Lane::Facts, &[(seq, body)]);
        ingest::store(scope, batch, at(60)).await.expect("stored");
    }
}

async fn state(scope: &OrgStore, number: u8) -> TicketPhase {
    let found = queue::by_token(scope, edge(1), format!("{number:064x}")).await;
    found.expect("a store").expect("a ticket").state
}

fn morning() -> ReportPeriod {
    ReportPeriod {
        from: at(-60),
        to: at(120),
        edge: Some(edge(1)),
        offset_seconds: AHEAD_OF_UTC,
    }
}

#[test]
fn a_ticket_stands_as_its_newest_event_says_in_whatever_order_they_come() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        tell(
            &scope,
            vec![
                (1, 0, issued(1)),
                (2, 1, issued(2)),
                (5, 9, Fact::QueueDone(served(1, 300, 200, None))),
                (3, 5, called(1)),
                (4, 6, Fact::QueueArrived(served(1, 300, 0, None))),
            ],
        )
        .await;
        assert_eq!(state(&scope, 1).await, TicketPhase::Done, "late events undo nothing");
        assert_eq!(state(&scope, 2).await, TicketPhase::Waiting);
        tell(&scope, vec![(6, 10, Fact::QueueHeld(moved(2))), (7, 11, called(2))]).await;
        let second = queue::by_token(&scope, edge(1), format!("{:064x}", 2)).await;
        let second = second.expect("a store").expect("a ticket");
        assert_eq!((second.state, second.window_number), (TicketPhase::Called, Some(3)));
        assert!(
            queue::by_token(&scope, edge(2), format!("{:064x}", 2))
                .await
                .expect("a store")
                .is_none()
        );
        let elsewhere = db.scope(org(2));
        assert!(
            queue::by_token(&elsewhere, edge(1), format!("{:064x}", 2))
                .await
                .expect("a store")
                .is_none()
        );
    });
}

#[test]
fn the_cloud_counts_who_waits_before() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        tell(
            &scope,
            vec![
                (1, 0, issued(1)),
                (2, 1, issued(2)),
                (3, 2, issued(3)),
                (4, 3, called(1)),
            ],
        )
        .await;
        let third = queue::by_token(&scope, edge(1), format!("{:064x}", 3)).await;
        let third = third.expect("a store").expect("a ticket");
        assert_eq!(queue::ahead(&scope, &third).await.expect("a store"), 1);
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "one morning, told in one go")]
fn a_report_counts_waits_services_and_those_who_gave_up() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let mut facts = Vec::new();
        let mut seq = 0;
        for number in 1..=10 {
            seq += 1;
            facts.push((seq, 0, issued(number)));
        }
        for number in 1..=8 {
            seq += 1;
            let took = u64::from(number) * 60;
            facts.push((
                seq,
                i64::from(number),
                Fact::QueueDone(served(number, took, took * 2, None)),
            ));
        }
        seq += 1;
        facts.push((seq, 70, Fact::QueueCancelled(moved(9))));
        seq += 1;
        let score = Feedback {
            ticket: ticket(1),
            service: "cash".parse().expect("a slug"),
            score: 4,
        };
        facts.push((seq, 71, Fact::QueueFeedback(score)));
        tell(&scope, facts).await;

        let total = queue::report(&scope, morning(), ReportGrouping::Total)
            .await
            .expect("a report")
            .expect("few enough");
        let line = &total["all"];
        assert_eq!((line.issued, line.abandoned, line.served), (10, 1, 8));
        assert_eq!((line.wait_p50, line.wait_p90), (Some(240), Some(480)));
        assert_eq!(
            (line.serve_p50, line.serve_p90, line.busy_s),
            (Some(480), Some(960), 36 * 120)
        );
        assert_eq!(line.scores, (4, 1));
        let hours = queue::report(&scope, morning(), ReportGrouping::Hour)
            .await
            .expect("a report")
            .expect("few enough");
        assert_eq!(hours.keys().collect::<Vec<_>>(), ["09"], "by the clock on the wall");
        let services = queue::report(&scope, morning(), ReportGrouping::Service)
            .await
            .expect("a report")
            .expect("few enough");
        assert_eq!(services["cash"].served, 8);
        let operators = queue::report(&scope, morning(), ReportGrouping::Operator)
            .await
            .expect("a report")
            .expect("few enough");
        let key = operator().as_uuid().simple().to_string();
        assert_eq!((operators[&key].issued, operators[&key].served), (0, 8));
        let sources = queue::report(&scope, morning(), ReportGrouping::Source)
            .await
            .expect("a report")
            .expect("few enough");
        assert_eq!((sources["kiosk"].issued, sources["kiosk"].served), (10, 8));
        let nothing = ReportPeriod {
            edge: Some(edge(2)),
            ..morning()
        };
        assert!(
            queue::report(&scope, nothing, ReportGrouping::Total)
                .await
                .expect("a report")
                .expect("few enough")
                .is_empty()
        );
    });
}

#[test]
fn a_report_that_would_leave_something_out_is_refused() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        tell(&scope, vec![(1, 0, issued(1)), (2, 0, issued(2)), (3, 0, issued(3))]).await;
        for (most, fits) in [(3, true), (2, false)] {
            let report = queue::report_up_to(most, &scope, morning(), ReportGrouping::Total).await;
            assert_eq!(report.expect("a store").is_ok(), fits, "{most}");
        }
    });
}
