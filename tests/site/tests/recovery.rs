//! kill -9 of the edge under the eyes of a branch: its screens go on by themselves once it is back.

use std::{net::TcpListener, time::Duration};
use tests_site::edge::{Edge, Setup};
use tests_world::{fixtures::workspace_root, peers};

const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_goes_on_by_itself_when_the_edge_is_back() {
    let state = tempfile::tempdir().unwrap();
    // Screens look for the box where it was: a port that nobody has now, and the box keeps.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let setup = Setup {
        lan: Some(free.local_addr().unwrap()),
        ..Setup::default()
    };
    drop(free);
    let mut edge = Edge::in_dir(&state.path().join("edge"), "recovery", &setup).unwrap();
    edge.start().await.unwrap();
    let (status, said) = edge.errand(&["admin-code"]).await.unwrap();
    assert!(status.success(), "{said:?}");
    let digits = |line: &String| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = said.into_iter().find(digits).unwrap();
    let script = peers::script("recovery_in_chromium.py")
        .unwrap()
        .arg(format!("http://{}", edge.lan().unwrap()))
        .arg(code)
        .arg(workspace_root().join("artefacts/screens/recovery"));
    let mut screens = script.start().unwrap();
    screens.says("watching", LIMIT).await.unwrap();
    edge.kill().await.unwrap();
    edge.start().await.unwrap();
    for name in ["kiosk is back", "display is back", "desk is back", "kiosk works"] {
        println!("{}", screens.says(name, LIMIT).await.unwrap());
    }
    assert!(screens.ended(LIMIT).await.unwrap().success());
}
