//! Programs are found, heard, and never left behind.

use super::*;
use rustix::process::test_kill_process;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Program {
    Launch::of(Path::new("/bin/sh"), "shell")
        .in_folder("process")
        .arg("-c")
        .arg(script)
        .start()
        .unwrap()
}

#[tokio::test]
async fn a_program_says_where_it_listens() {
    let mut program = shell("echo hello; echo listening mqtt 127.0.0.1:1883 plain; exec sleep 60");
    let address = program.listening("mqtt", LIMIT).await.unwrap();
    assert_eq!(address, SocketAddr::from(([127, 0, 0, 1], 1883)));
    program.kill().await.unwrap();
    assert_eq!(
        std::fs::read_to_string(program.log_file()).unwrap(),
        "hello\nlistening mqtt 127.0.0.1:1883 plain\n"
    );
}

#[tokio::test]
async fn a_program_that_ends_early_is_quoted() {
    let mut program = shell("echo cannot open the journal >&2; exit 3");
    let error = program.listening("http", LIMIT).await.unwrap_err().to_string();
    assert!(error.contains("cannot open the journal"), "{error}");
    assert_eq!(program.ended(LIMIT).await.unwrap().code(), Some(3));
}

#[tokio::test]
async fn sigterm_ends_it_and_dropping_kills_it() {
    let mut program = shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    program.says("ready", LIMIT).await.unwrap();
    assert!(program.terminate(LIMIT).await.unwrap().success());

    let dropped = shell("exec sleep 60");
    let pid = Pid::from_raw(i32::try_from(dropped.pid().unwrap()).unwrap()).unwrap();
    drop(dropped);
    tokio::time::timeout(LIMIT, async {
        while test_kill_process(pid).is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_wrong_clock_reaches_the_program() {
    let launch = Launch::of(Path::new("/bin/sh"), "shell")
        .in_folder("process")
        .wrong_clock(-3_600_000);
    let mut program = launch
        .arg("-c")
        .arg("echo offset $OSTONA_CLOCK_OFFSET_MS")
        .start()
        .unwrap();
    assert_eq!(program.says("offset ", LIMIT).await.unwrap(), "offset -3600000");
}

#[test]
fn what_is_not_built_is_named() {
    let error = Launch::built("ostona-nothing").unwrap_err().to_string();
    assert!(
        error.ends_with("is not built: run cargo build --bin ostona-nothing"),
        "{error}"
    );
}
