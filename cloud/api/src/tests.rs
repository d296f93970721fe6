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

/// Whoever makes a client of the description finds every schema that it names.
#[test]
fn every_schema_that_is_named_is_described() {
    let made = serde_json::to_value(description()).expect("JSON");
    let (mut all, mut missing, mut seen) = (vec![&made], Vec::new(), 0);
    while let Some(value) = all.pop() {
        if let Some(name) = value.get("$ref").and_then(serde_json::Value::as_str) {
            seen += 1;
            if made.pointer(name.trim_start_matches('#')).is_none() {
                missing.push(name);
            }
        }
        all.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
        all.extend(value.as_array().into_iter().flatten());
    }
    assert!(seen > 50, "{seen}");
    assert_eq!(missing, Vec::<&str>::new());
}
