//! At the kiosk: a number that was shown is on disk, and nothing of a visit stays.

use super::premises::{Browser, Premises, between};
use crate::kiosk::Visits;
use edge_kernel::{
    Shelf,
    queue::{Canceller, Queue, Request, SetupChange},
};
use protocol::{
    Fact, Outcome, Reason,
    id::BookingId,
    queue::{Booking, Bookings},
};
use std::{sync::Arc, time::Duration};

const VISIT: &str = "00112233445566778899aabbccddeeff";

/// One touch; the name of the screen it leads to, and the screen.
async fn touch(kiosk: &mut Browser, turn: &str, act: &str, value: &str) -> (String, String) {
    in_visit(kiosk, VISIT, turn, act, value).await
}

async fn in_visit(kiosk: &mut Browser, visit: &str, turn: &str, act: &str, value: &str) -> (String, String) {
    let fields = [
        ("visit", visit),
        ("lang", "ru"),
        ("turn", turn),
        ("do", act),
        ("value", value),
    ];
    let answer = kiosk.send("/kiosk/step", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let name = between(&answer.body, "data-screen=\"", "\"").to_owned();
    (name, answer.body)
}

fn number(screen: &str) -> String {
    between(screen, "class=\"number\">", "<").to_owned()
}

#[tokio::test]
async fn three_touches_give_a_number_that_is_on_disk_and_on_paper() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    let first = kiosk.get("/kiosk").await;
    assert!(
        first.body.contains("data-screen=\"K0\"") && first.body.contains("Ўзбекча"),
        "{}",
        first.body
    );
    assert_eq!(touch(&mut kiosk, "1", "begin", "ru").await.0, "K1");
    assert_eq!(touch(&mut kiosk, "2", "ticket", "").await.0, "K2");
    let (name, screen) = touch(&mut kiosk, "3", "service", "s1").await;
    assert_eq!((name.as_str(), number(&screen).as_str()), ("K4", "K-001"));
    assert_eq!(
        premises.count(|fact| matches!(fact, Fact::QueueIssued(issued) if issued.number.to_string() == "K-001")),
        1
    );
    let printed = loop {
        let (name, screen) = touch(&mut kiosk, "3", "look", "").await;
        assert_eq!(name, "K4");
        if screen.contains("Возьмите талон") {
            break screen;
        }
        tokio::task::yield_now().await;
    };
    assert!(printed.contains("data-do=\"again\""), "{printed}");
    touch(&mut kiosk, "4", "again", "").await;
    let (_, screen) = touch(&mut kiosk, "5", "again", "").await;
    assert!(!screen.contains("data-do=\"again\""), "{screen}");
    let copies = premises.count(|fact| matches!(fact, Fact::PrintQueued(moved) if moved.copy));
    let sheets = premises.count(|fact| matches!(fact, Fact::PrintQueued(_)));
    assert_eq!((copies, sheets), (1, 2), "one sheet, one copy");
}

#[tokio::test]
async fn an_answer_that_was_lost_costs_nobody_a_number() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    touch(&mut kiosk, "1", "begin", "ru").await;
    let (_, first) = touch(&mut kiosk, "2", "service", "s1").await;
    let (_, again) = touch(&mut kiosk, "2", "service", "s1").await;
    assert_eq!(number(&first), number(&again));
    // The edge has forgotten the visit, as after a restart, and is asked once more.
    let kiosks = premises.house.pairing.all().await.expect("screens");
    premises.house.visits.forget_all(&kiosks.first().expect("a kiosk").id);
    let (name, after) = touch(&mut kiosk, "2", "service", "s1").await;
    assert_eq!((name.as_str(), number(&after)), ("K4", number(&first)));
    assert_eq!(premises.count(|fact| matches!(fact, Fact::QueueIssued(_))), 1);
    assert_eq!(premises.count(|fact| matches!(fact, Fact::PrintQueued(_))), 1);
}

#[tokio::test]
async fn without_paper_the_number_counts_all_the_same() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    let no_paper = Outcome::Rejected {
        reason: Reason::Hardware,
        detail: Some("paper_out".into()),
    };
    *premises.printer.lock().expect("whole") = Some(no_paper);
    touch(&mut kiosk, "1", "begin", "ru").await;
    let (_, screen) = touch(&mut kiosk, "2", "service", "s2").await;
    let shown = number(&screen);
    let fault = loop {
        let (name, screen) = touch(&mut kiosk, "2", "look", "").await;
        if name == "K9" {
            break screen;
        }
        tokio::task::yield_now().await;
    };
    for says in [
        shown.as_str(),
        "Нет бумаги. Запомните или сфотографируйте номер",
        "E-PR-03",
        "class=\"qr\"",
    ] {
        assert!(fault.contains(says), "{says} in {fault}");
    }
    assert_eq!(premises.count(|fact| matches!(fact, Fact::QueueIssued(_))), 1);
}

