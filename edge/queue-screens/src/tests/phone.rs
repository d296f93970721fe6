//! The phone's pages: every state of a ticket, one answer for every wrong token, and no more requests than a person makes.

use super::{display::EventReader, open_branch::OpenBranch};
use expect_test::expect;

/// What stands on the card, without tags.
fn text(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        let (_, words) = part.split_once('>').unwrap_or_default();
        if !words.trim().is_empty() {
            text += words.trim();
            text += " | ";
        }
    }
    text.trim_end_matches(" | ").to_owned()
}

async fn card(branch: &OpenBranch, token: &str) -> String {
    let page = branch.get(&format!("/t/{token}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let card = super::browser::between(&page.body, "aria-live=\"polite\">", "<p id=\"age\"");
    text(card)
}

#[tokio::test]
async fn a_ticket_says_how_it_stands_from_the_first_minute_to_the_last() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    for token in ["one", "two", "three"] {
        branch.ticket("cash", token).await;
    }
    let mut seen = vec![card(&branch, "two").await];
    branch.act(&desk, "act=call_next").await;
    seen.push(card(&branch, "one").await);
    branch.act(&desk, "act=arrived").await;
    seen.push(card(&branch, "one").await);
    branch.act(&desk, "act=finish").await;
    seen.push(card(&branch, "one").await);
    assert_eq!(branch.ask("POST /t/one", &[], "act=score&score=5").await.status, 303);
    seen.push(card(&branch, "one").await);
    assert_eq!(branch.ask("POST /t/two", &[], "act=delay").await.status, 303);
    seen.push(card(&branch, "two").await);
    let again = branch.ask("POST /t/two", &[], "act=delay").await;
    assert!(
        again.status == 409 && again.body.contains("More time is given only once"),
        "{}",
        again.body
    );
    assert_eq!(branch.ask("POST /t/two", &[], "act=cancel").await.status, 303);
    seen.push(card(&branch, "two").await);
    expect![[r#"
        Your number | K-002 | Cash desk | Ahead of you: 1 | I need 10 more minutes | Give up this ticket | You lose your place in the queue | Yes, give it up
        Your number | K-001 | Cash desk | You are called: window 1 | Give up this ticket | You lose your place in the queue | Yes, give it up
        Your number | K-001 | Cash desk | You are being served: window 1
        Your number | K-001 | Cash desk | All done. Thank you! | How was it? | 1 | 2 | 3 | 4 | 5 | 1 – bad, 5 – great
        Your number | K-001 | Cash desk | All done. Thank you! | Thank you for your answer
        Your number | K-002 | Cash desk | Ahead of you: 1 | We moved you a little further back | Give up this ticket | You lose your place in the queue | Yes, give it up
        Your number | K-002 | Cash desk | The ticket was cancelled"#]]
    .assert_eq(&seen.join("\n"));
}

#[tokio::test]
async fn wrong_tokens_are_all_alike() {
    let branch = OpenBranch::open().await;
    branch.ticket("cash", "0123456789abcdef0123456789abcdef").await;
    let right = branch.get("/t/0123456789abcdef0123456789abcdef").await;
    assert_eq!(
        (right.status.as_u16(), right.header("referrer-policy")),
        (200, "no-referrer")
    );
    assert!(
        !right.body.contains("0123456789abcdef"),
        "the address alone has the token"
    );
    let mut answers = Vec::new();
    for token in [
        "0123456789abcdef0123456789abcdee",
        "x",
        "%00",
        "..%2F..",
        &"a".repeat(5000),
    ] {
        for line in [
            format!("GET /t/{token}"),
            format!("GET /t/{token}/live"),
            format!("POST /t/{token}"),
        ] {
            let answer = branch.ask(&line, &[], "act=cancel").await;
            answers.push(format!("{} {:?}", answer.text(), answer.headers));
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    assert!(
        answers[0].starts_with("404") && answers[0].contains("no such ticket"),
        "{}",
        answers[0]
    );
}

#[tokio::test]
async fn a_call_reaches_the_phone_by_its_stream() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w2", 2).await;
    branch.ticket("cash", "one").await;
    let mut stream = EventReader::open(&branch, "/t/one/live", "", "").await;
    let state = stream.until(|_| true).await;
    assert_eq!(state["state"], "waiting");
    branch.act(&desk, "act=call_next").await;
    let state = stream.until(|state| state["state"] == "called").await;
    assert_eq!(
        (state["call"].as_str(), state["title"].as_str()),
        (Some("w2-1"), Some("K-001"))
    );
    assert!(
        state["html"]
            .as_str()
            .expect("a part")
            .contains("You are called: window 2")
    );
}

#[tokio::test]
async fn a_ticket_is_taken_on_the_phone_and_not_for_fun() {
    let branch = OpenBranch::open().await;
    let page = branch.get("/q?lang=en").await;
    assert!(
        page.body.contains("Cash desk") && page.body.contains("value=\"cards\""),
        "{}",
        page.body
    );
    let mut taken = 0;
    let refused = loop {
        let answer = branch.ask("POST /q?lang=en", &[], "service=cash").await;
        if answer.status != 303 {
            break answer;
        }
        taken += 1;
        let ticket = branch.get(answer.header("location")).await;
        assert!(ticket.body.contains(&format!("K-{taken:03}")), "{}", ticket.body);
    };
    assert_eq!((refused.status.as_u16(), taken), (429, 20));
    assert_eq!(branch.facts("queue.ticket.issued").await.len(), 20);
}

#[tokio::test]
async fn the_page_and_all_it_loads_weigh_little() {
    let branch = OpenBranch::open().await;
    branch.ticket("cash", "one").await;
    let mut bytes = 0;
    for path in ["/t/one", "/style.css", "/assets/live.js", "/assets/phone.js"] {
        let answer = branch.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        bytes += answer.body.len();
    }
    assert!(bytes <= 50 << 10, "{bytes} bytes");
}
