//! A branch at work: a kernel, the screens' tasks, paired screens, and a short way to be a person at each of them.

use super::{
    AREAS,
    browser::between,
    rig::{self, Answer, ManualClock, ask, kernel, pass},
};
use crate::ScreensState;
use axum::Router;
use edge_announce::Speaker;
use edge_kernel::{KernelHandle, Port};
use edge_lan::{CloudLink, LanState, pairing::SpotReplacement, routes};
use edge_queue::{Queue, Request, SetupChange};
use http::HeaderMap;
use protocol::{
    Actor, Event, Lane, Lang, PersonId, Seq,
    id::TicketId,
    queue::{Branch, Source, TicketNumber},
};
use std::{path::Path, sync::Arc};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The PIN of everybody.
pub(super) const PIN: &str = "4711";

pub(super) struct OpenBranch {
    pub(super) state: ScreensState,
    pub(super) port: Port,
    pub(super) link: watch::Sender<CloudLink>,
    pub(super) clock: Arc<ManualClock>,
    _dir: tempfile::TempDir,
    stop: CancellationToken,
    router: Router,
    _kernel: KernelHandle,
}

impl Drop for OpenBranch {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Two services, two windows, two operators.
pub(super) async fn branch() -> Branch {
    let pin = edge_lan::secret::SecretHasher::new().hash(PIN).await.expect("a hash");
    let text = serde_json::json!({
        "name": {"uz-Latn": "Chilonzor filiali", "ru": "Чиланзарский филиал"},
        "announce": ["uz-Latn", "ru"],
        "services": [
            {"id": "cash", "prefix": "K", "name": {"uz-Latn": "Kassa", "ru": "Касса", "en": "Cash desk"}, "minutes": 5, "target_wait": 10},
            {"id": "cards", "prefix": "C", "name": {"uz-Latn": "Kartalar", "ru": "Карты", "en": "Cards"}, "minutes": 10, "target_wait": 20,
             "outcomes": [{"code": "sold", "name": {"uz-Latn": "Sotildi"}}, {"code": "no", "name": {"uz-Latn": "Rad etildi"}}], "outcome": "required"},
        ],
        "profiles": [{"id": "all", "name": {"uz-Latn": "Hammasi"}, "serves": [{"service": "cash", "weight": 2}, {"service": "cards"}]}],
        "windows": [{"id": "w1", "number": 1, "arrow": "left"}, {"id": "w2", "number": 2, "arrow": "right"}],
        "operators": [
            {"id": "00000000-0000-7000-8000-000000000001", "name": "Nargiza", "profile": "all", "pin": pin},
            {"id": "00000000-0000-7000-8000-000000000002", "name": "Timur", "profile": "all", "pin": pin},
        ],
    });
    serde_json::from_value(text).expect("a branch")
}

pub(super) fn operator(number: u8) -> PersonId {
    format!("00000000-0000-7000-8000-00000000000{number}")
        .parse()
        .expect("an id")
}

impl OpenBranch {
    pub(super) async fn open() -> Self {
        Self::with_speaker(None).await
    }

    /// The same with a loudspeaker of the box's own.
    pub(super) async fn with_speaker(speaker: Option<Arc<dyn Speaker>>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let branch = Self::in_folder(dir.path(), speaker).await;
        branch(dir)
    }

    async fn in_folder(
        path: &Path,
        speaker: Option<Arc<dyn Speaker>>,
    ) -> impl FnOnce(tempfile::TempDir) -> Self + use<> {
        let clock = Arc::new(ManualClock::default());
        let started = kernel(path, clock.clone()).await;
        let (link, link_out) = watch::channel(CloudLink::Alone);
        let (pushes, _) = mpsc::channel(1);
        let (calling, _exchange) = rig::calling();
        let mut settings = rig::settings(link_out, calling);
        settings.state = path.to_owned();
        let port = started.port.clone();
        let lan = LanState::new(settings, port.clone(), AREAS, pushes);
        let state = ScreensState::of(&lan);
        let branch = Some(Arc::new(branch().await));
        let settled = port.configure::<Queue>(SetupChange::Settled(branch));
        settled.await.expect("set up");
        let stop = CancellationToken::new();
        state.announcements.begin(speaker, &stop).await;
        state.screens.begin(&stop);
        tokio::spawn(pass(port.clone(), clock.clone(), 20));
        let router = routes(&lan);
        move |dir| Self {
            state,
            port,
            link,
            clock,
            _dir: dir,
            stop,
            router,
            _kernel: started,
        }
    }

