//! The hall: desks, display and phones of a branch, as people and old televisions meet them.
//!
//! Photographs of every screen in every language are left in `artefacts/screens/hall`.

use std::time::Duration;
use tests_site::edge::{Edge, Setup};
use tests_world::{fixtures::workspace_root, peers};

const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_is_worked_by_keyboard_and_watched_from_the_hall() {
    let state = tempfile::tempdir().unwrap();
    let mut edge = Edge::in_dir(&state.path().join("edge"), "hall", &Setup::default()).unwrap();
    edge.start().await.unwrap();
    let (status, said) = edge.errand(&["admin-code"]).await.unwrap();
    assert!(status.success(), "{said:?}");
    let digits = |line: &String| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = said.into_iter().find(digits).unwrap();
    let pictures = workspace_root().join("artefacts/screens/hall");
    let script = peers::script("hall_in_chromium.py")
        .unwrap()
        .arg(format!("http://{}", edge.lan().unwrap()))
        .arg(code)
        .arg(&pictures);
    let mut people = script.start().unwrap();
    for line in [
        "signed in by keyboard alone",
        "a ticket from a phone waits on the display and at the desk",
        "a call flashes on the display within a second",
        "the phone says so, too",
        "a visit was called, served, finished and praised",
        "held, sent on and missed, by keyboard alone, and the focus stayed",
        "a holder gave a ticket up; a wrong address says nothing",
        "every screen in every language is photographed and passes axe-core",
        "a notice stands below the calls in every language and size, and is taken down",
        "an emergency covers everything within a second, in four languages",
        "nothing was asked of anybody else",
    ] {
        people.says(line, LIMIT).await.unwrap();
    }
    assert!(people.ended(LIMIT).await.unwrap().success());
}

#[tokio::test]
async fn scripts_of_displays_and_phones_run_in_old_browsers() {
    let names = [
        "lan/assets/live.js",
        "queue-screens/assets/display.js",
        "queue-screens/assets/phone.js",
        "lan/assets/pair.js",
    ];
    let edge = workspace_root().join("edge");
    let script = peers::node_script("es5.js").unwrap();
    let script = names.iter().fold(script, |script, name| script.arg(edge.join(name)));
    let mut reader = script.start().unwrap();
    for name in names.map(|path| path.rsplit('/').next().unwrap()) {
        reader.says(&format!("ES5 {name}"), LIMIT).await.unwrap();
    }
    reader.says("newer scripts are told apart", LIMIT).await.unwrap();
    assert!(reader.ended(LIMIT).await.unwrap().success());
}
