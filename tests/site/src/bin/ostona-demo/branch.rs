//! The branch of the demo: three services, two desks with operators, a kiosk, a ticket printer, people who come and go.
//!
//! Everybody here uses what anybody uses: pages, forms, the console's documents. A person may join in at any time.

use crate::rest::{Admin, text};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tests_site::branch::{BranchSpec, Installer, Kiosk, Operator, PASSWORD, PIN, pin_hash};
use tests_world::{
    printer::{Config, Printer},
    rng::Rng,
};
use tokio::{task::JoinSet, time::sleep};

/// Desks of the branch.
const DESKS: u16 = 2;
/// The printer's slug at the edge.
const PRINTER: &str = "ticket-printer";
/// How long the cloud's word may take to be in force.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where things are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BranchAddresses<'a> {
    /// The cloud.
    pub(crate) cloud: SocketAddr,
    /// The box's pages.
    pub(crate) lan: SocketAddr,
    /// The box's state.
    pub(crate) state: &'a Path,
    /// Where sheets of paper are to be kept.
    pub(crate) paper: &'a Path,
}

/// An open branch. Dropped, its people go home.
pub(crate) struct Branch {
    printer: Printer,
    installer: Installer,
    _people: JoinSet<()>,
    /// Where sheets of paper are kept.
    paper: PathBuf,
    told: usize,
}

impl std::fmt::Debug for Branch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Branch")
            .field("sheets", &self.told)
            .finish_non_exhaustive()
    }
}

impl Branch {
    /// Opens it: the printer is hung up and the branch published from the cloud, the screens are paired on the spot.
    pub(crate) async fn open(admin: &Admin, edge: &str, places: BranchAddresses<'_>) -> Result<Self> {
        let BranchAddresses {
            cloud,
            lan,
            state,
            paper,
        } = places;
        std::fs::create_dir_all(paper).with_context(|| format!("cannot make {}", paper.display()))?;
        let printer = Printer::start(Config::default())?;
        let settings =
            json!({"via": "tcp", "host": printer.address().ip().to_string(), "port": printer.address().port()});
        let config = json!({"kind": "printer", "adapter": "printer", "settings": settings});
        admin
            .post("/devices", &json!({"edge": edge, "device": PRINTER, "config": config}))
            .await?;
        let branch_spec = BranchSpec {
            printers: vec![PRINTER.to_owned()],
            // At the cloud: a phone need not be on the branch's network.
            phone_base: Some(format!("http://{cloud}/b/{edge}")),
            ..BranchSpec::bank(DESKS + 1)
        };
        let document = format!("/edges/{edge}/documents/queue/branch");
        admin
            .publish(&document, &json!({"body": branch_spec.document(&pin_hash()?)}))
            .await?;
        applied(admin, &document).await?;

        let mut installer = Installer::claim(lan, state).await?;
        let kiosk = Kiosk::new(installer.screen(lan, "kiosk", "Demo kiosk", None).await?);
        let mut people = JoinSet::new();
        let mut rng = Rng::new(7);
        for window in 1..=DESKS {
            let desk = installer
                .screen(lan, "desk", &format!("Demo desk {window}"), Some(window))
                .await?;
            people.spawn(work(Operator::sign_in(desk, window).await?, rng.fork()));
        }
        people.spawn(come(kiosk, rng.fork()));
        // Where nothing speaks here, calls are a chime and a text.
        let spoken = installer.placeholders().await?;
        introduce(lan, spoken);
        Ok(Self {
            printer,
            installer,
            _people: people,
            paper: paper.to_owned(),
            told: 0,
        })
    }

    /// Pairs the screen that shows these digits. A desk gets the window nobody works at.
    pub(crate) async fn pair(&mut self, code: &str) -> String {
        for window in [None, Some(DESKS + 1)] {
            if self.installer.pair(code, "A person's screen", window).await.is_ok() {
                return "The screen is paired.".to_owned();
            }
        }
        "No screen shows these digits now.".to_owned()
    }

