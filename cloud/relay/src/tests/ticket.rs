//! A ticket on a phone: shown to whoever holds its token, and to nobody else.

use super::stage::{Stage, Who, run};
use cloud_store::commands::{self, CommandFilter};
use protocol::{
    EdgeId, OrgId,
    command::{Action, SiteAction},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

const TOKEN: &str = "00112233445566778899aabbccddeeff";
const TICKET: &str = "018f0000-0000-7000-8000-000000000001";

struct Branch {
    stage: Stage,
    org: OrgId,
    edge: EdgeId,
    address: String,
}

impl Branch {
    async fn with_a_ticket() -> Self {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let address = format!("/b/{edge}/t/{TOKEN}");
        let branch = Self {
            stage,
            org: place.0,
            edge,
            address,
        };
        let hash = Sha256::digest(TOKEN)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        let issued = json!({
            "ticket": TICKET, "number": "K-001", "day": "2027-01-15", "service": "cash", "source": "kiosk",
            "lang": "en", "token_hash": hash, "ahead": 0,
        });
        branch.tell("queue.ticket.issued", &issued).await;
        branch
    }
    async fn tell(&self, name: &str, data: &Value) {
        self.stage.event(self.org, self.edge, name, data, None).await;
    }
    async fn text(&self) -> String {
        self.stage
            .call("GET", &self.address, Who::Nobody, None)
            .await
            .expect(200)
            .text
    }
    async fn post(&self, what: &str, form: &str) -> u16 {
        let mut request = Stage::request("POST", &format!("{}/{what}", self.address), Who::Nobody, None);
        let kind = "application/x-www-form-urlencoded".parse().expect("a header");
        request.headers_mut().insert("content-type", kind);
        *request.body_mut() = form.to_owned().into();
        self.stage.send(request).await.status.as_u16()
    }
    async fn asked(&self) -> Vec<SiteAction> {
        let filter = CommandFilter {
            limit: 10,
            ..CommandFilter::default()
        };
        let found = commands::list(&self.stage.app.store.scope(self.org), filter).await;
        let site = |action: Action| {
            if let Action::Site(action) = action {
                Some(action)
            } else {
                None
            }
        };
        found
            .expect("a store")
            .into_iter()
            .filter_map(|found| site(found.command.action))
            .collect()
    }
    fn called() -> Value {
        json!({
            "ticket": TICKET, "number": "K-001", "service": "cash", "window": "window-3", "window_number": 3,
            "operator": TICKET, "attempt": 1, "wait_s": 5,
        })
    }
    fn done() -> Value {
        json!({
            "ticket": TICKET, "service": "cash", "window": "window-3", "operator": TICKET, "wait_s": 5, "serve_s": 60,
        })
    }
}

#[test]
fn the_page_follows_the_ticket() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        let waiting = branch.text().await;
        assert!(
            waiting.contains("K-001") && waiting.contains("You are next"),
            "{waiting}"
        );
        assert!(waiting.len() < 50_000, "a phone page is light");
        branch.tell("queue.ticket.called", &Branch::called()).await;
        assert!(branch.text().await.contains("You are called: window 3"));
        branch.tell("queue.ticket.done", &Branch::done()).await;
        assert!(branch.text().await.contains("How was it?"));
    });
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        let now = format!("{}/now", branch.address);
        let first = branch.stage.call("GET", &now, Who::Nobody, None).await.expect(200);
        let tag = first.header("etag").to_owned();
        let again = async || {
            let mut request = Stage::request("GET", &now, Who::Nobody, None);
            request
                .headers_mut()
                .insert("if-none-match", tag.parse().expect("a header"));
            branch.stage.send(request).await.status.as_u16()
        };
        assert_eq!(again().await, 304);
        branch.tell("queue.ticket.called", &Branch::called()).await;
        assert_eq!(again().await, 200);
    });
}

