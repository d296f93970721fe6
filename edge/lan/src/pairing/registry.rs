//! Who is paired, and who waits to be: in memory, with the shelf behind it.
//!
//! A screen is told that it is paired only once that is on disk.

use super::screen::{self, Screen, ScreenKind, ScreenRecord, ScreenTokenHash, SpotField};
use crate::{Problem, audit, secret};
use axum::http::StatusCode;
use edge_kernel::{Port, Table};
use protocol::{Actor, Fact, SpotId, id::ScreenId};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OnceCell, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long a code is good.
const TERM: Duration = Duration::from_secs(600);
/// Codes on screens at once.
const WAITING: usize = 64;
/// Codes one address may ask for within [`TERM`].
const PER_ADDRESS: usize = 20;

/// All screens of the site.
pub struct Pairing {
    port: Port,
    kinds: Vec<&'static ScreenKind>,
    changes: watch::Sender<u64>,
    read: OnceCell<()>,
    screens: Mutex<BTreeMap<ScreenId, Arc<Screen>>>,
    /// By hash of the secret in the waiting screen's cookie.
    waiting: Mutex<HashMap<String, WaitingScreen>>,
}

/// A screen that shows a code.
struct WaitingScreen {
    kind: &'static ScreenKind,
    code: String,
    until: Instant,
    from: Option<IpAddr>,
    /// Its token, once somebody typed the code.
    token: Option<String>,
}

/// What a screen shows, and the secret it asks with.
pub(super) struct PairingCode {
    pub(super) code: String,
    pub(super) secret: String,
}

/// How a waiting screen stands.
pub(super) enum PairingProgress {
    /// Nobody typed its code yet.
    Waiting,
    /// It is paired; its token, once.
    Paired(String),
    /// Its code is too old.
    Expired,
}

/// What happens to the screen that a spot has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpotReplacement {
    /// It stays, and the new one is not paired.
    Refused,
    /// It becomes a stranger: whoever pairs the new one was told of it and says so.
    Confirmed,
}

