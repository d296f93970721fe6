//! What the demo tells while it gets going: one line for each step, with how long it took.

use anyhow::{Context as _, Result};
use std::future::Future;
use std::io::Write as _;
use tokio::time::Instant;

/// Says what begins, does it, and says how long it took.
pub(crate) async fn step<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    print!("· {what} …");
    std::io::stdout().flush().context("writing to the terminal")?;
    let began = Instant::now();
    let result = work.await;
    match &result {
        Ok(_) => println!(" {:.1} s", began.elapsed().as_secs_f32()),
        Err(_) => println!(" that did not work"),
    }
    result.with_context(|| what.to_owned())
}
