//! The desk: a visit from sign-in to finish, what it refuses, and who may ask.

use super::{
    browser::between,
    open_branch::{OpenBranch, PIN, operator},
};
use edge_lan::pairing::{PairingError, SpotReplacement};
use expect_test::expect;

#[tokio::test]
async fn a_visit_goes_from_call_to_finish() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    for token in ["one", "two"] {
        branch.ticket("cash", token).await;
    }
    let mut said = Vec::new();
    for form in [
        "act=arrived",
        "act=call_next",
        "act=call_next",
        "act=recall",
        "act=arrived",
        "act=finish",
        "act=call_next",
        "act=no_show",
        "act=call_next",
        "act=pause&reason=lunch",
        "act=call_next",
        "act=ready",
        "act=nonsense",
        "act=sign_out",
    ] {
        said.push(format!("{form}: {}", branch.act(&desk, form).await));
    }
    expect![[r#"
        act=arrived: ✖ Nobody is at the window. Call the next one first
        act=call_next: ✔ K-001 was called
        act=call_next: ✖ Finish the visit at the window first
        act=recall: ✖ It can be called again in 15 s
        act=arrived: ✔ Done
        act=finish: ✔ Done
        act=call_next: ✔ K-002 was called
        act=no_show: ✔ Done
        act=call_next: ✖ Nobody waits now
        act=pause&reason=lunch: ✔ Done
        act=call_next: ✖ You are on a break. Press Back to work
        act=ready: ✔ Done
        act=nonsense: ✖ That was not done. Load the page again
        act=sign_out: ✔ Done"#]]
    .assert_eq(&said.join("\n"));
    let answer = branch
        .ask("POST /desk/act", &[("cookie", &desk)], "act=call_next")
        .await;
    assert_eq!(answer.status, 401, "nobody is signed in any more");
}

#[tokio::test]
async fn a_closing_code_is_asked_for_where_the_service_wants_one() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    branch.ticket("cards", "one").await;
    for form in ["act=call_next", "act=arrived"] {
        branch.act(&desk, form).await;
    }
    let state = branch.desk_state(&desk).await;
    assert_eq!(state["codes"], true);
    assert!(
        state["parts"]["codes"]
            .as_str()
            .expect("a part")
            .contains("value=\"sold\"")
    );
    assert_eq!(
        branch.act(&desk, "act=finish").await,
        "✖ Choose the result of the visit first"
    );
    assert_eq!(branch.act(&desk, "act=finish&outcome=sold").await, "✔ Done");
}

#[tokio::test]
async fn a_ticket_goes_on_to_another_service_and_is_put_aside() {
    let branch = OpenBranch::open().await;
    let (one, other) = (branch.desk("w1", 1).await, branch.desk("w2", 2).await);
    branch.ticket("cash", "one").await;
    for form in ["act=call_next", "act=arrived"] {
        branch.act(&one, form).await;
    }
    assert_eq!(
        branch.act(&one, "act=transfer&window=w2&place=front").await,
        "✔ Sent to Cash desk"
    );
    assert_eq!(branch.act(&one, "act=call_next").await, "✖ Nobody waits now");
    assert_eq!(branch.act(&other, "act=call_next").await, "✔ K-001 was called");
    branch.act(&other, "act=arrived").await;
    assert_eq!(branch.act(&other, "act=hold&minutes=15").await, "✔ Done");
    let state = branch.desk_state(&other).await;
    let list = state["parts"]["list"].as_str().expect("a part");
    let ticket = between(list, "id=\"resume-", "\"");
    assert!(list.contains("on hold"), "{list}");
    assert_eq!(
        branch.act(&other, &format!("act=resume&ticket={ticket}")).await,
        "✔ Done"
    );
}