#[tokio::test]
async fn what_somebody_says_about_themselves_is_beside_the_ticket_and_in_no_event() {
    let premises = Premises::new().await;
    let (mut admin, mut kiosk) = premises.opened().await;
    let mut fields = vec![
        ("services.0.id", "s1"),
        ("services.0.name.ru", "Касса"),
        ("services.0.prefix", "K"),
    ];
    fields.extend([("services.0.minutes", "10"), ("services.0.target_wait", "15")]);
    fields.extend([
        ("services.0.ask_phone", "optional"),
        ("services.0.ask_name", "required"),
    ]);
    let saved = admin.send_form("/admin/services", &fields).await;
    assert!(saved.body.contains("Saved and in force"), "{}", saved.body);
    touch(&mut kiosk, "1", "begin", "ru").await;
    assert_eq!(touch(&mut kiosk, "2", "service", "s1").await.0, "K3");
    let (name, screen) = touch(&mut kiosk, "3", "phone", "12").await;
    assert!(name == "K3" && screen.contains("нужно 9 цифр"), "{screen}");
    assert_eq!(touch(&mut kiosk, "4", "phone", "901234567").await.0, "K3");
    let (_, screen) = touch(&mut kiosk, "5", "name", "").await;
    assert!(
        screen.contains("напишите имя"),
        "a name that is required is not skipped: {screen}"
    );
    let (name, screen) = touch(&mut kiosk, "6", "name", "Шоҳруҳ").await;
    assert_eq!(name, "K4");
    assert!(!screen.contains("Шоҳруҳ") && !screen.contains("901234567"), "{screen}");
    let kept = crate::holder::all(&premises.port).await.expect("readable");
    let [(_, holder)] = kept.as_slice() else {
        panic!("one holder")
    };
    assert_eq!(holder.phone.as_deref(), Some("+998901234567"));
    assert_eq!(holder.name.as_deref(), Some("Шоҳруҳ"));
    let told: String = premises
        .facts()
        .iter()
        .map(|event| serde_json::to_string(event).expect("JSON"))
        .collect();
    assert!(!told.contains("Шоҳруҳ") && !told.contains("901234567"));
}

#[tokio::test]
async fn an_edge_killed_between_number_and_paper_prints_it_once() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    let kiosks = premises.house.pairing.all().await.expect("screens");
    let kiosk_id = &kiosks.first().expect("a kiosk").id;
    premises
        .house
        .visits
        .issue_only(&premises.port, VISIT, "s1".parse().expect("a slug"))
        .await;
    // The last step was a name: whoever is asked once more knows of no step before it.
    for _ in 0..2 {
        let (name, screen) = touch(&mut kiosk, "6", "name", "Lola").await;
        assert!(name == "K4" && !screen.contains("E-PR"), "{screen}");
        premises.house.visits.forget_all(kiosk_id);
    }
    assert_eq!(premises.count(|fact| matches!(fact, Fact::QueueIssued(_))), 1);
    assert_eq!(premises.count(|fact| matches!(fact, Fact::PrintQueued(_))), 1);
}

#[tokio::test]
async fn of_two_bookings_with_one_code_the_nearer_is_meant() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    let now = premises.port.clock().now();
    let booking = |number: u8, service: &str, hours: u64| Booking {
        id: BookingId::new(now, [number; 10]),
        service: service.parse().expect("a slug"),
        at: now.plus(Duration::from_secs(hours * 3600)),
        code_hash: crate::secret::hash("123456"),
    };
    let bookings = SetupChange::Bookings(Arc::new(Bookings {
        bookings: vec![booking(1, "s2", 48), booking(2, "s1", 0)],
    }));
    premises.port.configure::<Queue>(bookings).await.expect("in force");
    touch(&mut kiosk, "1", "begin", "ru").await;
    touch(&mut kiosk, "2", "booking", "").await;
    let (name, screen) = touch(&mut kiosk, "3", "code", "123456").await;
    assert_eq!(name, "K4", "{screen}");
    let of_s1 = |fact: &Fact| matches!(fact, Fact::QueueIssued(issued) if issued.service.as_str() == "s1");
    assert_eq!(premises.count(of_s1), 1);
}

