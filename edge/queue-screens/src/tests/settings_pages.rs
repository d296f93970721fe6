//! The settings of a branch: that nothing is half saved or lost.

use super::branch_box::{BranchBox, Browser, HOST, between};
use protocol::Fact;

#[tokio::test]
async fn a_display_that_was_revoked_is_not_missed() {
    let branch_box = BranchBox::new().await;
    let mut admin = branch_box.opened().await.0;
    let mut display = branch_box.paired(&mut admin, "display").await;
    assert_eq!(display.send("/display/beat", &[]).await.status, 204);
    let heard = || branch_box.state.screens.live.note(|side| side.displays());
    assert_eq!(heard(), 1);
    let page = admin.get("/admin/screens").await;
    let token = between(&page.body, "name=\"form\" value=\"", "\"").to_owned();
    let answer = admin.send("/admin/screens/display-1/revoke", &[("form", &token)]).await;
    assert_eq!((answer.status.as_u16(), heard()), (303, 0));
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let branch_box = BranchBox::new().await;
    let (mut admin, _) = branch_box.opened().await;
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
    let branch_box = BranchBox::new().await;
    let (mut admin, _) = branch_box.opened().await;
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
        let before = saved(&branch_box);
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
        assert_eq!(saved(&branch_box), before, "{page}");
    }
}

#[tokio::test]
async fn pins_are_kept_hashed_and_letters_as_they_are_spelled() {
    let branch_box = BranchBox::new().await;
    let (mut admin, _) = branch_box.opened().await;
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
    let shelf = branch_box
        .port
        .table(edge_kernel::Table::Local)
        .await
        .expect("readable");
    let (_, branch) = shelf.iter().find(|(key, _)| key == "branch").expect("a branch");
    let branch = String::from_utf8_lossy(branch);
    assert!(branch.contains("$argon2id$") && !branch.contains("493817"), "{branch}");
    assert!(!answer.body.contains("493817") && !answer.body.contains("argon2id"));
}

#[tokio::test]
async fn a_code_pairs_one_screen_once() {
    let branch_box = BranchBox::new().await;
    let mut admin: Browser = branch_box.claimed().await;
    let mut screen = branch_box.browser();
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
    let shelf = branch_box
        .port
        .table(edge_kernel::Table::Local)
        .await
        .expect("readable");
    assert!(shelf.iter().any(|(key, _)| key == "screen/desk-1"));
}

fn saved(branch_box: &BranchBox) -> usize {
    branch_box.count(|fact| matches!(fact, Fact::Audited(audit) if audit.action == "branch.saved"))
}

#[tokio::test]
async fn a_branch_is_opened_once_and_the_form_sent_again_voids_no_pin() {
    let branch_box = BranchBox::new().await;
    let (mut admin, _) = branch_box.opened().await;
    let before = branch_box.facts().len();
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
    assert_eq!(branch_box.facts().len(), before, "nothing was settled anew");
    assert!(admin.get("/admin/people").await.body.contains("Lola"));
}

#[tokio::test]
async fn a_window_has_one_desk() {
    let branch_box = BranchBox::new().await;
    let (mut admin, _) = branch_box.opened().await;
    let mut first = branch_box.paired(&mut admin, "desk").await;
    assert_eq!(first.get("/desk").await.status, 200);
    let mut second = branch_box.paired(&mut admin, "desk").await;
    assert_eq!(second.get("/desk").await.status, 200);
    assert_ne!(
        first.get("/desk").await.status,
        200,
        "the desk before it is a stranger now"
    );
    for action in ["screen.replaced", "screen.revoked"] {
        let count = branch_box.count(|fact| matches!(fact, Fact::Audited(audit) if audit.action == action));
        assert_eq!(count, 1, "{action}");
    }
}
