//! The cloud's command key is replaced: boxes take the new one from the old one's hand, and no other from anybody.

use anyhow::{Context as _, Result, ensure};
use protocol::Fact;
use tests_site::{
    commands,
    scenario::{Scenario, ScenarioSpec},
    wait::{LONG, until},
};

/// The one terminal, as paths name it.
fn lobby(scenario: &Scenario) -> Result<String> {
    let terminal = scenario.doors.first().context("no terminal")?;
    Ok(scenario.named(&terminal.device))
}

async fn open_a_door(scenario: &Scenario) -> Result<()> {
    let device = lobby(scenario)?;
    let asked = commands::open_door(&scenario.admin, &device, 1, 60).await?;
    let id = asked
        .body
        .get("id")
        .and_then(|id| id.as_str())
        .unwrap_or_default()
        .to_owned();
    ensure!(!id.is_empty(), "no command: {asked:?}");
    until("the door's command is over", LONG, || async {
        let command = commands::one(&scenario.admin, &id).await?;
        ensure!(command.is_over());
        Ok(command)
    })
    .await?
    .ended()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_command_key_is_taken_from_the_old_ones_hand_only() {
    let mut spec = ScenarioSpec::named("key-rotation");
    spec.terminals = vec![tests_site::staff::terminal(
        1,
        &mut tests_site::seed::rng("key-rotation").unwrap(),
    )];
    let mut scenario = Scenario::open(spec).await.unwrap();
    open_a_door(&scenario).await.unwrap();

    scenario.cloud.stop().await.unwrap();
    // The edge may miss one.
    scenario.cloud.rotate_key().await.unwrap();
    scenario.cloud.rotate_key().await.unwrap();
    scenario.restart_cloud().await.unwrap();
    open_a_door(&scenario).await.unwrap();

    scenario.cloud.stop().await.unwrap();
    for file in ["command.key", "command.successions"] {
        std::fs::remove_file(scenario.cloud.dir().join(file)).unwrap();
    }
    scenario.restart_cloud().await.unwrap();
    let opened = scenario.terminals().first().unwrap().openings().len();
    let device = lobby(&scenario).unwrap();
    commands::open_door(&scenario.admin, &device, 1, 60).await.unwrap();
    until("the box has told that it takes no such key", LONG, || async {
        let history = scenario.history().await?;
        let mut audits = history.of("audit.recorded");
        ensure!(audits.any(
            |event| matches!(&event.fact, Fact::Audited(audit) if audit.action.as_str() == "command_key.refused")
        ));
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(
        scenario.terminals().first().unwrap().openings().len(),
        opened,
        "a stranger's command opened a door"
    );
}
