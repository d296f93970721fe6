//! The API's description; what the API does is tested through the relay's assembly.

use crate::description;
use std::path::Path;

/// The committed description is the one the code makes. `OSTONA_UPDATE=1 cargo test -p cloud-api description` writes it.
#[test]
fn the_committed_description_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = description().to_pretty_json().expect("JSON") + "\n";
    if std::env::var_os("OSTONA_UPDATE").is_some() {
        std::fs::write(&path, &made).expect("docs/openapi.json can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "docs/openapi.json is old: run OSTONA_UPDATE=1 cargo test -p cloud-api description"
    );
}
