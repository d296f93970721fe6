//! What may be in no log, whatever its level: keys, codes and passwords.

use super::{
    site::{Site, state},
    stub::Stub,
};
use crate::LinkState;
use std::{
    io,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_whole_life_leaves_no_secret_in_the_log() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| world.lose = 1);
    let uplink = site.link(&stub).await;
    state(&uplink, |state| matches!(state, LinkState::Up { .. })).await;
    site.say(1).await;
    site.cursor(|cursor| cursor.facts == site.committed().facts).await;
    let written = || String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    // The state is shown before the line is written.
    let told = async {
        while !written().contains("the cloud answers") {
            tokio::task::yield_now().await;
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), told).await;
    let log = written();
    assert!(told.is_ok() && log.contains("enrolled"), "{log}");
    let file = std::fs::read_to_string(site.identity_path()).unwrap();
    let seed = file.split("\"seed\":\"").nth(1).unwrap().split('"').next().unwrap();
    let code = stub.code();
    for secret in [seed, code.expose(), &code.to_string()] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}
