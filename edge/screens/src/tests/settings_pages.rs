//! The box's own settings: who gets in, and that nothing is half saved or lost.

use super::premises::{Browser, HOST, PASSWORD, Premises, between};
use crate::{admin, claim_code, forget_password};
use protocol::Fact;

#[tokio::test]
async fn the_first_password_takes_the_code_of_the_box() {
    let premises = Premises::new().await;
    let mut browser = premises.browser();
    assert_eq!(browser.get("/admin").await.header("location"), "/admin/sign-in");
    assert_eq!(browser.get("/admin/sign-in").await.header("location"), "/setup");
    let code = claim_code(premises.dir.path()).expect("a code");
    let file = premises.dir.path().join("admin-code");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    for (code, password, again, says) in [
        (wrong, PASSWORD, PASSWORD, "Wrong code"),
        (code.as_str(), "ostona12345", "ostona12345", "too simple"),
        (code.as_str(), PASSWORD, "another-one-9", "differ"),
    ] {
        let fields = [("lang", "en"), ("code", code), ("password", password), ("again", again)];
        let answer = browser.send("/setup", &fields).await;
        assert!(
            answer.status == 200 && answer.body.contains(says),
            "{says} in {}",
            answer.body
        );
        assert!(!answer.body.contains(password), "a password is never shown");
    }
    premises.claimed().await;
    assert!(!file.exists(), "the code has done its duty");
    assert_eq!(browser.get("/setup").await.header("location"), "/admin");
}

#[tokio::test]
async fn of_two_who_read_the_code_only_one_chooses_the_password() {
    let premises = Premises::new().await;
    let code = claim_code(premises.dir.path()).expect("a code");
    let fields = |password| {
        [
            ("lang", "en"),
            ("code", code.as_str()),
            ("password", password),
            ("again", password),
        ]
    };
    let (mut one, mut other) = (premises.browser(), premises.browser());
    let (mine, theirs) = (fields(PASSWORD), fields("another-one-9"));
    let answers = tokio::join!(one.send("/setup", &mine), other.send("/setup", &theirs));
    let let_in = [&answers.0, &answers.1].map(|answer| answer.headers.contains_key("set-cookie"));
    assert_eq!(let_in.iter().filter(|is| **is).count(), 1, "{let_in:?}");
    let first = if let_in[0] { PASSWORD } else { "another-one-9" };
    let again = premises.browser().send("/admin/sign-in", &[("password", first)]).await;
    assert_eq!(again.header("location"), "/admin", "{}", again.body);
    assert!(!premises.dir.path().join("admin-code").exists());
}

#[tokio::test]
async fn wrong_passwords_are_slow_to_try_and_on_record() {
    let premises = Premises::new().await;
    premises.claimed().await;
    let mut thief = premises.browser();
    let mut answers = Vec::new();
    for _ in 0..7 {
        let answer = thief
            .send("/admin/sign-in", &[("lang", "en"), ("password", "korkam-tulip-78")])
            .await;
        answers.push(answer.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 429, 429]);
    premises.port.status().await.expect("what was asked before is done");
    assert_eq!(
        premises.count(|fact| matches!(fact, Fact::AuthFailed(_))),
        1,
        "told once a minute"
    );
    let right = thief
        .send("/admin/sign-in", &[("lang", "en"), ("password", PASSWORD)])
        .await;
    assert_eq!(right.status, 429, "the right one, too, waits");
}

