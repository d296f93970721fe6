//! A person at the console, in a real Chromium: signs in, presses "Open door", and sees how that ended.
//!
//! Screenshots are left in `artefacts/console`.

use std::time::Duration;
use tests_site::{
    scenario::{PASSWORD, Scenario, ScenarioSpec},
    seed, staff,
};
use tests_world::{fixtures::workspace_root, peers};

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_is_opened_from_a_browser() {
    let mut rng = seed::rng("console").unwrap();
    let scenario = Scenario::open(ScenarioSpec {
        terminals: vec![staff::terminal(1, &mut rng)],
        ..ScenarioSpec::named("console")
    })
    .await
    .unwrap();
    let door = scenario.doors.first().unwrap();
    scenario.wait_for_status(&door.device, "online").await.unwrap();
    let pictures = workspace_root().join("artefacts/console");
    std::fs::create_dir_all(&pictures).unwrap();
    let script = peers::script("console_in_chromium.py")
        .unwrap()
        .arg(format!("http://{}", scenario.cloud.address().unwrap()))
        .arg("admin")
        .arg(PASSWORD)
        .arg(scenario.named(&door.device))
        .arg(&scenario.edge_id)
        .arg(&pictures);
    let mut person = script.start().unwrap();
    for line in [
        "signed in",
        "the device's page is live",
        "the door is open, and the page says how long that took",
        "every page passes axe-core, on a desk and on a phone",
        "requests elsewhere: none",
    ] {
        person.says(line, LIMIT).await.unwrap();
    }
    assert!(person.ended(LIMIT).await.unwrap().success());
    assert_eq!(door.terminal.openings().len(), 1, "one press, one opening");
}
