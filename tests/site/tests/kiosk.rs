//! The kiosk in a real Chromium, from an empty box to the first printed ticket and on: every screen in every language.
//!
//! Photographs are left in `artefacts/screens`.

use std::time::Duration;
use tests_site::edge::{Edge, Setup};
use tests_world::{
    fixtures::workspace_root,
    peers,
    printer::{Config, Printer},
};

const LIMIT: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_opens_a_branch_and_people_take_tickets_in_four_languages() {
    let printer = Printer::start(Config::default()).unwrap();
    let port = printer.address().port();
    let more = format!(
        "\n[[device]]\nid = \"lobby-printer\"\nkind = \"printer\"\nadapter = \"printer\"\n\
         settings = {{ via = \"tcp\", host = \"127.0.0.1\", port = {port} }}\n"
    );
    let setup = Setup {
        more,
        ..Setup::default()
    };
    let state = tempfile::tempdir().unwrap();
    let mut edge = Edge::in_dir(&state.path().join("edge"), "kiosk", &setup).unwrap();
    edge.start().await.unwrap();
    let code = edge_lan::claim_code(edge.state()).unwrap();
    let pictures = workspace_root().join("artefacts/screens");
    std::fs::create_dir_all(&pictures).unwrap();
    let script = peers::script("kiosk_in_chromium.py")
        .unwrap()
        .arg(format!("http://{}", edge.lan().unwrap()))
        .arg(code)
        .arg(&pictures)
        .arg(state.path());
    let mut person = script.start().unwrap();
    person.says("the first ticket is printed", LIMIT).await.unwrap();
    assert_eq!(printer.counts().cuts, 1, "one touch on a service, one sheet");
    for line in [
        "every screen in every language fits, can be touched, read and heard",
        "nobody there: a warning, more time, and a wipe",
        "nothing is left behind",
        "the edge is away: one moment, then staff, then on with the same visit",
    ] {
        person.says(line, LIMIT).await.unwrap();
    }
    person.says("waiting for the paper to end", LIMIT).await.unwrap();
    printer.set_roll(0);
    std::fs::write(state.path().join("no-paper"), "").unwrap();
    person.says("a ticket without paper", LIMIT).await.unwrap();
    person.says("requests elsewhere: none", LIMIT).await.unwrap();
    assert!(person.ended(LIMIT).await.unwrap().success());
}
