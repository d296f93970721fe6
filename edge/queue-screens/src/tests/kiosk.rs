//! At the kiosk: a number that was shown is on disk, and nothing of a visit stays.

use super::branch_box::{BranchBox, Browser, between};
use crate::kiosk::{ticket_of, token_of};
use edge_kernel::Table;
use edge_kiosk::VisitNumber;
use edge_queue::{Canceller, Queue, Request, SetupChange};
use protocol::{
    Actor, Fact, Lang, Outcome, Reason,
    id::BookingId,
    queue::{Booking, Bookings, Source},
};
use std::time::Duration;

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

/// What an edge has done that was killed right after a visit's ticket was on disk.
async fn issue_only(branch_box: &BranchBox, number: &str, service: &str) {
    let number: VisitNumber = number.parse().expect("a number");
    let request = Request::Issue {
        ticket: ticket_of(&number).expect("an id"),
        service: service.parse().expect("a slug"),
        source: Source::Kiosk,
        lang: Lang::Ru,
        token_hash: edge_lan::secret::hash(&token_of(&number)).into(),
        booking_code_hash: None,
    };
    branch_box
        .port
        .decide::<Queue>(Actor::Edge, request)
        .await
        .expect("issued");
}

fn number(screen: &str) -> String {
    between(screen, "class=\"number\">", "<").to_owned()
}

#[tokio::test]
async fn three_touches_give_a_number_that_is_on_disk_and_on_paper() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
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
        branch_box.count(|fact| matches!(fact, Fact::QueueIssued(issued) if issued.number.to_string() == "K-001")),
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
    let copies = branch_box.count(|fact| matches!(fact, Fact::PrintQueued(moved) if moved.copy));
    let sheets = branch_box.count(|fact| matches!(fact, Fact::PrintQueued(_)));
    assert_eq!((copies, sheets), (1, 2), "one sheet, one copy");
}

#[tokio::test]
async fn an_answer_that_was_lost_costs_nobody_a_number() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
    touch(&mut kiosk, "1", "begin", "ru").await;
    let (_, first) = touch(&mut kiosk, "2", "service", "s1").await;
    let (_, again) = touch(&mut kiosk, "2", "service", "s1").await;
    assert_eq!(number(&first), number(&again));
    // The edge has forgotten the visit, as after a restart, and is asked once more.
    let kiosks = branch_box.state.lan.pairing().all().await.expect("screens");
    branch_box.visits().wipe(&kiosks.first().expect("a kiosk").id);
    let (name, after) = touch(&mut kiosk, "2", "service", "s1").await;
    assert_eq!((name.as_str(), number(&after)), ("K4", number(&first)));
    assert_eq!(branch_box.count(|fact| matches!(fact, Fact::QueueIssued(_))), 1);
    assert_eq!(branch_box.count(|fact| matches!(fact, Fact::PrintQueued(_))), 1);
}

#[tokio::test]
async fn without_paper_the_number_counts_all_the_same() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
    let no_paper = Outcome::Rejected {
        reason: Reason::Hardware,
        detail: Some("paper_out".into()),
    };
    *branch_box.printer.lock().expect("whole") = Some(no_paper);
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
    assert_eq!(branch_box.count(|fact| matches!(fact, Fact::QueueIssued(_))), 1);
}

#[tokio::test]
async fn what_somebody_says_about_themselves_is_beside_the_ticket_and_in_no_event() {
    let branch_box = BranchBox::new().await;
    let (mut admin, mut kiosk) = branch_box.opened().await;
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
    // Nobody waits for it at the kiosk, so it may be kept a moment after the screen.
    let kept = loop {
        let kept = crate::holder::all(&branch_box.port).await.expect("readable");
        if !kept.is_empty() {
            break kept;
        }
        tokio::task::yield_now().await;
    };
    let [(_, holder)] = kept.as_slice() else {
        panic!("one holder")
    };
    assert_eq!(holder.phone.as_deref(), Some("+998901234567"));
    assert_eq!(holder.name.as_deref(), Some("Шоҳруҳ"));
    let told: String = branch_box
        .facts()
        .iter()
        .map(|event| serde_json::to_string(event).expect("JSON"))
        .collect();
    assert!(!told.contains("Шоҳруҳ") && !told.contains("901234567"));
}

