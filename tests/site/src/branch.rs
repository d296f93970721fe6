//! The people of a branch: an installer, operators at desks, visitors at kiosks and on phones; each with a browser.
//!
//! They know what the pages show and nothing else: addresses, forms, cookies.

mod browser;

pub use browser::{Answer, Browser};

use crate::{
    admin::text,
    scenario::Scenario,
    wait::{SOON, until},
};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use edge_lan::claim_code;
use protocol::PersonId;
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path};

/// The password of the branch's settings.
pub const PASSWORD: &str = "besh oltin tuya 2026";
/// The PIN of every operator.
pub const PIN: &str = "4711";

/// What a branch looks like: so many services with letters of their own, so many windows, an operator for each.
#[derive(Debug, Clone)]
pub struct BranchSpec {
    /// Letter and names (Uzbek, Russian, English) of each service.
    pub services: Vec<(&'static str, [&'static str; 3])>,
    /// How many windows.
    pub windows: u16,
    /// Slugs of the printers for tickets.
    pub printers: Vec<String>,
    /// Base of the phone page's address; none: the branch's network.
    pub phone_base: Option<String>,
}

impl BranchSpec {
    /// A small bank: three services.
    pub fn bank(windows: u16) -> Self {
        Self {
            services: vec![
                ("K", ["Kassa", "Касса", "Cash desk"]),
                ("C", ["Kreditlar", "Кредиты", "Loans"]),
                ("V", ["Valyuta ayirboshlash", "Обмен валюты", "Currency exchange"]),
            ],
            windows,
            printers: Vec::new(),
            phone_base: None,
        }
    }

    /// The operator of a window: the same id each time.
    pub fn operator(window: u16) -> PersonId {
        let [high, low] = window.to_be_bytes();
        PersonId::new(protocol::Timestamp::from_millis(1), [high, low, 0, 0, 0, 0, 0, 0, 0, 1])
    }

    /// The body of `queue/branch`. `pin` is the PHC string of everybody's PIN.
    pub fn document(&self, pin: &str) -> Value {
        let services: Vec<Value> = self
            .services
            .iter()
            .map(|(letter, [uz, ru, en])| {
                json!({
                    "id": format!("service-{}", letter.to_lowercase()), "prefix": letter, "minutes": 10, "target_wait": 15,
                    "name": {"uz-Latn": uz, "ru": ru, "en": en},
                })
            })
            .collect();
        let serves: Vec<Value> = services
            .iter()
            .map(|service| json!({"service": service["id"]}))
            .collect();
        let windows = (1..=self.windows).map(|number| json!({"id": format!("window-{number}"), "number": number}));
        let operators = (1..=self.windows).map(|number| {
            json!({
                "id": Self::operator(number), "name": format!("Operator {number}"), "profile": "all", "pin": pin,
            })
        });
        json!({
            "name": {"uz-Latn": "Registon filiali", "ru": "Отделение «Регистан»", "en": "Registon branch"},
            "announce": ["uz-Latn", "ru"],
            "services": services,
            "profiles": [{"id": "all", "name": {"en": "Everything"}, "serves": serves}],
            "windows": windows.collect::<Vec<_>>(),
            "operators": operators.collect::<Vec<_>>(),
            "printers": self.printers,
            "phone_base": self.phone_base,
        })
    }
}

/// The PHC string of [`PIN`], as an administrator's tool makes it.
pub fn pin_hash() -> Result<String> {
    use argon2::{Argon2, PasswordHasher as _};
    let hashed = Argon2::default().hash_password_with_salt(PIN.as_bytes(), b"a salt for tests");
    Ok(hashed.map_err(|error| anyhow!("no hash: {error}"))?.to_string())
}

/// A branch that works: published from the cloud, its screens paired, its operators signed in.
#[derive(Debug)]
pub struct OpenBranch {
    /// At the desks, by window from 1 on.
    pub operators: Vec<Operator>,
    /// The kiosk.
    pub kiosk: Kiosk,
    /// The browser of the display.
    pub display: Browser,
    /// Whoever set it up.
    pub installer: Installer,
}

