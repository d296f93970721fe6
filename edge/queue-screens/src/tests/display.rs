//! The display: what it shows, how soon, what it plays, and what it says about itself.

use super::{open_branch::OpenBranch, word::word};
use axum::body::BodyDataStream;
use edge_announce::{Clip, Emergency, EmergencyNotice, Playlist};
use expect_test::expect;
use futures_util::StreamExt as _;
use http::Request;
use protocol::lang::Names;
use serde_json::Value;
use tower::ServiceExt as _;

/// A screen's stream, read event by event.
pub(super) struct EventReader {
    body: BodyDataStream,
    text: String,
}

impl EventReader {
    pub(super) async fn open(branch: &OpenBranch, path: &str, cookie: &str, last: &str) -> Self {
        let request = Request::get(path)
            .header("cookie", cookie)
            .header("last-event-id", last);
        let answer = branch
            .router()
            .oneshot(request.body(axum::body::Body::empty()).expect("a request"))
            .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            body: answer.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The next event: its name, its id, what it holds. None: the stream has ended.
    pub(super) async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .to_owned()
                };
                let found = (
                    field("event: "),
                    field("id: "),
                    serde_json::from_str(&field("data: ")).expect("JSON"),
                );
                self.text = rest.to_owned();
                return Some(found);
            }
            self.text += std::str::from_utf8(&self.body.next().await?.expect("bytes")).expect("text");
        }
    }

    /// The next state that a test looks for.
    pub(super) async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (event, _, state) = self.next().await.expect("the stream goes on");
            if event == "state" && fits(&state) {
                return state;
            }
        }
    }
}

fn numbers(state: &Value) -> Vec<String> {
    let called = state["called"].as_array().expect("a list").iter();
    called
        .map(|call| {
            format!(
                "{} → {} {} {}",
                call["number"], call["window"], call["arrow"], call["state"]
            )
        })
        .collect()
}