#[test]
fn a_wish_becomes_a_command_and_only_while_it_makes_sense() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        let ticket = TICKET.parse().expect("an id");
        assert_eq!(
            branch.post("feedback", "score=5").await,
            303,
            "not before the visit is over"
        );
        assert_eq!(branch.asked().await, []);
        assert_eq!(branch.post("delay", "").await, 303);
        assert_eq!(branch.asked().await, [SiteAction::QueueDelay { ticket }]);
        branch.tell("queue.ticket.done", &Branch::done()).await;
        assert_eq!(branch.post("cancel", "").await, 303, "nothing is left to be cancelled");
        assert_eq!(branch.post("feedback", "score=6").await, 303, "no such score");
        assert_eq!(branch.asked().await.len(), 1);
        assert_eq!(branch.post("feedback", "score=5").await, 303);
        assert_eq!(branch.asked().await.len(), 2);
    });
}

#[test]
fn without_the_token_nothing_is_learnt() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        let other = EdgeId::new(super::stage::NOW, [77; 10]);
        let mut texts = Vec::new();
        for address in [
            format!("/b/{}/t/10112233445566778899aabbccddeeff", branch.edge),
            format!("/b/{other}/t/{TOKEN}"),
            format!("/b/{}/t/short", branch.edge),
            format!("/b/nothing/t/{TOKEN}"),
        ] {
            texts.push(
                branch
                    .stage
                    .call("GET", &address, Who::Nobody, None)
                    .await
                    .expect(404)
                    .text,
            );
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "all are answered alike");
    });
}

#[test]
fn one_wish_of_a_kind_is_open_at_a_time_however_often_it_is_sent() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        for _ in 0..20 {
            assert_eq!(branch.post("cancel", "").await, 303);
        }
        assert_eq!(branch.asked().await.len(), 1);
        assert_eq!(branch.post("delay", "").await, 303);
        assert_eq!(branch.asked().await.len(), 2, "another kind is another wish");
        // Each one that nobody answered makes room for another, five times.
        for _ in 0..8 {
            branch.stage.pass(Duration::from_secs(600));
            branch.post("cancel", "").await;
        }
        assert_eq!(branch.asked().await.len(), 6);
        assert_eq!(branch.post("cancel", "").await, 429);
    });
}

#[test]
fn a_ticket_has_a_limit_of_its_own_wherever_it_is_asked_from() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        let mut answers = Vec::new();
        for _ in 0..121 {
            let reply = branch.stage.call("GET", &branch.address, Who::Nobody, None).await;
            answers.push(reply.status.as_u16());
        }
        assert_eq!((answers[0], answers[120]), (200, 429));
    });
}

#[test]
fn a_link_ends_with_the_visit_and_with_the_day() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        branch.tell("queue.ticket.called", &Branch::called()).await;
        branch.tell("queue.ticket.done", &Branch::done()).await;
        branch.stage.pass(Duration::from_secs(3600));
        assert_eq!(branch.post("feedback", "score=5").await, 303);
        branch.stage.pass(Duration::from_secs(2 * 3600));
        assert_eq!(branch.post("feedback", "score=1").await, 404);
        let never_called = Branch::with_a_ticket().await;
        never_called.stage.pass(Duration::from_secs(28 * 3600));
        assert_eq!(never_called.post("cancel", "").await, 404);
        assert!(never_called.asked().await.is_empty());
    });
}

#[test]
fn links_that_have_ended_take_nobody_elses_requests() {
    run(async {
        let branch = Branch::with_a_ticket().await;
        branch.stage.pass(Duration::from_secs(48 * 3600));
        for _ in 0..10 {
            assert_eq!(branch.post("cancel", "").await, 404);
        }
        branch.stage.login("nobody", "whatever it is", None).await.expect(401);
        let limited = Stage::with(3, 100);
        for _ in 0..3 {
            let guess = format!("/b/{TICKET}/t/{TOKEN}");
            limited.call("GET", &guess, Who::Nobody, None).await.expect(404);
        }
        limited.call("GET", "/login", Who::Nobody, None).await.expect(200);
    });
}