impl OpenBranch {
    /// Opens it in a scenario.
    pub async fn start(scenario: &Scenario, branch_spec: &BranchSpec) -> Result<Self> {
        let path = format!("/edges/{}/documents/queue/branch", scenario.edge_id);
        scenario
            .admin
            .publish(&path, &json!({"body": branch_spec.document(&pin_hash()?)}))
            .await?;
        until("the branch is in force", SOON, || async {
            let document = scenario.admin.get(&path).await?;
            ensure!(text(&document, "state")? == "applied", "{document}");
            Ok(())
        })
        .await?;
        let lan = scenario.edge.lan()?;
        let mut installer = Installer::claim(lan, scenario.edge.state()).await?;
        let kiosk = Kiosk::new(installer.screen(lan, "kiosk", "Kiosk", None).await?);
        let display = installer.screen(lan, "display", "Display", None).await?;
        let mut operators = Vec::new();
        for window in 1..=branch_spec.windows {
            let desk = installer
                .screen(lan, "desk", &format!("Desk {window}"), Some(window))
                .await?;
            operators.push(Operator::sign_in(desk, window).await?);
        }
        Ok(Self {
            operators,
            kiosk,
            display,
            installer,
        })
    }
}

/// Somebody who sets the branch up, signed in at the box's own pages.
#[derive(Debug)]
pub struct Installer {
    browser: Browser,
}

impl Installer {
    /// Claims a fresh box with the code of its state directory.
    pub async fn claim(lan: SocketAddr, state: &Path) -> Result<Self> {
        let code = claim_code(state).context("reading the box's code")?;
        let mut browser = Browser::new(lan)?;
        let form = [
            ("code", code.as_str()),
            ("password", PASSWORD),
            ("again", PASSWORD),
            ("lang", "en"),
        ];
        let answer = browser.post("/setup", &form).await?;
        ensure!(answer.leads_to("/admin"), "the box was not claimed: {}", answer.text);
        Ok(Self { browser })
    }

    /// Pairs the screen that shows `code`.
    pub async fn pair(&mut self, code: &str, name: &str, window: Option<u16>) -> Result<()> {
        let page = self.browser.get("/admin/screens").await?;
        let form = page.hidden("form").context("the page of the screens has no form")?;
        let window = window.map_or(String::new(), |number| format!("window-{number}"));
        let fields = [
            ("form", form.as_str()),
            ("code", code),
            ("name", name),
            ("window", window.as_str()),
        ];
        let answer = self.browser.post("/admin/screens", &fields).await?;
        ensure!(
            answer.status == 200 && !answer.text.contains("role=\"alert\""),
            "{name} was not paired: {}",
            answer.text
        );
        Ok(())
    }

    /// Has the box speak the words of its calls itself, until somebody records them; `false` where nothing speaks there.
    pub async fn placeholders(&mut self) -> Result<bool> {
        let page = self.browser.get("/admin/voice").await?;
        let form = page.hidden("form").context("the page of the voice has no form")?;
        let answer = self.browser.post("/admin/voice", &[("form", form.as_str())]).await?;
        Ok(answer.status == 200 && !answer.text.contains("role=\"alert\""))
    }

    /// Opens a screen's browser, reads its code and pairs it.
    pub async fn screen(&mut self, lan: SocketAddr, kind: &str, name: &str, window: Option<u16>) -> Result<Browser> {
        let mut browser = Browser::new(lan)?;
        let path = format!("/pair/{kind}");
        let page = browser.get(&path).await?;
        let code = page
            .between("aria-label=\"", "\"", "<h1")
            .context("the screen shows no code")?;
        self.pair(&code, name, window).await?;
        let standing = browser.get(&format!("{path}/standing")).await?;
        ensure!(
            standing.status == 200,
            "{name} does not hear that it was paired: {}",
            standing.status
        );
        Ok(browser)
    }
}

/// An operator at a desk.
#[derive(Debug)]
pub struct Operator {
    browser: Browser,
}

impl Operator {
    /// Signs in at a paired desk.
    pub async fn sign_in(mut browser: Browser, window: u16) -> Result<Self> {
        let operator = BranchSpec::operator(window).to_string();
        let answer = browser
            .post("/desk/sign-in", &[("operator", operator.as_str()), ("pin", PIN)])
            .await?;
        ensure!(
            answer.status == 303,
            "the operator of window {window} is not let in: {}",
            answer.text
        );
        Ok(Self { browser })
    }

    /// The box is at another address now.
    pub fn moved(&mut self, lan: SocketAddr) {
        self.browser.moved(lan);
    }