#[tokio::test]
async fn calls_are_shown_as_they_are_made_newest_first() {
    let branch = OpenBranch::open().await;
    let display = branch.pair("display", None).await;
    let mut stream = EventReader::open(&branch, "/display/live?lang=en", &display, "").await;
    let first = stream.until(|_| true).await;
    assert!(numbers(&first).is_empty());
    let (one, two) = (branch.desk("w1", 1).await, branch.desk("w2", 2).await);
    for (service, token) in [("cash", "one"), ("cards", "two"), ("cash", "three")] {
        branch.ticket(service, token).await;
    }
    let waiting = stream
        .until(|state| state["waiting"].as_array().is_some_and(|list| list.len() == 2))
        .await;
    branch.act(&one, "act=call_next").await;
    branch.act(&two, "act=call_next").await;
    let state = stream.until(|state| numbers(state).len() == 2).await;
    expect![[r#"
        ["\"K-002\" → 2 \"right\" \"called\"", "\"K-001\" → 1 \"left\" \"called\""]"#]]
    .assert_eq(&format!("{:?}", numbers(&state)));
    assert_eq!(waiting["waiting"].as_array().map(Vec::len), Some(2));
    branch.act(&two, "act=no_show").await;
    let state = stream.until(|state| state["called"][0]["state"] == "done").await;
    assert_eq!(numbers(&state).len(), 2, "it stays for a while though nobody came");
}

#[tokio::test]
async fn a_state_a_display_has_is_not_sent_again() {
    let branch = OpenBranch::open().await;
    let display = branch.pair("display", None).await;
    let path = "/display/live?lang=en";
    let (_, id, _) = EventReader::open(&branch, path, &display, "")
        .await
        .next()
        .await
        .expect("a state");
    let mut again = EventReader::open(&branch, path, &display, &id).await;
    branch.ticket("cash", "one").await;
    let (_, newer, state) = again.next().await.expect("the next state, not the same");
    assert_ne!(newer, id);
    assert_eq!(state["waiting"][0]["waiting"], 1);
    let poll = branch
        .ask(&format!("GET {path}&once=1&last={newer}"), &[("cookie", &display)], "")
        .await;
    assert_eq!(poll.status, 204);
}

#[tokio::test]
async fn an_emergency_goes_over_everything_in_every_language_and_outlives_a_restart() {
    let branch = OpenBranch::open().await;
    let display = branch.pair("display", None).await;
    let mut stream = EventReader::open(&branch, "/display/live", &display, "").await;
    stream.until(|state| state["emergency"].is_null()).await;
    let emergency = &branch.state.announcements.emergency();
    emergency.set(Some(EmergencyNotice::Evacuate)).await.expect("kept");
    let state = stream.until(|state| !state["emergency"].is_null()).await;
    let said = state["emergency"].as_array().expect("texts");
    assert_eq!(said.len(), 4);
    assert_eq!(said[3]["text"], "Attention! Leave the building now. Follow the staff");
    let after = Emergency::new(branch.port.clone());
    after.recover().await;
    assert_eq!(*after.watch().borrow(), Some(EmergencyNotice::Evacuate));
    emergency
        .set(Some(EmergencyNotice::Own(
            Names::of("Lift 2 <b>stands").expect("names"),
        )))
        .await
        .expect("kept");
    stream
        .until(|state| state["emergency"][0]["text"] == "Lift 2 <b>stands")
        .await;
    emergency.set(None).await.expect("kept");
    stream.until(|state| state["emergency"].is_null()).await;
}

#[tokio::test]
async fn a_call_is_said_twice_by_the_display_and_recorded_once_heard() {
    let branch = OpenBranch::open().await;
    let display = branch.pair("display", None).await;
    let stems = &branch.state.announcements.voice().stems();
    for name in ["ticket", "letter-k", "1", "window"] {
        stems
            .keep(&format!("uz/{name}.wav"), &word(50, 22_050, 1))
            .expect("kept");
    }
    let desk = branch.desk("w1", 1).await;
    branch.ticket("cash", "one").await;
    let mut stream = EventReader::open(&branch, "/display/live", &display, "").await;
    branch.act(&desk, "act=call_next").await;
    let mut last = Value::Null;
    for time in 1..=2 {
        let state = stream
            .until(|state| !state["say"].is_null() && state["say"]["id"] != last)
            .await;
        last = state["say"]["id"].clone();
        let src = state["say"]["src"].as_str().expect("an address");
        let request = Request::get(src).header("cookie", &display);
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let sound = branch.router().oneshot(request).await.expect("an answer");
        assert_eq!(sound.headers()["content-type"], "audio/wav");
        let sound = axum::body::to_bytes(sound.into_body(), 1 << 20).await.expect("a file");
        let clip = Clip::parse(&sound).expect("a clip");
        assert!(clip.ms() > 1_300 + 5 * 50);
        assert_eq!(
            branch.facts("announce").await.len(),
            time - 1,
            "nothing is recorded before it was heard"
        );
        let heard = format!("POST /display/heard?id={last}&end=played");
        assert_eq!(branch.ask(&heard, &[("cookie", &display)], "").await.status, 204);
        stream.until(|state| state["say"].is_null()).await;
        while branch.facts("announce").await.len() < time {
            tokio::task::yield_now().await;
        }
    }
    let mute = branch.state.announcements.voice().state().borrow().mute.clone();
    assert_eq!(mute, [protocol::Lang::Ru], "a language without its words is told about");
}

/// A file of the media folder, as a paired display gets it and a stranger does not.
async fn files_come_in_ranges(branch: &OpenBranch, display: &str) {
    let name = "always.png".parse().expect("a name");
    let media = branch.state.announcements.media();
    media.keep(&name, "0123456789".into()).await.expect("kept");
    let get = async |name: &str, range: &str| {
        let line = format!("GET /display/media/{name}");
        let headers = [("cookie", display), ("range", range)];
        let sent = if range.is_empty() { &headers[..1] } else { &headers[..] };
        branch.ask(&line, sent, "").await
    };
    assert_eq!(branch.get("/display/media/always.png").await.status, 401, "a stranger");
    let whole = get("always.png", "").await;
    assert_eq!(
        (whole.status.as_u16(), whole.body.as_str(), whole.header("content-type")),
        (200, "0123456789", "image/png")
    );
    for (range, part) in [
        ("bytes=2-4", "234"),
        ("bytes=7-", "789"),
        ("bytes=-2", "89"),
        ("bytes=8-99", "89"),
    ] {
        let answer = get("always.png", range).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (206, part), "{range}");
    }
    assert_eq!(get("always.png", "bytes=10-").await.status, 416);
    for name in ["index.json", "..%2Findex.json", ".png", "UPPER.png", "none.png"] {
        assert_eq!(get(name, "").await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn a_playlist_is_shown_in_its_time_only_and_files_come_in_ranges() {
    let branch = OpenBranch::open().await;
    let list = serde_json::json!([
        {"file": "always.png", "seconds": 5},
        {"text": {"uz-Latn": "Salom", "en": "Hello"}},
        {"file": "later.mp4", "from": "2030-01-01"},
        {"file": "sundays.jpg", "weekdays": ["sun"]},
        {"text": {"en": "Night"}, "between": ["23:00", "23:01"]},
    ]);
    let playlist: Playlist = serde_json::from_value(list).expect("a playlist");
    branch.state.announcements.set_playlist(playlist).await.expect("kept");
    let display = branch.pair("display", None).await;
    let mut stream = EventReader::open(&branch, "/display/live?lang=en", &display, "").await;
    let state = stream
        .until(|state| state["media"].as_array().is_some_and(|media| !media.is_empty()))
        .await;
    expect![[
        r#"[{"kind":"image","seconds":5,"src":"/display/media/always.png"},{"kind":"text","seconds":10,"text":"Hello"}]"#
    ]]
    .assert_eq(&state["media"].to_string());
    files_come_in_ranges(&branch, &display).await;
    for wrong in [
        r#"[{"file":"../x.png"}]"#,
        r#"[{"file":"x.png","seconds":1}]"#,
        r#"[{"file":"x.png","from":"2026-02-01","until":"2026-01-01"}]"#,
    ] {
        assert!(serde_json::from_str::<Playlist>(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_revoked_display_loads_its_page_again_and_a_silent_one_is_dark() {
    let branch = OpenBranch::open().await;
    let display = branch.pair("display", None).await;
    let mut stream = EventReader::open(&branch, "/display/live", &display, "").await;
    stream.until(|_| true).await;
    assert_eq!(
        branch
            .ask("POST /display/beat", &[("cookie", &display)], "")
            .await
            .status,
        204
    );
    branch.clock.0.fetch_add(60_000, std::sync::atomic::Ordering::SeqCst);
    let dark = branch.state.screens.live.fresh().await.dark.clone();
    assert_eq!(
        dark.iter().map(|screen| screen.as_str()).collect::<Vec<_>>(),
        ["display-1"]
    );
    branch
        .state
        .lan
        .pairing()
        .revoke(&dark[0], "admin")
        .await
        .expect("revoked");
    let end = loop {
        let (event, _, _) = stream.next().await.expect("a word before the end");
        if event != "state" {
            break event;
        }
    };
    assert_eq!(end, "reload");
    assert!(stream.next().await.is_none());
    assert_eq!(
        branch
            .ask("POST /display/beat", &[("cookie", &display)], "")
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_screen_whose_end_is_not_on_disk_is_let_in_no_more_and_can_be_revoked_again() {
    let branch = OpenBranch::open().await;
    let display = branch.pair("display", None).await;
    branch.port.stop().await;
    let pairing = &branch.state.lan.pairing();
    let id = pairing
        .all()
        .await
        .expect("read")
        .first()
        .expect("a display")
        .id
        .clone();
    for _ in 0..2 {
        pairing
            .revoke(&id, "admin")
            .await
            .expect_err("nothing reaches the disk");
        assert_eq!(pairing.all().await.expect("read").len(), 1, "it is not done");
    }
    let beat = branch.ask("POST /display/beat", &[("cookie", &display)], "").await;
    assert_eq!(beat.status, 401);
}
