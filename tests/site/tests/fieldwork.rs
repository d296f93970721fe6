//! `ostona-edge devices test` without an agent: the driver alone, against a simulated terminal.
//!
//! Nothing it does is kept, and a password that is wrong is tried once.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use serde_json::json;
use std::path::PathBuf;
use tempfile::TempDir;
use tests_site::edge::{Edge, Setup};
use tests_world::zkteco::{Config, Terminal};

struct Workbench {
    edge: Edge,
    terminal: Terminal,
    dir: TempDir,
}

impl Workbench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let edge = Edge::in_dir(&dir.path().join("edge"), "site/fieldwork", &Setup::default()).unwrap();
        Self {
            edge,
            terminal: Terminal::start(Config::default()).unwrap(),
            dir,
        }
    }

    /// A file with settings to try.
    fn file(&self, comm_key: u32) -> PathBuf {
        let settings = json!({
            "host": "127.0.0.1", "port": self.terminal.address().port(), "comm_key": comm_key, "code_page": "windows-1251",
        });
        let spec = json!({"kind": "terminal", "adapter": "zkteco", "settings": settings});
        let file = self.dir.path().join("try.json");
        std::fs::write(&file, spec.to_string()).unwrap();
        file
    }

    /// Whether it went well, and everything that was said.
    async fn devices(&self, words: &[&str]) -> (bool, String) {
        let words = [&["devices"], words].concat();
        let (status, said) = self.edge.errand(&words).await.unwrap();
        (status.success(), said.join("\n"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_is_spoken_to_and_nothing_it_knows_of_people_is_printed() {
    let bench = Workbench::new();
    let file = bench.file(12_345);
    let (good, said) = bench.devices(&["test", "gate", file.to_str().unwrap()]).await;
    assert!(good, "{said}");
    assert!(said.contains("online, firmware Ver 6.60 Apr 28 2017"), "{said}");
    assert!(said.contains("60 × access.granted"), "{said}");
    assert!(
        said.contains("test: ok, ZEM560_TFT, serial OIN7030067012500123"),
        "{said}"
    );
    assert!(!said.contains("1001") && !said.contains("12345"), "{said}");
    assert!(!bench.edge.state().join("journal").exists(), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_tried_once_and_said_so() {
    let bench = Workbench::new();
    let file = bench.file(54_321);
    let (good, said) = bench.devices(&["test", "gate", file.to_str().unwrap()]).await;
    assert!(
        !good && said.contains("wrong_password") && !said.contains("54321"),
        "{said}"
    );
    assert_eq!(bench.terminal.counts().wrong_keys, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_tested_is_said() {
    let bench = Workbench::new();
    let (good, said) = bench.devices(&["test", "gate"]).await;
    assert!(
        !good && said.contains("neither settings nor documents name a device gate"),
        "{said}"
    );
    let file = bench.dir.path().join("caller.toml");
    std::fs::write(
        &file,
        "kind = \"terminal\"\nadapter = \"zkteco-adms\"\nsettings = { serial = \"A1\" }\n",
    )
    .unwrap();
    let (good, said) = bench.devices(&["test", "gate", file.to_str().unwrap()]).await;
    assert!(!good && said.contains("gate calls the box by itself"), "{said}");
    std::fs::write(&file, "password = \"hunter2\"").unwrap();
    let (good, said) = bench.devices(&["test", "gate", file.to_str().unwrap()]).await;
    assert!(!good && !said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_that_answer_are_found() {
    let bench = Workbench::new();
    let (good, said) = bench
        .devices(&["discover", "--net", "127.0.0.1", "--seconds", "1"])
        .await;
    assert!(good && said.starts_with("BY"), "{said}");
}
