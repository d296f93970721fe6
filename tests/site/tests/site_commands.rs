//! What is asked of a site itself, from the request at the cloud to the screens of the branch.

use anyhow::{Context as _, Result, bail, ensure};
use protocol::{Actor, Event, Fact, Lane, Timestamp, fact::DropReason, id::TicketId};
use serde_json::{Value, json};
use tests_site::{
    admin::text,
    branch::{BranchSpec, Browser, OpenBranch, Visitor},
    scenario::{Scenario, ScenarioSpec},
    wait::{LONG, SOON, until},
};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_a_site_is_seen_on_its_screens() {
    let scenario = Scenario::open(ScenarioSpec::named("site-commands")).await.unwrap();
    let branch = OpenBranch::start(&scenario, &BranchSpec::bank(1)).await.unwrap();
    let OpenBranch {
        mut kiosk,
        display,
        mut operators,
        ..
    } = branch;
    let lan = scenario.edge.lan().unwrap();

    let args = json!({"text": {"en": "Please leave the building"}, "seconds": 600, "urgency": "emergency"});
    let shown = outcome(&scenario, "display.message", args).await.unwrap();
    assert_eq!(shown["state"], "ok", "{shown}");
    shows(&display, "Please leave the building").await.unwrap();

    // A calm one stands at the foot, and the calls go on above it.
    let args = json!({"text": {"en": "The cash desk closes at five", "ru": "Касса до пяти"}, "seconds": 600, "urgency": "notice"});
    let noted = outcome(&scenario, "display.message", args).await.unwrap();
    assert_eq!(noted["state"], "ok", "{noted}");
    shows(&display, "The cash desk closes at five").await.unwrap();

    kiosk.take("service-c").await.unwrap();
    let closing = |open: &str| json!({"service": "service-c", "open": open});
    let closed = outcome(&scenario, "queue.service.set", closing("closed"))
        .await
        .unwrap();
    assert_eq!(closed["state"], "ok", "{closed}");
    kiosk.take("service-c").await.unwrap_err();
    Visitor::take(lan, "service-c").await.unwrap_err();
    let opened = outcome(&scenario, "queue.service.set", closing("open")).await.unwrap();
    assert_eq!(opened["state"], "ok", "{opened}");
    kiosk.take("service-c").await.unwrap();

    // Given out from afar, it is called as everybody's: the desk has it after the two of the kiosk.
    let ticket = TicketId::new(Timestamp::from_millis(1), [7; 10]);
    let args = json!({"ticket": ticket, "service": "service-k", "lang": "ru", "token_hash": "0f".repeat(32)});
    let issued = outcome(&scenario, "queue.issue", args.clone()).await.unwrap();
    assert_eq!(issued["state"], "ok", "{issued}");
    let number = text(&issued, "detail").unwrap();
    assert!(number.starts_with('K'), "{issued}");
    let again = outcome(&scenario, "queue.issue", args).await.unwrap();
    assert_eq!(again["state"], "ok", "the same ticket once more: {again}");
    for _ in 0..3 {
        assert!(operators.first_mut().unwrap().serve().await.unwrap());
    }
    assert!(
        !operators.first_mut().unwrap().serve().await.unwrap(),
        "one ticket was two"
    );
    shows(&display, &number).await.unwrap();

    for name in ["journal.flush", "journal.export"] {
        let done = outcome(&scenario, name, json!({})).await.unwrap();
        assert_eq!(done["state"], "ok", "{done}");
    }
    assert!(scenario.edge.state().join("export.ostona").is_file());
    until("the cloud knows what was exported", LONG, || exported(&scenario))
        .await
        .unwrap();

    let unknown = json!({"service": "service-x", "open": "closed"});
    let refused = outcome(&scenario, "queue.service.set", unknown).await.unwrap();
    assert_eq!(refused["state"], "rejected", "{refused}");
}

/// An export that had something in it is a fact: who asked, which command, what is in the file.
async fn exported(scenario: &Scenario) -> Result<()> {
    let done = outcome(scenario, "journal.export", json!({})).await?;
    let (command, detail) = (text(&done, "id")?, text(&done, "detail")?);
    let history = scenario.history().await?;
    let mine = |event: &&Event| event.corr.as_ref().is_some_and(|corr| corr.as_str() == command);
    let event = history.of("journal.exported").find(mine);
    let event = event.with_context(|| format!("none of {command} yet: {detail}"))?;
    let Fact::JournalExported(exported) = &event.fact else {
        bail!("{event:?}")
    };
    ensure!(matches!(event.actor, Actor::Cloud { .. }), "{event:?}");
    ensure!(
        exported.lane == Lane::Facts && exported.reason == DropReason::Exported,
        "{event:?}"
    );
    ensure!(exported.from_seq <= exported.to_seq && exported.bytes > 0, "{event:?}");
    // It is in the journal itself, behind what was exported.
    let place = history.events.iter().find(|stored| stored.event.id == event.id);
    let place = place.context("it has no place")?.seq;
    ensure!(place > exported.to_seq.0, "{place} {event:?}");
    Ok(())
}

/// Asks the site for something and waits for how it ended.
async fn outcome(scenario: &Scenario, name: &str, args: Value) -> Result<Value> {
    let path = format!("/edges/{}/commands", scenario.edge_id);
    let request = json!({"action": {"name": name, "args": args}});
    let made = scenario.admin.post(&path, &request).await?;
    let path = format!("/commands/{}", text(&made, "id")?);
    until("the command has ended", LONG, || async {
        let command = scenario.admin.get(&path).await?;
        let ended = matches!(
            text(&command, "state")?.as_str(),
            "ok" | "failed" | "expired" | "rejected"
        );
        ensure!(ended, "{command}");
        Ok(command)
    })
    .await
}

/// Waits until the display's stream tells it to show a text.
async fn shows(display: &Browser, words: &str) -> Result<()> {
    let mut stream = display.stream("/display/live").await?;
    let mut told = String::new();
    let read = async {
        while let Some(chunk) = stream.chunk().await? {
            told.push_str(&String::from_utf8_lossy(&chunk));
            if told.contains(words) {
                return Ok(());
            }
        }
        bail!("the display's stream ended")
    };
    let shown = timeout(SOON, read).await;
    shown.with_context(|| format!("{words} is not on the display: {told}"))?
}
