//! Sessions and their tokens: the access token of a quarter of an hour, the refresh token that is good once, the
//! console's cookie.
//!
//! Tokens are here as SHA-256 only. A refresh token shown twice ends its session: one of the two was a thief's.

pub use super::session_id::SessionId;
use super::{Account, COLUMNS, read_account};
use crate::{
    audit::{self, Entry},
    db::Platform,
    error::StoreError,
    tx::Tx,
    value::V,
};
use protocol::{OrgId, Timestamp};

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Calling the REST API.
    Access,
    /// Getting a new pair, once.
    Refresh,
    /// The console's cookie.
    Cookie,
}

impl TokenKind {
    const fn as_str(self) -> &'static str {
        match self {
            TokenKind::Access => "access",
            TokenKind::Refresh => "refresh",
            TokenKind::Cookie => "cookie",
        }
    }
}

/// A token to be stored.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is good for.
    pub kind: TokenKind,
    /// Its SHA-256.
    pub hash: TokenHash,
    /// Until when.
    pub expires: Timestamp,
}

/// A sign-in that succeeded.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: super::AccountId,
    /// Its tokens.
    pub tokens: Vec<NewToken>,
    /// When even its last token will have expired, unless it is refreshed.
    pub expires: Timestamp,
    /// The time step of the six-digit code, where one was needed.
    pub mfa_step: Option<i64>,
    /// Now.
    pub at: Timestamp,
}

/// Whether a session was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It was.
    Yes,
    /// The six-digit code had been used meanwhile.
    CodeUsed,
}

/// A session as found by one of its tokens.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: Account,
    /// The organisation a platform account has chosen to look at in the console.
    pub chosen: Option<OrgId>,
}

/// What became of a refresh token.
#[derive(Debug, Clone)]
pub enum Rotated {
    /// Used up; the new tokens are stored.
    Yes(Account),
    /// It had been used before: the session has been ended.
    Reused,
    /// No such token, or no longer good.
    Unknown,
}

/// Begins a session: failures are forgotten, the code's step is used up, tokens are stored, the sign-in is remembered.
pub async fn begin(platform: &Platform, session: NewSession, entry: Entry) -> Result<Begun, StoreError> {
    platform
        .write(move |tx| {
            let sql = "UPDATE account SET failures = 0, locked_until = NULL, last_sign_in = $2,
                       mfa_step = coalesce($3, mfa_step)
                       WHERE id = $1 AND ($3 IS NULL OR mfa_step < $3)";
            let values = [V::U(&session.account.0), V::from(session.at), V::from(session.mfa_step)];
            if tx.execute(sql, &values)? == 0 {
                return Ok(Begun::CodeUsed);
            }
            sweep(tx, session.at)?;
            let sql = "INSERT INTO session (id, account, created, expires) VALUES ($1, $2, $3, $4)";
            let values = [
                V::U(&session.id.0),
                V::U(&session.account.0),
                V::from(session.at),
                V::from(session.expires),
            ];
            tx.execute(sql, &values)?;
            insert_tokens(tx, session.id, &session.tokens)?;
            audit::append(tx, &entry)?;
            Ok(Begun::Yes)
        })
        .await
}

/// The session a token stands for, if it is good now.
pub async fn find(
    platform: &Platform,
    kind: TokenKind,
    hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    platform.read(move |tx| live(tx, kind, &hash, now)).await
}

/// Uses up a refresh token and stores the pair that follows it. `entry` is remembered where the token had been used.
pub async fn rotate(
    platform: &Platform,
    hash: TokenHash,
    tokens: Vec<NewToken>,
    expires: Timestamp,
    entry: Entry,
) -> Result<Rotated, StoreError> {
    platform
        .write(move |tx| {
            let now = entry.at;
            let sql = "SELECT session, used FROM session_token WHERE hash = $1 AND kind = 'refresh'";
            let found = tx.first(sql, &[V::from(&hash)], |row| Ok((row.uuid(0)?, row.time_or_none(1)?)))?;
            let Some((session, used)) = found else {
                return Ok(Rotated::Unknown);
            };
            if used.is_some() {
                end_in(tx, SessionId(session), now)?;
                audit::append(tx, &entry)?;
                return Ok(Rotated::Reused);
            }
            let Some(found) = live(tx, TokenKind::Refresh, &hash, now)? else {
                return Ok(Rotated::Unknown);
            };
            tx.execute(
                "UPDATE session_token SET used = $2 WHERE hash = $1",
                &[V::from(&hash), V::from(now)],
            )?;
            // The access token that goes with the old pair ends with it.
            let sql = "DELETE FROM session_token WHERE session = $1 AND (kind = 'access' OR expires <= $2)";
            tx.execute(sql, &[V::U(&session), V::from(now)])?;
            tx.execute(
                "UPDATE session SET expires = $2 WHERE id = $1",
                &[V::U(&session), V::from(expires)],
            )?;
            insert_tokens(tx, SessionId(session), &tokens)?;
            Ok(Rotated::Yes(found.account))
        })
        .await
}

/// Ends a session and all its tokens.
pub async fn end(platform: &Platform, id: SessionId, entry: Entry) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            end_in(tx, id, entry.at)?;
            audit::append(tx, &entry)
        })
        .await
}

/// Remembers which organisation a platform account looks at in the console.
pub async fn choose_org(platform: &Platform, id: SessionId, org: OrgId) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            tx.execute(
                "UPDATE session SET org = $2 WHERE id = $1",
                &[V::U(&id.0), V::from(&org)],
            )
            .map(|_| ())
        })
        .await
}

fn live(tx: &Tx<'_>, kind: TokenKind, hash: &TokenHash, now: Timestamp) -> Result<Option<Session>, StoreError> {
    let columns = COLUMNS.replace(", ", ", a.");
    let sql = format!(
        "SELECT a.{columns}, s.id, s.org FROM session_token t JOIN session s ON s.id = t.session
         JOIN account a ON a.id = s.account
         WHERE t.hash = $1 AND t.kind = $2 AND t.used IS NULL AND t.expires > $3 AND s.ended IS NULL AND s.expires > $3"
    );
    tx.first(&sql, &[V::from(hash), V::from(kind.as_str()), V::from(now)], |row| {
        let chosen = row.uuid_or_none(14)?.map(OrgId::from_uuid);
        Ok(Session {
            id: SessionId(row.uuid(13)?),
            account: read_account(row)?,
            chosen,
        })
    })
}

fn insert_tokens(tx: &Tx<'_>, session: SessionId, tokens: &[NewToken]) -> Result<(), StoreError> {
    let sql = "INSERT INTO session_token (hash, session, kind, expires) VALUES ($1, $2, $3, $4)";
    let sets = tokens.iter().map(|token| {
        [
            V::from(&token.hash),
            V::U(&session.0),
            V::from(token.kind.as_str()),
            V::from(token.expires),
        ]
    });
    tx.execute_each(sql, sets)
}

fn end_in(tx: &Tx<'_>, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE session SET ended = $2 WHERE id = $1 AND ended IS NULL",
        &[V::U(&id.0), V::from(now)],
    )?;
    tx.execute(
        "DELETE FROM session_token WHERE session = $1 AND kind <> 'refresh'",
        &[V::U(&id.0)],
    )
    .map(|_| ())
}

/// Forgets sessions whose last token has expired.
fn sweep(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM session_token WHERE session IN (SELECT id FROM session WHERE expires <= $1)";
    tx.execute(sql, &[V::from(now)])?;
    tx.execute("DELETE FROM session WHERE expires <= $1", &[V::from(now)])
        .map(|_| ())
}
