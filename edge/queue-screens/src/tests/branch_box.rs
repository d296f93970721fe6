//! An empty box on a table, and the browsers around it: what the tests of settings and kiosk stand on.

pub(super) use super::browser::{Browser, HOST, PASSWORD, between};
use super::{
    AREAS,
    rig::{ManualClock, calling, kernel, pass, settings},
};
use crate::ScreensState;
use axum::Router;
use edge_kernel::{
    AppOrder, Effect, Effects, Port,
    prints::{self, Prints},
};
use edge_kiosk::{KioskFlows, Visits};
use edge_lan::{CloudLink, LanState, routes};
use protocol::{Actor, Event, Fact, Lane, Outcome, Seq, fact::DeviceIdentity};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};

pub(super) struct BranchBox {
    pub(super) state: ScreensState,
    pub(super) port: Port,
    pub(super) dir: tempfile::TempDir,
    /// What the printer answers from now on.
    pub(super) printer: Arc<Mutex<Option<Outcome>>>,
    flows: Arc<KioskFlows>,
    router: Router,
    _link: watch::Sender<CloudLink>,
}

impl BranchBox {
    /// A box with a printer that answers as it is told, or not at all.
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(ManualClock::default());
        let started = kernel(dir.path(), Arc::clone(&clock)).await;
        tokio::spawn(pass(started.port.clone(), clock, 500));
        let (link, link_out) = watch::channel(CloudLink::Alone);
        let (pushes, _) = mpsc::channel(1);
        let (calling, _) = calling();
        let mut settings = settings(link_out, calling);
        settings.state = dir.path().to_owned();
        let lan = LanState::new(settings, started.port.clone(), AREAS, pushes);
        let found = DeviceIdentity {
            device: "printer-1".parse().expect("a slug"),
            kind: "printer".into(),
            adapter: None,
            address: None,
        };
        started.port.enlist(found, None).await.expect("there is room");
        let printer = Arc::new(Mutex::new(Some(Outcome::Ok { detail: None })));
        tokio::spawn(print(started.effects, started.port.clone(), Arc::clone(&printer)));
        Self {
            port: started.port,
            dir,
            printer,
            router: routes(&lan),
            flows: lan.part(),
            state: ScreensState::of(&lan),
            _link: link,
        }
    }

    pub(super) fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// Somebody signed in, as the first one ever.
    pub(super) async fn claimed(&self) -> Browser {
        let mut admin = self.browser();
        admin.claim(self.dir.path()).await;
        admin
    }

    /// The visits at all kiosks.
    pub(super) fn visits(&self) -> &Visits {
        self.flows.visits()
    }

    /// The same, with a branch of two services, and a paired kiosk.
    pub(super) async fn opened(&self) -> (Browser, Browser) {
        let mut admin = self.claimed().await;
        let answer = admin
            .send_form(
                "/admin/quick",
                &[
                    ("name", "Chilonzor"),
                    ("services", "Kassa, Kredit"),
                    ("windows", "2"),
                    ("operators", "Lola"),
                    ("printer", "printer-1"),
                    ("first", "uz-Latn"),
                    ("languages", "ru"),
                    ("languages", "en"),
                    ("languages", "uz-Cyrl"),
                ],
            )
            .await;
        assert!(answer.body.contains("PIN"), "{}", answer.body);
        let kiosk = self.paired(&mut admin, "kiosk").await;
        (admin, kiosk)
    }

    /// A screen of a kind, paired by its code; where there is one already, it is replaced.
    pub(super) async fn paired(&self, admin: &mut Browser, kind: &str) -> Browser {
        let mut screen = self.browser();
        let page = screen.get(&format!("/pair/{kind}")).await;
        let code = between(&page.body, "aria-label=\"", "\"");
        let mut fields = vec![("code", code), ("name", "OpenBranch"), ("window", "w1")];
        let mut paired = admin.send_form("/admin/screens", &fields).await;
        if paired.body.contains("There is a screen already: OpenBranch") {
            fields.push(("replace", "yes"));
            paired = admin.send_form("/admin/screens", &fields).await;
        }
        assert!(paired.body.contains("The screen is paired"), "{}", paired.body);
        let standing = screen.get(&format!("/pair/{kind}/standing")).await;
        assert_eq!(standing.status, 200);
        screen
    }

    /// Every fact on disk, as JSON text.
    pub(super) fn facts(&self) -> Vec<Event> {
        let (mut events, mut after) = (Vec::new(), Seq::ZERO);
        while let Some(records) = self.port.records(Lane::Facts, after, 1 << 20).expect("readable") {
            let frames = protocol::frame::decode_all(&records.bytes).map(|frame| frame.expect("a good record"));
            events.extend(frames.map(|frame| Event::decode(frame.body).expect("an event")));
            after = records.last;
        }
        events
    }

    pub(super) fn count(&self, fits: impl Fn(&Fact) -> bool) -> usize {
        self.facts().iter().filter(|event| fits(&event.fact)).count()
    }
}

async fn print(mut effects: Effects, port: Port, answers: Arc<Mutex<Option<Outcome>>>) {
    while let Some(effect) = effects.recv().await {
        let answer = answers.lock().expect("whole").clone();
        let Effect::Order {
            order: AppOrder::Prints(wish),
            ..
        } = effect
        else {
            continue;
        };
        if let Some(outcome) = answer {
            let ended = prints::Request::Ended {
                request: *wish,
                outcome,
            };
            port.decide::<Prints>(Actor::Edge, ended).await.expect("recorded");
        }
    }
}
