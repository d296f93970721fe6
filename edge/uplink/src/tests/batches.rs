//! Batches: order, cursor, refusals, lost answers.

use super::{site::Site, stub::Stub};
use crate::{EdgeIdentity, export};
use protocol::{Lane, Seq};

/// Everything committed is stored, byte for byte and in place.
fn assert_complete(site: &Site, stub: &Stub) {
    for lane in Lane::ALL {
        let mut after = Seq::ZERO;
        while let Some(records) = site.port.records(lane, after, 1 << 20).unwrap() {
            for frame in protocol::frame::decode_all(&records.bytes) {
                let frame = frame.unwrap();
                stub.see(|world| assert_eq!(world.stored[&(lane, frame.seq)], frame.body));
            }
            after = records.last;
        }
        assert_eq!(after, site.committed().of(lane));
    }
}

#[tokio::test]
async fn everything_arrives_in_place_and_the_cursor_follows() {
    let (stub, site) = (Stub::start().await, Site::new());
    site.say(20).await;
    site.measure(5).await;
    let _uplink = site.link(&stub).await;
    stub.until(|world| world.keys.len() >= 2).await;
    site.say(20).await;
    let cursor = site
        .cursor(|cursor| cursor.telemetry >= Seq(5) && cursor.facts >= Seq(41))
        .await;
    assert!(cursor.facts <= site.committed().facts);
    site.cursor(|cursor| cursor == site.committed()).await;
    assert_complete(&site, &stub);
    // The 20 facts and the start's own that waited at first are up before any telemetry; that the link is up may be, too.
    let keys = stub.see(|world| world.keys.clone());
    let before = keys.iter().take_while(|key| !key.contains("/telemetry/"));
    let facts = before.filter_map(|key| key.rsplit('-').next()?.parse::<u64>().ok());
    assert!(facts.max() >= Some(21), "{keys:?}");
    assert!(keys.iter().any(|key| key.contains("/telemetry/")), "{keys:?}");
}

#[tokio::test]
async fn lost_answers_and_refused_sizes_lose_nothing() {
    let (stub, site) = (Stub::start().await, Site::new());
    stub.change(|world| world.largest = 4000);
    site.say(50).await;
    let identity = site.enrolled(&stub).await;
    let _uplink = site.start(identity);
    stub.until(|world| world.keys.len() >= 2).await;
    stub.change(|world| world.lose = 2);
    site.cursor(|cursor| cursor.facts >= Seq(51)).await;
    assert_complete(&site, &stub);
}

#[tokio::test]
async fn a_refused_record_does_not_hold_up_telemetry_and_is_offered_until_it_is_taken() {
    let (stub, site) = (Stub::start().await, Site::new());
    site.say(3).await;
    stub.change(|world| world.refuse_batches = true);
    let _uplink = site.link(&stub).await;
    let single = |key: &String| key.ends_with("/facts/1-1");
    stub.until(|world| world.keys.iter().filter(|key| single(key)).count() >= 2)
        .await;
    assert_eq!(site.port.status().await.unwrap().cursor.facts, Seq::ZERO);
    stub.change(|world| world.refuse_batches = false);
    site.cursor(|cursor| cursor.facts == site.committed().facts).await;
    assert_complete(&site, &stub);
}

#[tokio::test]
async fn an_export_is_signed_whole_and_leaves_the_cursor_alone() {
    let (stub, site) = (Stub::start().await, Site::new());
    let identity: EdgeIdentity = site.enrolled(&stub).await;
    site.say(30).await;
    site.measure(2).await;
    let cursor = site.port.status().await.unwrap().cursor;
    let path = site.dir.path().join("unsent.osx");
    let now = site.port.clock().now();
    let records = |lane, after| site.port.records(lane, after, 2000).unwrap();
    let exported = export(&identity, site.port.epoch(), cursor, now, &path, records).unwrap();
    assert_eq!(exported.upto, site.committed());
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), exported.bytes);
    let file = protocol::export::decode(&bytes).unwrap();
    assert_eq!(file.claimed_edge().unwrap(), identity.edge());
    let (manifest, parts) = file.verify(&identity.public_key()).unwrap();
    assert_eq!(
        (manifest.parts.len(), parts.len()),
        (exported.batches, exported.batches)
    );
    let last = site.committed();
    let lanes: Vec<_> = exported.lanes.iter().map(|one| (one.lane, one.from, one.to)).collect();
    assert_eq!(
        lanes,
        [
            (Lane::Facts, Seq(1), last.facts),
            (Lane::Telemetry, Seq(1), last.telemetry)
        ]
    );
    let in_lanes: u64 = exported.lanes.iter().map(|one| one.bytes).sum();
    assert_eq!(in_lanes, parts.iter().map(|wire| wire.len() as u64).sum::<u64>());
    let mut events = 0;
    for (part, wire) in manifest.parts.iter().zip(parts) {
        let plain = zstd::bulk::decompress(wire, protocol::batch::MAX_PLAIN).unwrap();
        let batch = protocol::batch::decode(&plain).unwrap();
        assert_eq!(batch.header, part.header);
        events += batch.records.len();
    }
    assert_eq!(events as u64, exported.upto.facts.0 + exported.upto.telemetry.0);
    assert_eq!(site.port.status().await.unwrap().cursor, cursor);
}

#[tokio::test]
async fn damage_on_disk_is_explained_and_the_rest_arrives() {
    let (stub, site) = (Stub::start().await, Site::new());
    site.say(30).await;
    let whole = site.port.records(Lane::Facts, Seq::ZERO, 1 << 20).unwrap().unwrap();
    flip_a_bit(&site, b"test.20");
    let _uplink = site.link(&stub).await;
    let tombstone = |body: &Vec<u8>| String::from_utf8_lossy(body).contains("journal.dropped");
    stub.until(|world| world.stored.values().any(tombstone)).await;
    let stored = stub.see(|world| world.stored.clone());
    let lost: Vec<Seq> = protocol::frame::decode_all(&whole.bytes)
        .map(|frame| frame.unwrap().seq)
        .filter(|seq| !stored.contains_key(&(Lane::Facts, *seq)))
        .collect();
    // `site.started` is the first fact, `test.0` the second.
    assert_eq!(lost, [Seq(22)]);
    let told: String = stored
        .values()
        .filter(|body| tombstone(body))
        .map(|body| String::from_utf8_lossy(body))
        .collect();
    assert!(told.contains(r#""from_seq":22,"to_seq":22"#), "{told}");
}

/// Flips a bit of a text in the journal's segments.
fn flip_a_bit(site: &Site, text: &[u8]) {
    use std::os::unix::fs::FileExt as _;
    for entry in std::fs::read_dir(site.dir.path().join("journal")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        if path.to_string_lossy().contains("facts")
            && let Some(at) = bytes.windows(text.len()).position(|window| window == text)
        {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.write_all_at(&[bytes[at] ^ 1], at as u64).unwrap();
            return;
        }
    }
    panic!("{text:?} is in no segment");
}