#[tokio::test]
async fn a_display_that_was_revoked_is_not_missed() {
    let premises = Premises::new().await;
    let mut admin = premises.opened().await.0;
    let mut display = premises.paired(&mut admin, "display").await;
    assert_eq!(display.send("/display/beat", &[]).await.status, 204);
    let heard = || premises.house.hall.live.note(|beside| beside.displays.len());
    assert_eq!(heard(), 1);
    let page = admin.get("/admin/screens").await;
    let token = between(&page.body, "name=\"form\" value=\"", "\"").to_owned();
    let answer = admin.send("/admin/screens/display-1/revoke", &[("form", &token)]).await;
    assert_eq!((answer.status.as_u16(), heard()), (303, 0));
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let premises = Premises::new().await;
    let (mut admin, _) = premises.opened().await;
    let page = admin.get("/admin/windows").await;
    let token = between(&page.body, "name=\"form\" value=\"", "\"").to_owned();
    let body = |token: &str| format!("form={token}&windows.0.number=7");
    let here = format!("http://{HOST}");
    for (origin, token, status) in [
        (Some("http://evil.example"), token.as_str(), 403),
        (Some("null"), token.as_str(), 401),
        (None, token.as_str(), 401),
        (Some(here.as_str()), "forged", 403),
    ] {
        let headers: Vec<(&str, &str)> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        let answer = admin.ask("POST", "/admin/windows", &headers, body(token)).await;
        assert_eq!(answer.status.as_u16(), status, "{origin:?} {token}");
    }
    assert!(admin.get("/admin/windows").await.body.contains("value=\"2\""));
    let answer = admin
        .ask("POST", "/admin/windows", &[("origin", &here)], body(&token))
        .await;
    assert!(
        answer.status == 200 && answer.body.contains("value=\"7\""),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn what_is_not_accepted_comes_back_as_it_was_sent() {
    let premises = Premises::new().await;
    let (mut admin, _) = premises.opened().await;
    for (page, fields, says) in [
        (
            "/admin/branch",
            vec![("name.ru", "Чиланзар"), ("hours.mon", "9 to 5")],
            "E.g. 09:00-18:00",
        ),
        (
            "/admin/services",
            vec![
                ("services.0.id", "s1"),
                ("services.0.name.en", "Cash"),
                ("services.0.prefix", "K7"),
            ],
            "One or two letters",
        ),
        (
            "/admin/windows",
            vec![("windows.0.number", "1"), ("windows.1.number", "1")],
            "Stands there twice",
        ),
        (
            "/admin/people",
            vec![("operators.0.name", "Lola"), ("operators.0.pin", "1234")],
            "not 0000 or 1234",
        ),
        (
            "/admin/profiles",
            vec![
                ("profiles.0.id", "all"),
                ("profiles.0.name.en", "All"),
                ("profiles.0.weight.s1", "900"),
            ],
            "A number is needed",
        ),
    ] {
        let before = saved(&premises);
        let answer = admin.send_form(page, &fields).await;
        for shown in ["Not saved", says] {
            assert!(answer.body.contains(shown), "{shown} on {page}: {}", answer.body);
        }
        for (name, value) in fields.iter().filter(|(name, _)| !name.ends_with("pin")) {
            assert!(
                answer.body.contains(&format!("value=\"{value}\"")),
                "{name} on {page}: {}",
                answer.body
            );
        }
        assert_eq!(saved(&premises), before, "{page}");
    }
}

#[tokio::test]
async fn pins_are_kept_hashed_and_letters_as_they_are_spelled() {
    let premises = Premises::new().await;
    let (mut admin, _) = premises.opened().await;
    let fields = [
        ("operators.0.name", "O'g'iloy"),
        ("operators.0.pin", "493817"),
        ("operators.0.profile", "all"),
    ];
    let answer = admin.send_form("/admin/people", &fields).await;
    assert!(
        answer.body.contains("Saved and in force") && answer.body.contains("Oʻgʻiloy"),
        "{}",
        answer.body
    );
    let shelf = premises.port.shelf(edge_kernel::Shelf::Local).await.expect("readable");
    let (_, branch) = shelf.iter().find(|(key, _)| key == "branch").expect("a branch");
    let branch = String::from_utf8_lossy(branch);
    assert!(branch.contains("$argon2id$") && !branch.contains("493817"), "{branch}");
    assert!(!answer.body.contains("493817") && !answer.body.contains("argon2id"));
}

#[tokio::test]
async fn a_code_pairs_one_screen_once() {
    let premises = Premises::new().await;
    let mut admin: Browser = premises.claimed().await;
    let mut screen = premises.browser();
    let first = screen.get("/pair/desk").await;
    let code = between(&first.body, "aria-label=\"", "\"").to_owned();
    assert!(
        screen.get("/pair/desk").await.body.contains(&code),
        "the same code after a reload"
    );
    assert_eq!(screen.get("/pair/desk/standing").await.status, 204);
    for (sent, window, says) in [
        ("000000", "", "No screen shows"),
        (code.as_str(), "", "Choose the window"),
    ] {
        let answer = admin
            .send_form("/admin/screens", &[("code", sent), ("window", window)])
            .await;
        assert!(answer.body.contains(says), "{says} in {}", answer.body);
    }
    let spoken = format!("{} {}", &code[..3], &code[3..]);
    let answer = admin
        .send_form(
            "/admin/screens",
            &[("code", &spoken), ("name", "Left"), ("window", "w1")],
        )
        .await;
    assert!(answer.body.contains("The screen is paired: Left"), "{}", answer.body);
    let again = admin
        .send_form("/admin/screens", &[("code", &code), ("window", "w1")])
        .await;
    assert!(again.body.contains("No screen shows"), "{}", again.body);
    let paired = screen.get("/pair/desk").await;
    assert_eq!((paired.status.as_u16(), paired.header("location")), (303, "/desk"));
    assert_eq!(
        screen.get("/pair/desk/standing").await.status,
        410,
        "its token is told once"
    );
    let shelf = premises.port.shelf(edge_kernel::Shelf::Local).await.expect("readable");
    assert!(shelf.iter().any(|(key, _)| key == "screen/desk-1"));
}

fn saved(premises: &Premises) -> usize {
    premises.count(|fact| matches!(fact, Fact::Audited(audit) if audit.action == "branch.saved"))
}

#[tokio::test]
async fn a_branch_is_opened_once_and_the_form_sent_again_voids_no_pin() {
    let premises = Premises::new().await;
    let (mut admin, _) = premises.opened().await;
    let before = premises.facts().len();
    assert_eq!(admin.get("/admin/quick").await.header("location"), "/admin/branch");
    let people = admin.get("/admin/people").await;
    let form = between(&people.body, "name=\"form\" value=\"", "\"").to_owned();
    let again = [
        ("form", form.as_str()),
        ("name", "Another"),
        ("services", "Kassa"),
        ("windows", "1"),
        ("operators", "Mallory"),
    ];
    let answer = admin.send("/admin/quick", &again).await;
    assert_eq!(answer.header("location"), "/admin/people", "{}", answer.body);
    assert_eq!(premises.facts().len(), before, "nothing was settled anew");
    assert!(admin.get("/admin/people").await.body.contains("Lola"));
}

#[tokio::test]
async fn a_lost_password_is_forgotten_by_whoever_has_the_box_in_their_hands() {
    let premises = Premises::new().await;
    premises.claimed().await;
    admin::prepare(&premises.house).await;
    let mut browser = premises.browser();
    assert_eq!(browser.get("/setup").await.header("location"), "/admin", "nobody asked");
    forget_password(premises.dir.path()).expect("a state directory");
    admin::prepare(&premises.house).await;
    assert!(!premises.dir.path().join("admin-reset").exists());
    assert_eq!(browser.get("/admin/sign-in").await.header("location"), "/setup");
    premises.claimed().await;
    assert_eq!(
        premises.count(|fact| matches!(fact, Fact::Audited(audit) if audit.action == "admin.forgotten")),
        1
    );
}

#[tokio::test]
async fn a_window_has_one_desk() {
    let premises = Premises::new().await;
    let (mut admin, _) = premises.opened().await;
    let mut first = premises.paired(&mut admin, "desk").await;
    assert_eq!(first.get("/desk").await.status, 200);
    let mut second = premises.paired(&mut admin, "desk").await;
    assert_eq!(second.get("/desk").await.status, 200);
    assert_ne!(
        first.get("/desk").await.status,
        200,
        "the desk before it is a stranger now"
    );
    assert_eq!(
        premises.count(|fact| matches!(fact, Fact::Audited(audit) if audit.action == "screen.revoked")),
        1
    );
}