#[tokio::test]
async fn an_edge_killed_between_number_and_paper_prints_it_once() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
    let kiosks = branch_box.state.lan.pairing().all().await.expect("screens");
    let kiosk_id = &kiosks.first().expect("a kiosk").id;
    issue_only(&branch_box, VISIT, "s1").await;
    // The last step was a name: whoever is asked once more knows of no step before it.
    for _ in 0..2 {
        let (name, screen) = touch(&mut kiosk, "6", "name", "Lola").await;
        assert!(name == "K4" && !screen.contains("E-PR"), "{screen}");
        branch_box.visits().wipe(kiosk_id);
    }
    assert_eq!(branch_box.count(|fact| matches!(fact, Fact::QueueIssued(_))), 1);
    assert_eq!(branch_box.count(|fact| matches!(fact, Fact::PrintQueued(_))), 1);
}

#[tokio::test]
async fn of_two_bookings_with_one_code_the_nearer_is_meant() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
    let now = branch_box.port.clock().now();
    let booking = |number: u8, service: &str, hours: u64| Booking {
        id: BookingId::new(now, [number; 10]),
        service: service.parse().expect("a slug"),
        at: now.plus(Duration::from_secs(hours * 3600)),
        code_hash: edge_lan::secret::hash("123456").into(),
    };
    let bookings = SetupChange::Bookings(Bookings {
        bookings: vec![booking(1, "s2", 48), booking(2, "s1", 0)],
    });
    branch_box.port.configure::<Queue>(bookings).await.expect("in force");
    touch(&mut kiosk, "1", "begin", "ru").await;
    touch(&mut kiosk, "2", "booking", "").await;
    let (name, screen) = touch(&mut kiosk, "3", "code", "123456").await;
    assert_eq!(name, "K4", "{screen}");
    let of_s1 = |fact: &Fact| matches!(fact, Fact::QueueIssued(issued) if issued.service.as_str() == "s1");
    assert_eq!(branch_box.count(of_s1), 1);
}

#[tokio::test]
async fn what_was_said_is_erased_with_its_ticket() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
    touch(&mut kiosk, "1", "begin", "ru").await;
    touch(&mut kiosk, "2", "service", "s1").await;
    let holder = crate::holder::HolderContact {
        phone: None,
        name: Some("Шоҳруҳ".into()),
    };
    let queue = branch_box.port.read::<Queue>().await.expect("readable").state;
    let ticket = queue.open().first().map(|ticket| ticket.id).expect("a ticket");
    crate::holder::keep_later(&branch_box.port, ticket, &holder);
    while crate::holder::all(&branch_box.port).await.expect("readable").is_empty() {
        tokio::task::yield_now().await;
    }
    crate::holder::erase_once(&branch_box.port).await.expect("looked");
    assert_eq!(crate::holder::all(&branch_box.port).await.expect("readable").len(), 1);
    let cancel = Request::Cancel {
        ticket,
        by: Canceller::Holder,
        reason: None,
    };
    branch_box
        .port
        .decide::<Queue>(protocol::Actor::Edge, cancel)
        .await
        .expect("cancelled");
    crate::holder::erase_once(&branch_box.port).await.expect("erased");
    let shelf = branch_box.port.table(Table::Local).await.expect("readable");
    assert!(!shelf.iter().any(|(key, _)| key.starts_with("holder/")), "on no disk");
}

#[tokio::test]
async fn a_visit_ends_with_the_next_one() {
    let branch_box = BranchBox::new().await;
    let (_, mut kiosk) = branch_box.opened().await;
    touch(&mut kiosk, "1", "begin", "ru").await;
    let other = VISIT.replace('0', "a");
    in_visit(&mut kiosk, &other, "1", "begin", "ru").await;
    assert_eq!(branch_box.visits().count(), 1);
    let ended = kiosk.send("/kiosk/step", &[("visit", &other), ("do", "end")]).await;
    assert_eq!((ended.status.as_u16(), branch_box.visits().count()), (204, 0));
}

#[tokio::test]
async fn nobody_but_a_paired_kiosk_is_served() {
    let branch_box = BranchBox::new().await;
    let (mut admin, mut kiosk) = branch_box.opened().await;
    let mut stranger = branch_box.browser();
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
    let branch_box = BranchBox::new().await;
    let (mut admin, mut kiosk) = branch_box.opened().await;
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
