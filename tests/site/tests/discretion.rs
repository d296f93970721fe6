//! What nobody may see: listeners beyond loopback, files others may read, secrets in logs.
//!
//! Looked at from outside: the kernel's table of sockets, the modes of files, the bytes of the logs.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Context as _, Result};
use protocol::fact::KeyKind;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};
use tests_site::{
    commands, consistency,
    edge::token_of,
    mqtt5::Mqtt5Client,
    scenario::{PASSWORD, Scenario, ScenarioSpec},
    seed, staff,
    wait::{LONG, SOON, until},
};
use tests_world::{mqtt::report, process::Launch};

/// A scenario in which everything that has a secret used it at least once.
async fn busy(name: &str, log: &str) -> Scenario {
    let mut rng = seed::rng(name).unwrap();
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 1,
        terminals: vec![staff::terminal(1, &mut rng)],
        log: Some(log.to_owned()),
        seed: rng.throw(),
        ..ScenarioSpec::named(name)
    })
    .await
    .unwrap();
    let device = scenario.buttons.first().unwrap().clone();
    let mut client = Mqtt5Client::connect(scenario.edge.mqtt().unwrap(), &device)
        .await
        .unwrap();
    client.publish(&report(&device, 1, 200).unwrap()).await.unwrap();
    let hung = scenario.doors.first().unwrap();
    hung.terminal.badge("9042", KeyKind::Card);
    commands::open_door(&scenario.admin, &scenario.named(&hung.device), 1, 30)
        .await
        .unwrap();
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &[])
    })
    .await
    .unwrap();
    hung.terminal.set_password("Changed-2027");
    hung.terminal.cut().await;
    scenario.wait_for_status(&hung.device, "offline").await.unwrap();
    scenario.edge.stop().await.unwrap();
    scenario.edge.start().await.unwrap();
    scenario
}

/// What may stand in no log, each with what it is.
fn secrets(scenario: &Scenario) -> Vec<(&'static str, String)> {
    let device = scenario.buttons.first().unwrap();
    let identity = fs::read_to_string(scenario.edge.state().join("identity.json")).unwrap();
    // One line about the file, then JSON.
    let (_, identity) = identity.split_once('\n').unwrap();
    let identity: serde_json::Value = serde_json::from_str(identity).unwrap();
    let mut found = vec![
        ("the terminal's password", "Ostona-2026".to_owned()),
        ("a device's token", token_of(device)),
        ("the enrolment code", scenario.secrets.enrolment_code.clone()),
        ("a session's token", scenario.admin.token()),
        ("the administrator's password", PASSWORD.to_owned()),
    ];
    let key = ["secret", "seed", "key"]
        .into_iter()
        .find_map(|key| identity.get(key)?.as_str());
    found.push(("the edge's secret key", key.unwrap().to_owned()));
    found
}