/// Why a code does not pair a screen.
#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    /// No screen shows it.
    #[error("no screen shows this code")]
    UnknownCode,
    /// A screen of this kind belongs to a spot.
    #[error("a screen of this kind needs its spot")]
    SpotNeeded(&'static ScreenKind),
    /// Another screen has the spot, and nobody said that it is to be replaced.
    #[error("another screen has this spot")]
    SpotTaken(Arc<Screen>),
    /// It cannot be kept.
    #[error("cannot keep the screen")]
    Storage(#[source] edge_kernel::Refusal),
    /// No randomness.
    #[error("cannot make a token")]
    Token,
}

impl Pairing {
    pub(crate) fn new(port: Port, kinds: Vec<&'static ScreenKind>) -> Self {
        Self {
            port,
            kinds,
            changes: watch::Sender::new(0),
            read: OnceCell::new(),
            screens: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// The screen a token belongs to.
    pub async fn find(&self, kind: &'static ScreenKind, token: &str) -> Result<Option<Arc<Screen>>, Problem> {
        self.load_once().await?;
        let hash = ScreenTokenHash::of(token);
        let of_token = |screen: &&Arc<Screen>| {
            screen.record.token_hash == hash && screen.kind == kind && !screen.gone.is_cancelled()
        };
        Ok(lock(&self.screens).values().find(of_token).cloned())
    }

    /// The kinds of screens that can be paired.
    pub(crate) fn kinds(&self) -> &[&'static ScreenKind] {
        &self.kinds
    }

    fn kind(&self, word: &str) -> Option<&'static ScreenKind> {
        self.kinds.iter().find(|kind| kind.word == word).copied()
    }

    /// The kinds whose screens belong to a spot.
    pub(crate) fn spots(&self) -> impl Iterator<Item = &'static SpotField> {
        self.kinds.iter().filter_map(|kind| kind.spot.as_ref())
    }

    /// Changes whenever a screen's right is taken away.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Every paired screen.
    pub async fn all(&self) -> Result<Vec<Arc<Screen>>, Problem> {
        self.load_once().await?;
        Ok(lock(&self.screens).values().cloned().collect())
    }

    /// A code for a screen to show: the one it showed before while that is good.
    pub(super) fn show(
        &self,
        kind: &'static ScreenKind,
        secret: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<PairingCode, Problem> {
        let now = Instant::now();
        let mut waiting = lock(&self.waiting);
        waiting.retain(|_, one| one.until > now);
        if let Some(secret) = secret
            && let Some(known) = waiting.get(&secret::hash(secret)).filter(|one| one.kind == kind)
        {
            let (code, secret) = (known.code.clone(), secret.to_owned());
            return Ok(PairingCode { code, secret });
        }
        let of_address = waiting.values().filter(|one| one.from == from).count();
        if waiting.len() >= WAITING || of_address >= PER_ADDRESS {
            let detail = "Too many screens wait to be paired. Try again in ten minutes.";
            let kind = "urn:ostona:too-many";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, kind, "Too many", detail));
        }
        let mut code = secret::six_digits()?;
        while waiting.values().any(|one| one.code == code) {
            code = secret::six_digits()?;
        }
        let secret = secret::token()?;
        let one = WaitingScreen {
            kind,
            code: code.clone(),
            until: now + TERM,
            from,
            token: None,
        };
        waiting.insert(secret::hash(&secret), one);
        Ok(PairingCode { code, secret })
    }

    /// How the screen with this secret stands.
    pub(super) fn progress(&self, kind: &'static ScreenKind, secret: &str) -> PairingProgress {
        let mut waiting = lock(&self.waiting);
        let hash = secret::hash(secret);
        match waiting.get(&hash) {
            Some(one) if one.kind == kind && one.until > Instant::now() => match one.token.clone() {
                Some(token) => {
                    waiting.remove(&hash);
                    PairingProgress::Paired(token)
                }
                None => PairingProgress::Waiting,
            },
            Some(_) | None => PairingProgress::Expired,
        }
    }

    /// What kind of screen shows a code.
    pub fn kind_of(&self, code: &str) -> Option<&'static ScreenKind> {
        let now = Instant::now();
        let waiting = lock(&self.waiting);
        let mut shown = waiting.values().filter(|one| one.until > now && one.token.is_none());
        shown.find(|one| one.code == code).map(|one| one.kind)
    }

    /// Pairs the screen that shows a code, on `login`'s word.
    pub async fn pair(
        &self,
        code: &str,
        name: &str,
        spot: Option<SpotId>,
        replacement: SpotReplacement,
        login: &str,
    ) -> Result<Arc<Screen>, PairingError> {
        self.load_once().await.map_err(|_| PairingError::Token)?;
        let kind = self.kind_of(code).ok_or(PairingError::UnknownCode)?;
        if kind.spot.is_some() && spot.is_none() {
            return Err(PairingError::SpotNeeded(kind));
        }
        let taken = spot
            .as_ref()
            .and_then(|spot| self.at_spot(kind, spot).into_iter().next());
        if let (SpotReplacement::Refused, Some(taken)) = (replacement, taken) {
            return Err(PairingError::SpotTaken(taken));
        }
        let token = secret::token().map_err(|_| PairingError::Token)?;
        let record = ScreenRecord {
            kind: kind.word.to_owned(),
            name: if name.is_empty() { kind.word.into() } else { name.into() },
            spot: spot.filter(|_| kind.spot.is_some()),
            since: self.port.clock().now(),
            token_hash: ScreenTokenHash::of(&token),
        };
        let screen = self.admit(kind, record).ok_or(PairingError::Token)?;
        let bytes = serde_json::to_vec(&screen.record).unwrap_or_default();
        if let Err(refusal) = self
            .port
            .store(Table::Local, screen::key(&screen.id), Some(bytes))
            .await
        {
            lock(&self.screens).remove(&screen.id);
            return Err(PairingError::Storage(refusal));
        }
        self.record("screen.paired", &screen, login).await;
        {
            let mut waiting = lock(&self.waiting);
            if let Some(one) = waiting.values_mut().find(|one| one.code == code) {
                one.token = Some(token);
            }
        }
        self.take_over(&screen, login).await;
        Ok(screen)
    }

    /// A spot has one screen of a kind: whichever was paired for it before is a stranger from now on.
    async fn take_over(&self, screen: &Screen, login: &str) {
        let Some(spot) = &screen.record.spot else {
            return;
        };
        let others = self.at_spot(screen.kind, spot).into_iter();
        for replaced in others.filter(|other| other.id != screen.id) {
            self.record("screen.replaced", &replaced, login).await;
            if let Err(problem) = self.revoke(&replaced.id, login).await {
                tracing::error!(screen = %replaced.id, problem = problem.detail(), "a screen that was replaced comes back with a restart");
            }
        }
    }

    /// Takes a screen's right away, at once: its next request is a stranger's, and its streams end now. It is still one
    /// of the site's, to be revoked again, until that is on disk.
    pub async fn revoke(&self, id: &ScreenId, login: &str) -> Result<(), Problem> {
        self.load_once().await?;
        let Some(screen) = lock(&self.screens).get(id).cloned() else {
            return Ok(());
        };
        screen.gone.cancel();
        self.changes.send_modify(|changes| *changes += 1);
        self.port.store(Table::Local, screen::key(id), None).await?;
        lock(&self.screens).remove(id);
        self.record("screen.revoked", &screen, login).await;
        Ok(())
    }

    /// The screens of a kind that a spot has.
    fn at_spot(&self, kind: &'static ScreenKind, spot: &SpotId) -> Vec<Arc<Screen>> {
        let has_it = |screen: &&Arc<Screen>| {
            kind.spot.is_some() && screen.kind == kind && screen.record.spot.as_ref() == Some(spot)
        };
        lock(&self.screens).values().filter(has_it).cloned().collect()
    }

    /// Puts a screen in under the first free id of its kind.
    fn admit(&self, kind: &'static ScreenKind, record: ScreenRecord) -> Option<Arc<Screen>> {
        let mut screens = lock(&self.screens);
        let mut ids = (1_u32..).map_while(|number| format!("{}-{number}", kind.word).parse::<ScreenId>().ok());
        let id = ids.find(|id| !screens.contains_key(id))?;
        let gone = CancellationToken::new();
        let screen = Arc::new(Screen {
            id: id.clone(),
            record,
            gone,
            kind,
        });
        screens.insert(id, Arc::clone(&screen));
        Some(screen)
    }

    /// The shelf is read once, with the first question.
    async fn load_once(&self) -> Result<(), Problem> {
        let read = self.read.get_or_try_init(|| async {
            for (key, value) in self.port.table(Table::Local).await? {
                let Some(Ok(id)) = screen::id_of(&key) else { continue };
                let record = serde_json::from_slice::<ScreenRecord>(&value).ok();
                let kind = record.as_ref().and_then(|record| self.kind(&record.kind));
                let Some((record, kind)) = record.zip(kind) else {
                    tracing::warn!(%id, "a paired screen cannot be read and must be paired again");
                    continue;
                };
                let gone = CancellationToken::new();
                let screen = Arc::new(Screen {
                    id: id.clone(),
                    record,
                    gone,
                    kind,
                });
                lock(&self.screens).insert(id, screen);
            }
            Ok::<(), edge_kernel::Refusal>(())
        });
        read.await?;
        Ok(())
    }

    async fn record(&self, action: &'static str, screen: &Screen, login: &str) {
        let audit = audit(action, Some(screen.id.as_str()));
        let actor = Actor::Account { id: login.to_owned() };
        if let Err(refusal) = self.port.record(actor, vec![Fact::Audited(audit).into()]).await {
            tracing::warn!(%refusal, action, "cannot record what was done with a screen");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pairing").finish_non_exhaustive()
    }
}