    /// Paper that came out since this was last asked.
    pub(crate) fn news(&mut self) -> Vec<String> {
        let sheets = self.printer.sheets();
        let fresh = sheets.iter().enumerate().skip(self.told);
        let lines = fresh.map(|(at, sheet)| {
            let file = self.paper.join(format!("ticket-{:03}.pbm", at + 1));
            match sheet.picture.save(&file) {
                Ok(()) => format!("{PRINTER}  a ticket came out: {}", file.display()),
                Err(error) => format!("{PRINTER}  a ticket came out and cannot be kept: {error:#}"),
            }
        });
        let lines: Vec<String> = lines.collect();
        self.told = sheets.len();
        lines
    }
}

/// How a person joins in.
fn introduce(lan: SocketAddr, spoken: bool) {
    println!();
    println!("  Branch    take a ticket on your phone: http://{lan}/q");
    println!("  Screens   open http://{lan}/pair/display, /pair/kiosk or /pair/desk and type the six digits here");
    println!(
        "            (a desk of yours is window {}, its operator's PIN {PIN})",
        DESKS + 1
    );
    println!("  Settings  http://{lan}/admin with the password “{PASSWORD}”");
    println!(
        "  Voice     {}",
        if spoken {
            "calls are spoken by the display's page"
        } else {
            "no espeak-ng here: calls are a chime and a text"
        }
    );
}

async fn applied(admin: &Admin, document: &str) -> Result<()> {
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            let state = text(&admin.get(document).await?, "state")?;
            if state == "applied" {
                return Ok(());
            }
            ensure!(state != "failed", "the edge does not take the branch");
            sleep(Duration::from_millis(100)).await;
        }
    });
    waited.await.context("the branch is not in force")?
}

/// An operator: calls, waits until somebody comes, serves for a while.
async fn work(mut desk: Operator, mut rng: Rng) {
    loop {
        sleep(Duration::from_millis(1500 + rng.below(2000))).await;
        if !matches!(desk.act(&[("act", "call_next")]).await, Ok((true, _))) {
            continue;
        }
        sleep(Duration::from_millis(2500 + rng.below(2500))).await;
        // One in ten does not come.
        let came = if rng.below(10) == 0 { "no_show" } else { "arrived" };
        let _ = desk.act(&[("act", came)]).await;
        if came == "arrived" {
            sleep(Duration::from_millis(3000 + rng.below(6000))).await;
            let _ = desk.act(&[("act", "finish")]).await;
        }
    }
}

/// People come in and take tickets at the kiosk.
async fn come(mut kiosk: Kiosk, mut rng: Rng) {
    loop {
        let service = match rng.below(3) {
            0 => "service-c",
            1 => "service-v",
            _ => "service-k",
        };
        // A ticket refused (a full house, a stopping box) is somebody who goes home.
        let _ = kiosk.take(service).await;
        sleep(Duration::from_millis(4000 + rng.below(5000))).await;
    }
}

/// What an event of the queue says on the demo's screen.
pub(crate) fn said(name: &str, data: Option<&Value>) -> Option<String> {
    let of = |key: &str| data?.get(key);
    let word = |key: &str| of(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(match name {
        "queue.ticket.issued" => format!("{} for {}", word("number"), word("service")),
        "queue.ticket.called" => {
            let window = of("window_number").and_then(Value::as_u64).unwrap_or_default();
            format!("{} → window {window}", word("number"))
        }
        "announce.played" => {
            let langs = of("langs")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let langs: Vec<&str> = langs.iter().filter_map(Value::as_str).collect();
            let seconds = of("ms").and_then(Value::as_f64).unwrap_or_default() / 1000.0;
            format!("spoken in {} ({seconds:.1} s)", langs.join(" and "))
        }
        _ => return None,
    })
}
