//! Media files that leave room for the queue, and texts of others that end in their time.

use super::rig::{ManualClock, kernel, pass};
use crate::{
    Displays, Emergency, Media, SiteNotices,
    signage::files::{ALL_BYTES, part},
};
use protocol::{Lang, Timestamp, lang::Names};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn the_same_words_told_again_stay_as_long_as_was_said_last() {
    let (dir, clock, stop) = (
        tempfile::tempdir().expect("a directory"),
        Arc::new(ManualClock::default()),
        CancellationToken::new(),
    );
    let started = kernel(dir.path(), Arc::clone(&clock)).await;
    let port = started.port.clone();
    tokio::spawn(pass(port.clone(), clock, 500));
    let text = || Names::try_from(BTreeMap::from([(Lang::En, "Leave by the stairs".to_owned())])).expect("a text");
    let show = async |emergency: &Emergency, ms: u64| {
        let displays = Displays::new(emergency.clone(), SiteNotices::new(port.clone()), stop.clone());
        displays.show(text(), Duration::from_millis(ms)).await.expect("on disk");
    };
    let told_twice = Emergency::new(port.clone());
    show(&told_twice, 1).await;
    told_twice.watch().wait_for(Option::is_none).await.expect("it ends");
    show(&told_twice, 5).await;
    show(&told_twice, 3_600_000).await;
    // Begun last and over: so is what began before it for a shorter time.
    let told_once = Emergency::new(port.clone());
    show(&told_once, 20).await;
    told_once.watch().wait_for(Option::is_none).await.expect("it ends");
    assert!(told_twice.watch().borrow().is_some());
}

#[tokio::test]
async fn a_notice_outlives_a_restart_and_not_its_time() {
    let (dir, clock) = (
        tempfile::tempdir().expect("a directory"),
        Arc::new(ManualClock::default()),
    );
    let started = kernel(dir.path(), Arc::clone(&clock)).await;
    let port = started.port.clone();
    tokio::spawn(pass(port.clone(), Arc::clone(&clock), 500));
    let text = |text: &str| Names::try_from(BTreeMap::from([(Lang::En, text.to_owned())])).expect("a text");
    let notices = SiteNotices::new(port.clone());
    let shown = |notices: &SiteNotices, at| notices.watch().borrow().as_ref().and_then(|notice| notice.texts_at(at));
    let begun = port.clock().now();
    notices
        .show(text("Closed at noon"), Duration::from_secs(60))
        .await
        .expect("on disk");
    notices
        .show(text("Closed at five"), Duration::from_secs(3600))
        .await
        .expect("on disk");
    let again = SiteNotices::new(port.clone());
    assert_eq!(shown(&again, begun), None);
    again.recover().await;
    let texts = shown(&again, begun).expect("it is shown");
    assert_eq!(
        serde_json::to_string(&texts).expect("JSON"),
        r#"[{"lang":"en","text":"Closed at five"}]"#
    );
    let over = Timestamp::from_millis(begun.as_millis() + 2 * 3_600_000);
    assert_eq!((shown(&again, over), shown(&notices, over)), (None, None));
    again.end().await.expect("on disk");
    let ended = SiteNotices::new(port);
    ended.recover().await;
    assert_eq!((shown(&again, begun), shown(&ended, begun)), (None, None));
}

#[tokio::test]
async fn media_do_not_take_the_disk_of_the_queue() {
    let dir = tempfile::tempdir().expect("a directory");
    let media = Media::new(dir.path());
    let (big, small) = ("big.mp4".parse().expect("a name"), "small.png".parse().expect("a name"));
    media.keep(&big, "whole".into()).await.expect("kept");
    let file = std::fs::File::options()
        .write(true)
        .open(dir.path().join("media/big.mp4"));
    // A hole, not bytes.
    file.and_then(|file| file.set_len(ALL_BYTES - 2)).expect("grown");
    media.keep(&small, "12".into()).await.expect("there is room");
    let refused = media.keep(&small, "1".into()).await.expect_err("there is none");
    assert!(refused.detail().contains("Free some space"));
    media.remove(&big).await.expect("gone");
    media.keep(&small, "1".into()).await.expect("there is room");
    assert_eq!(media.names().await, vec![small]);
}

#[tokio::test]
async fn half_a_file_does_not_outlive_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let media = Media::new(dir.path());
    let name = "clip.mp4".parse().expect("a name");
    media.keep(&name, "whole".into()).await.expect("kept");
    let half = dir.path().join("media/other.mp4.part");
    std::fs::write(&half, "ha").expect("written");
    media.tidy().await;
    assert_eq!((media.names().await, half.exists()), (vec![name], false));
}

proptest::proptest! {
    #[test]
    fn a_part_lies_within_its_file(range in "[0-9]{0,21}-[0-9]{0,21}", len in 0_u64..1000) {
        if let Some((from, to)) = part(&range, len) {
            proptest::prop_assert!(from < to && to <= len);
        }
    }
}