#[tokio::test]
async fn a_walk_in_gets_a_number_and_is_picked_with_a_reason() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    branch.ticket("cash", "one").await;
    assert_eq!(
        branch.act(&desk, "act=walk_in&service=cash").await,
        "✔ New ticket: K-002"
    );
    let state = branch.desk_state(&desk).await;
    let list = state["parts"]["list"].as_str().expect("a part").to_owned();
    let picks: Vec<&str> = list
        .split("data-ticket=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("an id"))
        .collect();
    assert_eq!(picks.len(), 2);
    let second = format!("act=call&ticket={}", picks[1]);
    assert_eq!(
        branch.act(&desk, &second).await,
        "✖ That was not done. Load the page again"
    );
    assert_eq!(
        branch.act(&desk, &format!("{second}&reason=elderly")).await,
        "✔ K-002 was called"
    );
    assert_eq!(branch.facts("queue.ticket.called").await.len(), 1);
}

#[tokio::test]
async fn only_what_is_possible_now_is_offered() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    let mut offered = Vec::new();
    let mut look = async |what: &str| {
        let state = branch.desk_state(&desk).await;
        let can: Vec<&str> = state["can"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one.as_str())
            .collect();
        offered.push(format!("{what}: {}\n", can.get(5..).unwrap_or_default().join(" ")));
    };
    look("nobody").await;
    branch.ticket("cash", "one").await;
    look("somebody").await;
    branch.act(&desk, "act=call_next").await;
    look("called").await;
    branch.act(&desk, "act=arrived").await;
    look("here").await;
    branch.act(&desk, "act=finish").await;
    branch.act(&desk, "act=away").await;
    look("away").await;
    expect![[r#"
        nobody: call pause sign_out
        somebody: call pause sign_out call_next
        called: recall recycle arrived no_show
        here: finish hold transfer add
        away: ready sign_out
    "#]]
    .assert_eq(&offered.concat());
}

#[tokio::test]
async fn a_stranger_sees_nothing_and_a_wrong_pin_is_slow_to_guess() {
    let branch = OpenBranch::open().await;
    assert_eq!(branch.get("/desk").await.header("location"), "/pair/desk");
    assert_eq!(branch.ask("GET /desk/live", &[], "").await.status, 401);
    assert_eq!(branch.ask("POST /desk/act", &[], "act=call_next").await.status, 401);
    let desk = branch.pair("desk", Some("w1")).await;
    let page = branch
        .ask("GET /desk?lang=en", &[("cookie", &desk), ("accept", "text/html")], "")
        .await;
    assert!(
        page.body.contains("Nargiza") && page.body.contains("Window 1"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("$argon2"), "the PIN's hash stays where it is");
    let wrong = format!("operator={}&pin=0000", operator(1));
    for _ in 0..5 {
        let answer = branch
            .ask("POST /desk/sign-in?lang=en", &[("cookie", &desk)], &wrong)
            .await;
        assert!(answer.body.contains("Wrong PIN"), "{}", answer.body);
    }
    let right = format!("operator={}&pin={}", operator(1), super::open_branch::PIN);
    let answer = branch
        .ask("POST /desk/sign-in?lang=en", &[("cookie", &desk)], &right)
        .await;
    assert!(
        answer.body.contains("Too many tries"),
        "even the right one, for a minute"
    );
}

#[tokio::test]
async fn nobodys_own_pin_makes_room_for_guesses_at_a_colleagues() {
    let branch = OpenBranch::open().await;
    let desk = branch.pair("desk", Some("w1")).await;
    let sign_in = async |who: u8, pin: &str| {
        let form = format!("operator={}&pin={pin}", operator(who));
        branch
            .ask("POST /desk/sign-in?lang=en", &[("cookie", &desk)], &form)
            .await
    };
    for _ in 0..5 {
        assert!(sign_in(1, "0000").await.body.contains("Wrong PIN"));
    }
    assert_eq!(sign_in(2, super::open_branch::PIN).await.status, 303);
    assert!(sign_in(1, "0001").await.body.contains("Too many tries"));
}

#[tokio::test]
async fn help_and_trouble_are_told_at_every_desk() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    branch.link.send_replace(edge_lan::CloudLink::Down { since_ms: 0 });
    branch.state.screens.live.note(|beside| {
        beside.help_asked(
            "kiosk-1".parse().expect("a slug"),
            protocol::Lang::Ru,
            protocol::Timestamp::from_millis(1_790_000_000_000),
        );
    });
    let wait = async {
        loop {
            let state = branch.desk_state(&desk).await;
            if state["alerts"].as_array().is_some_and(|alerts| !alerts.is_empty()) {
                return state;
            }
            tokio::task::yield_now().await;
        }
    };
    let state = wait.await;
    assert!(
        state["parts"]["toasts"]
            .as_str()
            .expect("a part")
            .contains("Help wanted: kiosk-1 (Русский)")
    );
    assert!(
        state["parts"]["lines"]
            .as_str()
            .expect("a part")
            .contains("No internet, work continues")
    );
    assert_eq!(branch.act(&desk, "act=seen&ticket=1").await, "✔ Done");
}

#[tokio::test]
async fn taking_a_window_over_asks_and_the_new_screen_starts_signed_out() {
    let branch = OpenBranch::open().await;
    let old = branch.desk("w1", 1).await;
    branch.ticket("cash", "one").await;
    branch.act(&old, "act=call_next").await;
    branch.act(&old, "act=arrived").await;
    let shown = branch.get("/pair/desk").await;
    let code = super::browser::between(&shown.body, "aria-label=\"", "\"").to_owned();
    let window = "w1".parse().ok();
    let asked = branch.state.lan.pairing();
    let refused = asked.pair(&code, "", window, SpotReplacement::Refused, "admin").await;
    assert!(matches!(refused, Err(PairingError::SpotTaken(_))), "{refused:?}");
    assert_eq!(
        branch.act(&old, "act=copy").await,
        "✔ There is no ticket to copy",
        "it works on"
    );

    let new = branch.pair("desk", Some("w1")).await;
    assert_eq!(
        branch
            .ask("POST /desk/act", &[("cookie", &old)], "act=finish")
            .await
            .status,
        401
    );
    let page = branch
        .ask("GET /desk?lang=en", &[("cookie", &new), ("accept", "text/html")], "")
        .await;
    assert!(
        page.body.contains("name=\"pin\""),
        "it is asked for a PIN: {}",
        page.body
    );
    for path in ["POST /desk/act", "GET /desk/live?once=1"] {
        let answer = branch.ask(path, &[("cookie", &new)], "act=finish").await;
        assert_eq!(answer.status, 401, "{path}");
    }
    let form = |who: u8| format!("operator={}&pin={PIN}", operator(who));
    let another = branch
        .ask("POST /desk/sign-in?lang=en", &[("cookie", &new)], &form(2))
        .await;
    assert_eq!(another.status, 200, "the window is another's");
    let same = branch
        .ask("POST /desk/sign-in?lang=en", &[("cookie", &new)], &form(1))
        .await;
    assert_eq!(same.status, 303, "{}", same.body);
    assert_eq!(
        branch.act(&new, "act=finish").await,
        "✔ Done",
        "and goes on with the service"
    );
}

#[tokio::test]
async fn wrong_pins_wait_longer_and_longer_at_one_desk_for_one_person() {
    let branch = OpenBranch::open().await;
    let (desk, other) = (
        branch.pair("desk", Some("w1")).await,
        branch.pair("desk", Some("w2")).await,
    );
    let wrong = format!("operator={}&pin=0000", operator(1));
    let cookie = [("cookie", desk.as_str())];
    let guesses = (0..20).map(|_| branch.ask("POST /desk/sign-in?lang=en", &cookie, &wrong));
    let answers = futures_util::future::join_all(guesses).await;
    let judged = answers
        .iter()
        .filter(|answer| answer.body.contains("Wrong PIN"))
        .count();
    assert_eq!(judged, 5, "many at once are many");
    let right = format!("operator={}&pin={PIN}", operator(1));
    let elsewhere = branch.ask("POST /desk/sign-in", &[("cookie", &other)], &right).await;
    assert_eq!(
        elsewhere.status, 303,
        "whoever is locked at one window signs in at another"
    );
}
