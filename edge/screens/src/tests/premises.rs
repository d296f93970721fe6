//! An empty box on a table, and the browsers around it: what the tests of settings and kiosk stand on.

use super::rig::{Answer, Dial, ask, calling, kernel, settings};
use crate::{House, Link, claim_code, routes};
use axum::Router;
use edge_kernel::{Effect, Effects, Order, Port};
use protocol::{Event, Fact, Lane, Outcome, Seq, fact::DeviceFound};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};
use tokio::sync::{mpsc, watch};

pub(super) const HOST: &str = "192.168.1.20:8080";
pub(super) const PASSWORD: &str = "korkam-tulip-77";

pub(super) struct Premises {
    pub(super) house: House,
    pub(super) port: Port,
    pub(super) dir: tempfile::TempDir,
    /// What the printer answers from now on.
    pub(super) printer: Arc<Mutex<Option<Outcome>>>,
    router: Router,
    _link: watch::Sender<Link>,
}

impl Premises {
    /// A box with a printer that answers as it is told, or not at all.
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(Dial::default());
        let started = kernel(dir.path(), Arc::clone(&clock)).await;
        tokio::spawn(pass(started.port.clone(), clock));
        let (link, link_out) = watch::channel(Link::Alone);
        let (pushes, _) = mpsc::channel(1);
        let (calling, _) = calling();
        let mut settings = settings(link_out, calling);
        settings.state = dir.path().to_owned();
        let house = House::new(settings, started.port.clone(), pushes);
        let found = DeviceFound {
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
            router: routes(house.clone()),
            house,
            _link: link,
        }
    }

    pub(super) fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            jar: BTreeMap::new(),
        }
    }

    /// Somebody signed in, as the first one ever.
    pub(super) async fn claimed(&self) -> Browser {
        let mut admin = self.browser();
        let code = claim_code(self.dir.path()).expect("a code");
        let answer = admin
            .send(
                "/setup",
                &[
                    ("lang", "en"),
                    ("code", &code),
                    ("password", PASSWORD),
                    ("again", PASSWORD),
                ],
            )
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/admin"),
            "{}",
            answer.body
        );
        admin
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

    /// A screen of a kind, paired by its code.
    pub(super) async fn paired(&self, admin: &mut Browser, kind: &str) -> Browser {
        let mut screen = self.browser();
        let page = screen.get(&format!("/pair/{kind}")).await;
        let code = between(&page.body, "aria-label=\"", "\"");
        let paired = admin
            .send_form("/admin/screens", &[("code", code), ("name", "Hall"), ("window", "w1")])
            .await;
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

/// Lets the box's time pass, so that what is shelved reaches the disk.
async fn pass(port: Port, clock: Arc<Dial>) {
    while port.tick().await.is_ok() {
        clock.0.fetch_add(500, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn print(mut effects: Effects, port: Port, answers: Arc<Mutex<Option<Outcome>>>) {
    while let Some(effect) = effects.recv().await {
        let answer = answers.lock().expect("whole").clone();
        let Effect::Order {
            order: Order::Prints(wish),
            ..
        } = effect
        else {
            continue;
        };
        if let Some(outcome) = answer {
            port.printed(*wish, outcome).await.expect("recorded");
        }
    }
}

/// A browser: keeps cookies, sends them where they belong, and names the page it is on.
pub(super) struct Browser {
    router: Router,
    jar: BTreeMap<String, (String, String)>,
}

impl Browser {
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[("accept", "text/html")], String::new()).await
    }

    pub(super) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{HOST}");
        self.ask("POST", path, &[("origin", &origin)], encoded(fields)).await
    }

    /// Sends a page's own form: with the token that stands in it.
    pub(super) async fn send_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        let token = between(&page.body, "name=\"form\" value=\"", "\"").to_owned();
        let mut fields = fields.to_vec();
        fields.push(("form", &token));
        self.send(path, &fields).await
    }

    pub(super) async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let sent = self
            .jar
            .iter()
            .filter(|(_, (_, below))| path.starts_with(below.as_str()));
        let cookies: Vec<String> = sent.map(|(name, (value, _))| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all = vec![("host", HOST), ("cookie", cookies.as_str())];
        all.extend_from_slice(headers);
        let answer = ask(self.router.clone(), &format!("{method} {path}"), &all, body.into()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            self.keep(cookie.to_str().expect("text"));
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        let (name, rest) = cookie.split_once('=').expect("a name");
        let value = rest.split(';').next().expect("a value").to_owned();
        let path = between(cookie, "; Path=", ";").to_owned();
        if cookie.contains("Max-Age=0") {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), (value, path));
        }
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// What stands between two marks.
pub(super) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let after = text.split_once(from).unwrap_or_else(|| panic!("{from} in {text}")).1;
    after.split_once(to).expect("an end").0
}
