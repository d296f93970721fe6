//! The way into the box's own settings: who gets in, and who does not.

use super::{
    areas::AREAS,
    browser::{Browser, PASSWORD},
    rig::{ManualClock, calling, kernel, pass, settings},
};
use crate::{CloudLink, LanState, admin, claim_code, forget_password, routes};
use axum::Router;
use edge_kernel::{DevicePresence, KernelHandle, Port};
use protocol::{Event, Fact, Lane, Seq};
use std::{path::Path, sync::Arc};
use tokio::sync::{mpsc, watch};

/// An empty box on a table.
struct EmptyEdge {
    state: LanState,
    port: Port,
    dir: tempfile::TempDir,
    router: Router,
    _kept: KernelGuard,
}

/// What goes on as long as it is kept.
pub(super) struct KernelGuard {
    _kernel: KernelHandle,
    _link: watch::Sender<CloudLink>,
}

async fn state(folder: &Path) -> (LanState, KernelGuard) {
    let clock = Arc::new(ManualClock::default());
    let started = kernel(folder, Arc::clone(&clock)).await;
    tokio::spawn(pass(started.port.clone(), clock, 500));
    let (link, link_out) = watch::channel(CloudLink::Alone);
    let (pushes, _) = mpsc::channel(1);
    let mut settings = settings(link_out, calling().0);
    settings.state = folder.to_owned();
    let state = LanState::new(settings, started.port.clone(), AREAS, pushes);
    let kept = KernelGuard {
        _kernel: started,
        _link: link,
    };
    (state, kept)
}

/// The pages of an empty box.
pub(super) async fn router(folder: &Path) -> (Router, KernelGuard) {
    let (state, kept) = state(folder).await;
    (routes(&state), kept)
}

impl EmptyEdge {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (state, kept) = state(dir.path()).await;
        Self {
            port: state.port().clone(),
            router: routes(&state),
            state,
            dir,
            _kept: kept,
        }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    async fn claimed(&self) -> Browser {
        let mut admin = self.browser();
        admin.claim(self.dir.path()).await;
        admin
    }

    fn count(&self, fits: impl Fn(&Fact) -> bool) -> usize {
        let (mut count, mut after) = (0, Seq::ZERO);
        while let Some(records) = self.port.records(Lane::Facts, after, 1 << 20).expect("readable") {
            let frames = protocol::frame::decode_all(&records.bytes).map(|frame| frame.expect("a good record"));
            let events = frames.map(|frame| Event::decode(frame.body).expect("an event"));
            count += events.filter(|event| fits(&event.fact)).count();
            after = records.last;
        }
        count
    }
}

#[tokio::test]
async fn the_first_password_takes_the_code_of_the_box() {
    let table = EmptyEdge::new().await;
    let mut browser = table.browser();
    assert_eq!(browser.get("/admin").await.header("location"), "/admin/sign-in");
    assert_eq!(browser.get("/admin/sign-in").await.header("location"), "/setup");
    let code = claim_code(table.dir.path()).expect("a code");
    let file = table.dir.path().join("admin-code");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    for (code, password, again, says) in [
        (wrong, PASSWORD, PASSWORD, "Wrong code"),
        (code.as_str(), "ostona12345", "ostona12345", "too simple"),
        (code.as_str(), PASSWORD, "another-one-9", "differ"),
    ] {
        let fields = [("lang", "en"), ("code", code), ("password", password), ("again", again)];
        let answer = browser.send("/setup", &fields).await;
        assert!(
            answer.status == 200 && answer.body.contains(says),
            "{says} in {}",
            answer.body
        );
        assert!(!answer.body.contains(password), "a password is never shown");
    }
    table.claimed().await;
    assert!(!file.exists(), "the code has done its duty");
    assert_eq!(browser.get("/setup").await.header("location"), "/admin");
}

