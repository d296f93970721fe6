//! Where the recordings lie: bytes that real devices once sent.
//!
//! What came from public repositories is read where it lies and never copied into this one.

use std::path::{Path, PathBuf};

/// The workspace's root folder.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A file below `../shared/fixtures/public`, e.g. `hikvision/alertStream_DS-K1T342MWX_11parts.txt`. None, and a loud
/// notice on the standard error, where it is absent: the caller then skips what it wanted to show with it.
pub fn public(path: &str) -> Option<Vec<u8>> {
    let file = workspace_root().join("../shared/fixtures/public").join(path);
    match std::fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            notice(&format!(
                "SKIPPED: the public fixture {} cannot be read: {error}",
                file.display()
            ));
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped proof must be seen in the test's output")]
fn notice(text: &str) {
    eprintln!("\n******** {text} ********\n");
}
