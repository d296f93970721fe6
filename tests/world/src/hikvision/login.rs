//! Signing in as a terminal sees it: digest with short-lived nonces, and a lock after too many failures.
//!
//! A password that is right does not help while the lock holds; every attempt starts the countdown again.

use super::config::{Quirks, RenewedNonce, SignIn};
use crate::{
    http::{Reply, Request},
    rng::Rng,
};
use md5::{Digest as _, Md5};
use protocol::Timestamp;
use std::collections::VecDeque;

/// Nonces remembered at once.
const MAX_NONCES: usize = 256;
const REALM: &str = "IP Camera(F2563)";

/// Who may come in, and how often somebody failed.
pub(super) struct Login {
    user: String,
    password: String,
    quirks: Quirks,
    nonces: VecDeque<Nonce>,
    failures: u32,
    locked_until: Option<Timestamp>,
    rng: Rng,
    /// Failed logins ever, Basic attempts included.
    pub(super) failed: u64,
    /// Attempts with Basic ever.
    pub(super) basic: u64,
}

struct Nonce {
    text: String,
    uses_left: u32,
    refusals_left: u32,
}

/// Whether a request may go on.
pub(super) enum LoginDecision {
    Admitted,
    Refused(Reply),
}

enum Attempt {
    Right,
    Wrong,
    StaleNonce,
}

impl Login {
    pub(super) fn new(user: &str, password: &str, quirks: Quirks, rng: Rng) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            quirks,
            nonces: VecDeque::new(),
            failures: 0,
            locked_until: None,
            rng,
            failed: 0,
            basic: 0,
        }
    }

    pub(super) fn set_password(&mut self, password: &str) {
        password.clone_into(&mut self.password);
        self.nonces.clear();
    }

    /// As after a power cycle: nonces and the count are gone, a lock is not.
    pub(super) fn forget_nonces(&mut self) {
        self.nonces.clear();
    }

    /// When the lock ends, where one holds.
    pub(super) fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }

    pub(super) fn check(&mut self, request: &Request, now: Timestamp) -> LoginDecision {
        if self.locked_until.is_some_and(|until| until <= now) {
            self.locked_until = None;
            self.failures = 0;
        }
        let Some(credentials) = request.header("authorization") else {
            return LoginDecision::Refused(self.refusal(now, RenewedNonce::Taken));
        };
        if self.locked_until.is_some() {
            self.failed += 1;
            self.locked_until = Some(now.plus(self.quirks.lock_time));
            return LoginDecision::Refused(self.refusal(now, RenewedNonce::Taken));
        }
        match self.attempt(credentials, request) {
            Attempt::Right => {
                self.failures = 0;
                LoginDecision::Admitted
            }
            Attempt::StaleNonce => LoginDecision::Refused(self.refusal(now, self.quirks.renewed_nonce)),
            Attempt::Wrong => {
                self.failed += 1;
                self.failures += 1;
                if self.failures >= self.quirks.failures_to_lock {
                    self.locked_until = Some(now.plus(self.quirks.lock_time));
                }
                LoginDecision::Refused(self.refusal(now, RenewedNonce::Taken))
            }
        }
    }

    fn attempt(&mut self, credentials: &str, request: &Request) -> Attempt {
        let (scheme, rest) = credentials.split_once(' ').unwrap_or((credentials, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            self.basic += 1;
            return match self.quirks.sign_in {
                SignIn::BasicOnly if rest.trim() == base64(&format!("{}:{}", self.user, self.password)) => {
                    Attempt::Right
                }
                SignIn::BasicOnly | SignIn::Digest => Attempt::Wrong,
            };
        }
        if !scheme.eq_ignore_ascii_case("digest") || self.quirks.sign_in == SignIn::BasicOnly {
            return Attempt::Wrong;
        }
        let fields = fields(rest);
        let get = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value.as_str())
        };
        if get("username") != self.user
            || get("uri") != request.target
            || get("response") != self.expected(request, get)
        {
            return Attempt::Wrong;
        }
        match self.nonces.iter_mut().find(|nonce| nonce.text == get("nonce")) {
            Some(nonce) if nonce.refusals_left > 0 => {
                nonce.refusals_left -= 1;
                nonce.uses_left = 0;
                Attempt::StaleNonce
            }
            Some(nonce) if nonce.uses_left > 0 => {
                nonce.uses_left -= 1;
                Attempt::Right
            }
            Some(_) | None => Attempt::StaleNonce,
        }
    }

    /// RFC 2617 §3.2.2, with and without `qop`.
    fn expected<'a>(&self, request: &Request, get: impl Fn(&str) -> &'a str) -> String {
        let who = md5_hex(&format!("{}:{REALM}:{}", self.user, self.password));
        let what = md5_hex(&format!("{}:{}", request.method, get("uri")));
        match get("qop") {
            "" => md5_hex(&format!("{who}:{}:{what}", get("nonce"))),
            qop => md5_hex(&format!(
                "{who}:{}:{}:{}:{qop}:{what}",
                get("nonce"),
                get("nc"),
                get("cnonce")
            )),
        }
    }

    /// A 401 with a fresh challenge and the body that counts.
    fn refusal(&mut self, now: Timestamp, first: RenewedNonce) -> Reply {
        let state = match self.locked_until(now) {
            Some(until) => {
                let seconds = until.since(now).as_millis().div_ceil(1000);
                format!("<lockStatus>lock</lockStatus>\n<unlockTime>{seconds}</unlockTime>")
            }
            None => {
                let left = self.quirks.failures_to_lock.saturating_sub(self.failures);
                format!("<lockStatus>unlock</lockStatus>\n<retryLoginTime>{left}</retryLoginTime>")
            }
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<userCheck>\n<statusValue>401</statusValue>\n\
             <statusString>Unauthorized</statusString>\n{state}\n</userCheck>\n"
        );
        let challenge = match self.quirks.sign_in {
            SignIn::BasicOnly => format!("Basic realm=\"{REALM}\""),
            SignIn::Digest => {
                let nonce = self.nonce(now, first);
                format!(
                    "Digest realm=\"{REALM}\", domain=\"::\", qop=\"auth\", nonce=\"{nonce}\", opaque=\"\", \
                     algorithm=\"MD5\", stale=\"FALSE\""
                )
            }
        };
        Reply::new(401, "application/xml; charset=\"UTF-8\"", body).with("WWW-Authenticate", challenge)
    }

    fn nonce(&mut self, now: Timestamp, first: RenewedNonce) -> String {
        let text = format!("{:016x}{:016x}:{}", self.rng.throw(), self.rng.throw(), now.as_millis());
        let refusals_left = match first {
            RenewedNonce::Taken => 0,
            RenewedNonce::RefusedOnce => 1,
        };
        self.nonces.push_back(Nonce {
            text: text.clone(),
            uses_left: self.quirks.nonce_uses,
            refusals_left,
        });
        if self.nonces.len() > MAX_NONCES {
            self.nonces.pop_front();
        }
        text
    }
}

/// `key="value", key=value` in any order; keys in lower case.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut rest = text;
    while let Some((key, tail)) = rest.split_once('=') {
        let (value, after) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => (
                tail.split(',').next().unwrap_or_default(),
                tail.find(',').map_or("", |at| tail.split_at(at).1),
            ),
        };
        let key = key.trim_matches([',', ' ']).to_ascii_lowercase();
        fields.push((key, value.trim().to_owned()));
        rest = after;
    }
    fields
}

pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