#[tokio::test]
async fn of_two_who_read_the_code_only_one_chooses_the_password() {
    let table = EmptyEdge::new().await;
    let code = claim_code(table.dir.path()).expect("a code");
    let fields = |password| {
        [
            ("lang", "en"),
            ("code", code.as_str()),
            ("password", password),
            ("again", password),
        ]
    };
    let (mut one, mut other) = (table.browser(), table.browser());
    let (mine, theirs) = (fields(PASSWORD), fields("another-one-9"));
    let answers = tokio::join!(one.send("/setup", &mine), other.send("/setup", &theirs));
    let let_in = [&answers.0, &answers.1].map(|answer| answer.headers.contains_key("set-cookie"));
    assert_eq!(let_in.iter().filter(|is| **is).count(), 1, "{let_in:?}");
    let first = if let_in[0] { PASSWORD } else { "another-one-9" };
    let again = table.browser().send("/admin/sign-in", &[("password", first)]).await;
    assert_eq!(again.header("location"), "/admin", "{}", again.body);
    assert!(!table.dir.path().join("admin-code").exists());
}

#[tokio::test]
async fn wrong_passwords_are_slow_to_try_and_on_record() {
    let table = EmptyEdge::new().await;
    table.claimed().await;
    let mut thief = table.browser();
    let mut answers = Vec::new();
    for _ in 0..7 {
        let answer = thief
            .send("/admin/sign-in", &[("lang", "en"), ("password", "korkam-tulip-78")])
            .await;
        answers.push(answer.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 429, 429]);
    table.port.status().await.expect("what was asked before is done");
    assert_eq!(
        table.count(|fact| matches!(fact, Fact::AuthFailed(_))),
        1,
        "told once a minute"
    );
    let right = thief
        .send("/admin/sign-in", &[("lang", "en"), ("password", PASSWORD)])
        .await;
    assert_eq!(right.status, 429, "the right one, too, waits");
    assert!(right.body.contains("name=\"code\""), "{}", right.body);
    assert_eq!(right.header("retry-after"), "60");
    // Whoever reads the code off the box waits for nobody, and it is good once.
    let code = claim_code(table.dir.path()).expect("a code");
    let form = [("lang", "en"), ("password", PASSWORD), ("code", &code)];
    assert_eq!(thief.send("/admin/sign-in", &form).await.header("location"), "/admin");
    let again = table
        .browser()
        .send("/admin/sign-in", &[("password", "no"), ("code", &code)])
        .await;
    assert!(again.status == 200 && !table.dir.path().join("admin-code").exists());
}

#[tokio::test]
async fn a_lost_password_is_forgotten_by_whoever_has_the_box_in_their_hands() {
    let table = EmptyEdge::new().await;
    table.claimed().await;
    admin::prepare(&table.state).await;
    let mut browser = table.browser();
    assert_eq!(browser.get("/setup").await.header("location"), "/admin", "nobody asked");
    forget_password(table.dir.path()).expect("a state directory");
    admin::prepare(&table.state).await;
    assert!(!table.dir.path().join("admin-reset").exists());
    assert_eq!(browser.get("/admin/sign-in").await.header("location"), "/setup");
    table.claimed().await;
    assert_eq!(
        table.count(|fact| matches!(fact, Fact::Audited(audit) if audit.action == "admin.forgotten")),
        1
    );
}

#[tokio::test]
async fn the_devices_page_shows_every_state_and_runs_nobodys_script() {
    let table = EmptyEdge::new().await;
    table.claimed().await;
    let mut browser = table.browser();
    browser
        .send("/admin/sign-in", &[("lang", "en"), ("password", PASSWORD)])
        .await;
    for (name, presence) in [
        (
            "gate",
            DevicePresence::Degraded {
                reason: "clock_<i>drift".into(),
            },
        ),
        (
            "kiosk",
            DevicePresence::Offline {
                reason: "silent".into(),
            },
        ),
    ] {
        let device = name.parse().expect("a slug");
        table.port.presence(device, presence, None).await.expect("recorded");
    }
    let page = browser.get("/admin/devices").await;
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;b&gt;bold&lt;/b&gt;",
        "degraded: clock &lt;i&gt;drift",
        "offline: silent",
    ] {
        assert!(page.body.contains(shown), "{shown} in\n{}", page.body);
    }
}
