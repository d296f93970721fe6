//! The edge's lines on a real kernel with simulated pins and a simulated USB bus, in a small virtual board.
//!
//! The kernel takes minutes to build, so `cargo xtask test --vm` builds it once; where there is none, that is said and the
//! lines for pins and keys were only tried on what plays them.

#[cfg(test)]
#[path = "pins/disk.rs"]
mod disk;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tests_world::{fixtures::workspace_root, process::Launch};

/// The board is emulated, on a machine that may have much else to do.
const LIMIT: Duration = Duration::from_secs(300);
/// What the board tries.
const TRIES: usize = 13;

/// The board's kernel; none, and a loud notice, where it was not built.
fn kernel() -> Option<PathBuf> {
    let kernel = workspace_root().join(".cache/vm/bzImage");
    if kernel.is_file() {
        return Some(kernel);
    }
    // Past the test's own capture: a skipped proof must be seen.
    let notice = "skipped: no kernel with pins in .cache/vm; cargo xtask test --vm builds it and runs this";
    let mut console = std::io::stderr();
    // Whoever closed the console does not read it.
    let _ = writeln!(console, "\n******** {notice} ********\n");
    None
}

#[tokio::test]
async fn the_edge_s_lines_work_on_a_kernel_with_pins_and_a_usb_bus() {
    let Some(kernel) = kernel() else { return };
    let folder = tempfile::tempdir().unwrap();
    let disk = disk::make(folder.path(), Path::new(env!("CARGO_BIN_EXE_ostona-board"))).unwrap();
    let board = Launch::of(Path::new("qemu-system-x86_64"), "board").in_folder("pins");
    let board = [
        "-accel",
        "tcg",
        "-cpu",
        "max",
        "-m",
        "512",
        "-nodefaults",
        "-display",
        "none",
    ]
    .into_iter()
    .chain([
        "-serial",
        "stdio",
        "-no-reboot",
        "-append",
        "console=ttyS0 quiet panic=-1",
    ])
    .fold(board, Launch::arg)
    .arg("-kernel")
    .arg(kernel)
    .arg("-initrd")
    .arg(disk);
    let mut board = board.start().unwrap();
    board.says("board done", LIMIT).await.unwrap();
    let lines = board.lines();
    let tries = |word: &str| -> Vec<&String> { lines.iter().filter(|line| line.starts_with(word)).collect() };
    let failed = tries("failed ");
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(tries("ok ").len(), TRIES, "{lines:#?}");
    assert!(board.ended(LIMIT).await.unwrap().success());
}