    /// Puts another branch in force.
    pub(super) async fn set_up(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut text = serde_json::to_value(branch().await).expect("JSON");
        change(&mut text);
        let branch = Some(Arc::new(serde_json::from_value(text).expect("a branch")));
        let settled = self.port.configure::<Queue>(SetupChange::Settled(branch));
        settled.await.expect("set up");
    }

    pub(super) async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        ask(self.router.clone(), line, headers, body.to_owned().into()).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[("accept", "text/html")], "").await
    }

    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Pairs a screen as a person would; its cookie.
    pub(super) async fn pair(&self, kind: &str, window: Option<&str>) -> String {
        let shown = self.get(&format!("/pair/{kind}")).await;
        let code: String = between(&shown.body, "aria-label=\"", "\"")
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let window = window.map(|window| window.parse().expect("a slug"));
        self.state
            .lan
            .pairing()
            .pair(&code, "", window, SpotReplacement::Confirmed, "admin")
            .await
            .expect("paired");
        let secret = cookie(&shown.headers);
        let standing = self
            .ask(&format!("GET /pair/{kind}/standing"), &[("cookie", &secret)], "")
            .await;
        assert_eq!(standing.status, 200);
        cookie(&standing.headers)
    }

    /// A desk at a window with somebody signed in; its cookie.
    pub(super) async fn desk(&self, window: &str, who: u8) -> String {
        let desk = self.pair("desk", Some(window)).await;
        let form = format!("operator={}&pin={PIN}", operator(who));
        let answer = self.ask("POST /desk/sign-in", &[("cookie", &desk)], &form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        desk
    }

    /// Does something at a desk; what it is told.
    pub(super) async fn act(&self, desk: &str, form: &str) -> String {
        let answer = self.ask("POST /desk/act?lang=en", &[("cookie", desk)], form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let told = answer.json();
        let mark = if told["done"] == true { "✔" } else { "✖" };
        format!("{mark} {}", told["said"].as_str().expect("text"))
    }

    /// A desk's present state.
    pub(super) async fn desk_state(&self, desk: &str) -> serde_json::Value {
        self.ask("GET /desk/live?once=1&lang=en", &[("cookie", desk)], "")
            .await
            .json()
    }

    /// Gives out a ticket with a token; its id and number.
    pub(super) async fn ticket(&self, service: &str, token: &str) -> (TicketId, TicketNumber) {
        let mut entropy = [0; 10];
        entropy.copy_from_slice(
            edge_lan::secret::hash(token)
                .as_bytes()
                .first_chunk::<10>()
                .expect("a hash"),
        );
        let ticket = TicketId::new(self.port.clock().now(), entropy);
        let request = Request::Issue {
            ticket,
            service: service.parse().expect("a slug"),
            source: Source::Kiosk,
            lang: Lang::En,
            token_hash: edge_lan::secret::hash(token).into(),
            booking_code_hash: None,
        };
        let facts = self.port.decide::<Queue>(Actor::Edge, request).await.expect("issued");
        let number = match facts.first() {
            Some(protocol::Fact::QueueIssued(issued)) => issued.number,
            other => panic!("{other:?}"),
        };
        (ticket, number)
    }

    /// Names of the facts on disk that begin so.
    pub(super) async fn facts(&self, begin: &str) -> Vec<String> {
        self.port.status().await.expect("what was asked before is done");
        let mut names = Vec::new();
        for lane in [Lane::Facts, Lane::Telemetry] {
            let mut after = Seq::ZERO;
            while let Some(records) = self.port.records(lane, after, 1 << 20).expect("readable") {
                let frames = protocol::frame::decode_all(&records.bytes).map(|frame| frame.expect("a good record"));
                let events = frames.map(|frame| Event::decode(frame.body).expect("an event"));
                names.extend(events.map(|event| event.fact.name().to_owned()));
                after = records.last;
            }
        }
        names.retain(|name| name.starts_with(begin));
        names
    }
}

fn cookie(headers: &HeaderMap) -> String {
    let set = headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("text"));
    let kept = set.filter(|cookie| !cookie.contains("Max-Age=0"));
    kept.map(|cookie| cookie.split(';').next().expect("a pair"))
        .collect::<Vec<_>>()
        .join("; ")
}