#[tokio::test]
async fn what_was_said_is_erased_with_its_ticket() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    touch(&mut kiosk, "1", "begin", "ru").await;
    touch(&mut kiosk, "2", "service", "s1").await;
    let holder = crate::holder::Holder {
        phone: None,
        name: Some("Шоҳруҳ".into()),
    };
    let ticket = premises
        .port
        .survey(|site| site.queue.open().first().map(|ticket| ticket.id))
        .await;
    let ticket = ticket.expect("looked").expect("a ticket");
    crate::holder::keep_later(&premises.port, ticket, &holder);
    while crate::holder::all(&premises.port).await.expect("readable").is_empty() {
        tokio::task::yield_now().await;
    }
    crate::holder::erase_once(&premises.port).await.expect("looked");
    assert_eq!(crate::holder::all(&premises.port).await.expect("readable").len(), 1);
    let cancel = Request::Cancel {
        ticket,
        by: Canceller::Holder,
        reason: None,
    };
    premises
        .port
        .queue(protocol::Actor::Edge, cancel)
        .await
        .expect("cancelled");
    crate::holder::erase_once(&premises.port).await.expect("erased");
    let shelf = premises.port.shelf(Shelf::Local).await.expect("readable");
    assert!(!shelf.iter().any(|(key, _)| key.starts_with("holder/")), "on no disk");
}

#[tokio::test]
async fn a_visit_ends_with_the_next_one() {
    let premises = Premises::new().await;
    let (_, mut kiosk) = premises.opened().await;
    touch(&mut kiosk, "1", "begin", "ru").await;
    let other = VISIT.replace('0', "a");
    in_visit(&mut kiosk, &other, "1", "begin", "ru").await;
    assert_eq!(premises.house.visits.len(), 1);
    let ended = kiosk.send("/kiosk/step", &[("visit", &other), ("do", "end")]).await;
    assert_eq!((ended.status.as_u16(), premises.house.visits.len()), (204, 0));
}

#[tokio::test(start_paused = true)]
async fn a_kiosk_whose_plug_was_pulled_remembers_nobody() {
    let visits = Visits::default();
    visits.somebody(&"kiosk-1".parse().expect("a slug"));
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert_eq!(visits.len(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(visits.len(), 0);
}

#[tokio::test]
async fn nobody_but_a_paired_kiosk_is_served() {
    let premises = Premises::new().await;
    let (mut admin, mut kiosk) = premises.opened().await;
    let mut stranger = premises.browser();
    let page = stranger.get("/kiosk").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/pair/kiosk"));
    let step = [("visit", VISIT), ("lang", "ru"), ("turn", "1"), ("do", "begin")];
    assert_eq!(stranger.send("/kiosk/step", &step).await.status, 401);
    assert_eq!(kiosk.send("/kiosk/step", &step).await.status, 200);
    for (name, value) in [("visit", "me"), ("lang", "fr"), ("turn", "-1"), ("do", "open-door")] {
        let broken = step.map(|(known, right)| if known == name { (known, value) } else { (known, right) });
        assert_eq!(kiosk.send("/kiosk/step", &broken).await.status, 400, "{name}");
    }
    let revoked = admin.get("/admin/screens").await;
    let token = between(&revoked.body, "name=\"form\" value=\"", "\"").to_owned();
    let answer = admin.send("/admin/screens/kiosk-1/revoke", &[("form", &token)]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(kiosk.send("/kiosk/step", &step).await.status, 401, "at once");
}

#[tokio::test]
async fn a_closed_branch_says_when_it_opens() {
    let premises = Premises::new().await;
    let (mut admin, mut kiosk) = premises.opened().await;
    let before = kiosk.get("/kiosk/alive").await.body;
    // The clock of the tests stands at a Monday, 18:13.
    let fields = [
        ("name.uz-Latn", "Chilonzor"),
        ("first", "uz-Latn"),
        ("hours.tue", "09:00-13:00, 14:00-18:00"),
        ("phone", "+998 71 200 00 00"),
    ];
    let saved = admin.send_form("/admin/branch", &fields).await;
    assert!(saved.body.contains("Saved and in force"), "{}", saved.body);
    let page = kiosk.get("/kiosk").await.body;
    for says in [
        "data-screen=\"K10\"",
        "Hozir yopiq",
        "09:00-13:00, 14:00-18:00",
        "+998 71 200 00 00",
    ] {
        assert!(page.contains(says), "{says} in {page}");
    }
    assert_ne!(
        before,
        kiosk.get("/kiosk/alive").await.body,
        "a kiosk that nobody uses sees the change"
    );
}
