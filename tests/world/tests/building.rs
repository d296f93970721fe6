//! The demo's building as a person runs it: it says where its terminals are, and never what their passwords are.

use std::{os::unix::fs::PermissionsExt as _, path::Path, time::Duration};
use tests_world::process::Launch;

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn two_terminals_and_somebody_comes() {
    let launch = Launch::of(Path::new(env!("CARGO_BIN_EXE_ostona-world")), "building").in_folder("building");
    let mut building = launch
        .arg("--interval-ms")
        .arg("20")
        .arg("--seed")
        .arg("3")
        .start()
        .unwrap();
    for name in ["terminal-1", "terminal-2"] {
        let address = building.listening(name, LIMIT).await.unwrap();
        assert!(address.ip().is_loopback());
        let line = building.says(&format!("listening {name} "), LIMIT).await.unwrap();
        let (_, file) = line.split_once(" user admin password-file ").unwrap();
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        let password = std::fs::read_to_string(file).unwrap();
        assert_eq!(password.len(), 16);
        assert!(!building.lines().iter().any(|line| line.contains(&password)));
    }
    building.says("terminal-1: ", LIMIT).await.unwrap();
    building.says("terminal-2: ", LIMIT).await.unwrap();
    assert!(building.terminate(LIMIT).await.unwrap().success());
}
