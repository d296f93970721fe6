//! The link's state: facts once per change, after something real.

use super::site::{Site, soon};
use crate::{
    ControlTransport, EdgeRefusal, LinkState,
    link::{LinkReport, LinkWatcher},
};
use expect_test::expect;
use protocol::Fact;
use std::time::Duration;

#[tokio::test]
async fn up_and_down_are_recorded_once_per_change() {
    let site = Site::new();
    let mut live = site
        .port
        .live(|fact| matches!(fact, Fact::LinkUp(_) | Fact::LinkDown(_)));
    let (watcher, link, mut state) = LinkWatcher::new(site.port.clone(), Duration::from_millis(600));
    tokio::spawn(watcher.run(site.shutdown.clone()));
    let mut told = String::new();
    for signs in [
        &[
            LinkReport::Control(ControlTransport::Rest),
            LinkReport::Stored,
            LinkReport::Control(ControlTransport::Socket),
        ][..],
        &[LinkReport::Stored],
        &[],
    ] {
        for sign in signs {
            link.report(*sign).await;
        }
        let wanted = if signs.is_empty() { "Down" } else { "Up" };
        soon(state.wait_for(|state| format!("{state:?}").starts_with(wanted)))
            .await
            .unwrap();
        if signs.len() != 3 {
            soon(state.wait_for(|state| *state == LinkState::Down)).await.unwrap();
        }
    }
    link.report(LinkReport::Refused(EdgeRefusal::Revoked)).await;
    soon(state.wait_for(|state| *state == LinkState::TurnedAway(EdgeRefusal::Revoked)))
        .await
        .unwrap();
    while let Ok(Ok(committed)) = tokio::time::timeout(Duration::from_millis(100), live.recv()).await {
        if let Fact::LinkUp(change) = &committed.event.fact {
            told.push_str(&format!("up {} after {} s\n", change.via, change.outage_s));
        }
        if let Fact::LinkDown(change) = &committed.event.fact {
            told.push_str(&format!("down {}\n", change.via));
        }
    }
    expect![[r#"
        up rest after 0 s
        down socket
    "#]]
    .assert_eq(&told);
}