    /// Presses a button; what the desk says, and whether it was done.
    pub async fn act(&mut self, fields: &[(&str, &str)]) -> Result<(bool, String)> {
        let answer = self.browser.post("/desk/act", fields).await?;
        ensure!(
            answer.status == 200,
            "the desk answers {}: {}",
            answer.status,
            answer.text
        );
        let told: Value = serde_json::from_str(&answer.text).context("reading what the desk says")?;
        let done = told.get("done").and_then(Value::as_bool).unwrap_or(false);
        let said = told.get("said").and_then(Value::as_str).unwrap_or_default();
        Ok((done, said.to_owned()))
    }

    /// Calls the next, serves and finishes; `false` where nobody waits.
    pub async fn serve(&mut self) -> Result<bool> {
        for act in ["call_next", "arrived", "finish"] {
            let (done, _) = self.act(&[("act", act)]).await?;
            if !done {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A kiosk, as its page works it.
#[derive(Debug)]
pub struct Kiosk {
    browser: Browser,
}

impl Kiosk {
    /// Of a paired browser.
    pub fn new(browser: Browser) -> Self {
        Self { browser }
    }

    /// The box is at another address now.
    pub fn moved(&mut self, lan: SocketAddr) {
        self.browser.moved(lan);
    }

    /// A whole visit in English: language, "get a ticket", a service; the number on the screen.
    pub async fn take(&mut self, service: &str) -> Result<String> {
        let visit = hex()?;
        self.step(&visit, 1, "begin", "en").await?;
        self.step(&visit, 2, "ticket", "").await?;
        self.choose(&visit, 3, service).await
    }

    /// Types a booking's code in; the number on the screen, or none where no booking has that code.
    pub async fn check_in(&mut self, code: &str) -> Result<Option<String>> {
        let visit = hex()?;
        self.step(&visit, 1, "begin", "en").await?;
        self.step(&visit, 2, "booking", "").await?;
        let answer = self.step(&visit, 3, "code", code).await?;
        if answer.text.contains("There is no such code") {
            return Ok(None);
        }
        let number = number(&answer.text);
        number
            .map(Some)
            .with_context(|| format!("the kiosk shows no number: {}", answer.text))
    }

    /// The touch that gives the ticket; the number on the screen.
    pub async fn choose(&mut self, visit: &str, turn: u32, service: &str) -> Result<String> {
        let answer = self.step(visit, turn, "service", service).await?;
        match number(&answer.text) {
            Some(number) => Ok(number),
            None => bail!("the kiosk shows no number: {}", answer.text),
        }
    }

    /// A fresh visit's number, with the two steps before a service already taken.
    pub async fn begin(&mut self) -> Result<String> {
        let visit = hex()?;
        self.step(&visit, 1, "begin", "en").await?;
        self.step(&visit, 2, "ticket", "").await?;
        Ok(visit)
    }

    async fn step(&mut self, visit: &str, turn: u32, act: &str, value: &str) -> Result<Answer> {
        let turn = turn.to_string();
        let fields = [
            ("visit", visit),
            ("lang", "en"),
            ("turn", turn.as_str()),
            ("do", act),
            ("value", value),
        ];
        let answer = self.browser.post("/kiosk/step", &fields).await?;
        ensure!(
            answer.status == 200,
            "the kiosk answers {}: {}",
            answer.status,
            answer.text
        );
        Ok(answer)
    }
}

/// Somebody with a phone on the branch's network.
#[derive(Debug)]
pub struct Visitor {
    browser: Browser,
    page: String,
}

impl Visitor {
    /// Takes a ticket on the phone.
    pub async fn take(lan: SocketAddr, service: &str) -> Result<Self> {
        let mut browser = Browser::new(lan)?;
        let answer = browser.post("/q?lang=en", &[("service", service)]).await?;
        let page = answer
            .location
            .clone()
            .with_context(|| format!("no ticket: {} {}", answer.status, answer.text))?;
        Ok(Self { browser, page })
    }

    /// Where the ticket's page is: `/t/<token>`.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// The number, as the phone shows it.
    pub async fn number(&mut self) -> Result<String> {
        let page = self.browser.get(&self.page).await?;
        number(&page.text).with_context(|| format!("the phone shows no number: {}", page.text))
    }
}

/// 32 hex digits: the number of a visit, as the kiosk's page makes it.
fn hex() -> Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A ticket's number on a page: the first that looks like one.
fn number(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|at| {
        let rest = text.get(at..)?;
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')?;
        let word = rest.get(..end)?;
        let starts = at == 0 || !bytes.get(at - 1)?.is_ascii_alphanumeric();
        let fits = starts && word.parse::<protocol::queue::TicketNumber>().is_ok();
        fits.then(|| word.to_owned())
    })
}
