//! The box's own code: whoever reads it off the box may choose the first password of its settings.
//!
//! It lies in the state directory, readable by the agent alone, is in no log, and ends with the first password.

use crate::{problem::Problem, secret};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use subtle::ConstantTimeEq as _;

/// Its file, below the state directory.
const FILE: &str = "admin-code";
/// Asks for the password to be forgotten.
const FORGET: &str = "admin-reset";
/// How many digits.
const DIGITS: usize = 8;

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The file cannot be read or written.
    #[error("cannot keep the box's code in {file}")]
    File {
        /// Its path.
        file: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

/// The code of this box, eight digits; made with the first question. For `ostona-edge admin-code`. Blocks.
pub fn claim_code(state: &Path) -> Result<String, ClaimError> {
    let file = state.join(FILE);
    let failed = |source| ClaimError::File {
        file: file.display().to_string(),
        source,
    };
    match fs::read_to_string(&file) {
        Ok(code) if is_code(code.trim()) => return Ok(code.trim().to_owned()),
        Ok(_) => fs::remove_file(&file).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let random: [u8; 8] = secret::random().map_err(|_: Problem| ClaimError::Randomness)?;
    let code = format!("{:08}", u64::from_le_bytes(random) % 100_000_000);
    edge_atomic_file::create(&file, code.as_bytes()).map_err(failed)?;
    Ok(code)
}

/// Makes the code where there is none, as the agent's own file.
pub(crate) async fn prepare(state: &Path) {
    // Without a code nobody claims the box; it says so when somebody tries.
    let _ = stored_code(state).await;
}

/// Asks for the password of the settings to be forgotten at the agent's next start. For `ostona-edge admin-reset`. Blocks.
pub fn forget_password(state: &Path) -> Result<(), ClaimError> {
    let file = state.join(FORGET);
    edge_atomic_file::replace(&file, b"").map_err(|source| ClaimError::File {
        file: file.display().to_string(),
        source,
    })
}

/// Whether somebody asked for that.
pub(crate) async fn is_password_forgotten(state: &Path) -> bool {
    tokio::fs::try_exists(state.join(FORGET)).await.unwrap_or(false)
}

/// It was done.
pub(crate) async fn clear_reset_request(state: &Path) {
    if let Err(error) = remove(state.join(FORGET)).await {
        tracing::warn!(%error, "the next start will forget the password once more");
    }
}

/// Whether that is the code.
pub(crate) async fn is_right(state: &Path, code: &str) -> Result<bool, Problem> {
    let kept = stored_code(state).await;
    let kept = kept.ok_or_else(|| Problem::not_now("The box has no code now."))?;
    Ok(bool::from(kept.as_bytes().ct_eq(code.as_bytes())))
}

/// Whether there is a code now, and that is it: asked for at the box, once. Makes none.
pub(crate) async fn is_there(state: &Path, code: &str) -> bool {
    let kept = tokio::fs::read_to_string(state.join(FILE)).await.unwrap_or_default();
    let right = is_code(kept.trim()) && bool::from(kept.trim().as_bytes().ct_eq(code.as_bytes()));
    if right {
        forget(state).await;
    }
    right
}

async fn stored_code(state: &Path) -> Option<String> {
    let state = state.to_owned();
    match tokio::task::spawn_blocking(move || claim_code(&state)).await {
        Ok(Ok(code)) => Some(code),
        Ok(Err(error)) => {
            tracing::error!(%error, "nobody can claim this box");
            None
        }
        Err(_) => None,
    }
}

/// The code has done its duty.
pub(crate) async fn forget(state: &Path) {
    if let Err(error) = remove(state.join(FILE)).await {
        tracing::warn!(%error, "the box's code cannot be taken away");
    }
}

async fn remove(path: PathBuf) -> io::Result<()> {
    let removed = tokio::task::spawn_blocking(move || edge_atomic_file::remove(&path)).await;
    removed.unwrap_or_else(|_| Err(io::Error::other("the work ended early")))
}

fn is_code(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}