fn check_logs(scenario: &mut Scenario) {
    let logs = [
        scenario.edge.program().unwrap().log_file(),
        scenario.cloud.program().unwrap().log_file(),
    ];
    let folder = logs.first().and_then(|log| log.parent()).unwrap().to_path_buf();
    let own = format!("-{}-", std::process::id());
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().contains(&own) {
            continue;
        }
        let log = fs::read_to_string(&path).unwrap();
        read += log.len();
        for (what, secret) in secrets(scenario) {
            assert!(!secret.is_empty());
            assert!(!log.contains(&secret), "{what} stands in {}", path.display());
        }
        // Said once, to whoever started it, and never to the log.
        let shown = log.matches(&scenario.secrets.one_time_password).count();
        assert!(
            shown <= 1,
            "the one-time password stands in {} {shown} times",
            path.display()
        );
    }
    assert!(read > 0, "there are no logs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_logged() {
    let mut scenario = busy("discretion-info", "info").await;
    check_logs(&mut scenario);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_logged_when_everything_of_ours_is() {
    let ours = [
        "ostona_edge",
        "ostona_cloud",
        "edge_broker",
        "edge_devices",
        "edge_kernel",
        "edge_journal",
    ];
    let ours = [
        &ours[..],
        &[
            "edge_uplink",
            "edge_lan",
            "edge_kiosk",
            "edge_announce",
            "edge_queue_screens",
            "adapter_hikvision",
            "adapter_sdk",
        ],
    ]
    .concat();
    let ours = [
        &ours[..],
        &[
            "cloud_relay",
            "cloud_admin",
            "cloud_api",
            "cloud_console",
            "cloud_public",
            "cloud_store",
            "edge_roster",
            "edge_vitals",
        ],
    ]
    .concat();
    let log = ours
        .iter()
        .fold("debug".to_owned(), |log, part| format!("{log},{part}=trace"));
    let mut scenario = busy("discretion-trace", &log).await;
    check_logs(&mut scenario);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_their_owners_alone() {
    let scenario = busy("discretion-files", "info").await;
    let mut seen = 0;
    for root in [scenario.edge.state(), scenario.cloud.dir()] {
        check_modes(root, &mut seen).unwrap();
    }
    assert!(seen > 5, "only {seen} files");
}

fn check_modes(path: &Path, seen: &mut usize) -> Result<()> {
    let found = fs::symlink_metadata(path).with_context(|| path.display().to_string())?;
    let mode = found.permissions().mode() & 0o7777;
    let wanted = if found.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(mode, wanted, "{} has mode {mode:o}", path.display());
    *seen += 1;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            check_modes(&entry?.path(), seen)?;
        }
    }
    Ok(())
}

/// Inodes of the sockets that a process holds.
fn sockets(pid: u32) -> BTreeSet<String> {
    let folder = PathBuf::from(format!("/proc/{pid}/fd"));
    let links = fs::read_dir(folder).unwrap().flatten();
    let targets = links.filter_map(|link| fs::read_link(link.path()).ok());
    targets
        .filter_map(|target| {
            let target = target.to_string_lossy().into_owned();
            Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect()
}

/// Local addresses, in the kernel's hexadecimal, of everything a process listens on: TCP in state 0A, UDP in any.
fn listeners(pid: u32) -> Vec<String> {
    let own = sockets(pid);
    let mut found = Vec::new();
    for (table, state) in [("tcp", Some("0A")), ("tcp6", Some("0A")), ("udp", None), ("udp6", None)] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(now), Some(inode)) = (words.get(1), words.get(3), words.get(9)) else {
                continue;
            };
            if own.contains(*inode) && state.is_none_or(|state| state == *now) {
                found.push(format!("{table} {local}"));
            }
        }
    }
    found
}

fn check_loopback(pid: u32) {
    let found = listeners(pid);
    assert!(!found.is_empty(), "nothing listens at all");
    for listener in found {
        let address = listener.split(' ').nth(1).unwrap();
        let loopback = address.starts_with("0100007F:") || address.starts_with("00000000000000000000000001000000:");
        assert!(loopback, "{listener} is open to others");
    }
}

/// With settings that name nothing but where the state lies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_listens_beyond_loopback_by_default() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("edge.toml");
    fs::write(&settings, format!("state_dir = {:?}\n", dir.path().join("edge"))).unwrap();
    let launch = Launch::built("ostona-edge")
        .unwrap()
        .in_folder("site/discretion-listen");
    let mut edge = launch.arg("--settings").arg(&settings).start().unwrap();
    let launch = Launch::built("ostona-cloud")
        .unwrap()
        .in_folder("site/discretion-listen");
    let launch = launch.arg("serve").arg("--dir").arg(dir.path().join("cloud"));
    let mut cloud = launch.start().unwrap();
    edge.says("ready", SOON).await.unwrap();
    cloud.says("listening http", SOON).await.unwrap();
    check_loopback(edge.pid().unwrap());
    check_loopback(cloud.pid().unwrap());
}
