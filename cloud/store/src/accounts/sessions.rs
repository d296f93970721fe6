//! Sessions and their tokens: the access token of a quarter of an hour, the refresh token that is good once, the
//! console's cookie.
//!
//! Tokens are here as SHA-256 only. A refresh token shown twice ends its session: one of the two was a thief's.

pub use super::session_id::SessionId;
use super::{
    Account, AccountPasswordHash, COLUMNS,
    locks::{self, SignInLock, SignInNetwork},
    read_account,
};
use crate::{
    audit::{self, AuditEntry},
    db::PlatformStore,
    error::StoreError,
    tx::Tx,
    value::SqlParam,
};
use protocol::{OrgId, Timestamp};

/// SHA-256 of a token.
pub type TokenSha256 = [u8; 32];

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
    pub hash: TokenSha256,
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
    /// Where from.
    pub network: SignInNetwork,
    /// The password that was right: another one meanwhile makes it wrong.
    pub password: AccountPasswordHash,
    /// The time step of the six-digit code, where one was needed.
    pub mfa_step: Option<i64>,
    /// Now.
    pub at: Timestamp,
}

/// Whether a session was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStart {
    /// It was.
    Started,
    /// The code was used, the password changed, or the account ended meanwhile.
    Overtaken,
    /// Too many wrong guesses were recorded meanwhile.
    Locked,
}

/// A session as found by one of its tokens.
#[derive(Debug, Clone)]
pub struct AccountSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: Account,
    /// The organisation a platform account has chosen to look at in the console.
    pub chosen: Option<OrgId>,
}

/// What became of a refresh token.
#[derive(Debug, Clone)]
pub enum TokenRotation {
    /// Used up; the new tokens are stored.
    Rotated(Account),
    /// It had been used before: the session has been ended.
    Reused,
    /// No such token, or no longer good.
    Unknown,
}

/// Begins a session: failures are forgotten, the code's step is used up, tokens are stored, the sign-in is remembered.
pub async fn begin(
    platform: &PlatformStore,
    session: NewSession,
    entry: AuditEntry,
) -> Result<SessionStart, StoreError> {
    platform
        .write(move |tx| {
            let sql = "UPDATE account SET failures = 0, locked_until = NULL, last_sign_in = $2,
                       mfa_step = coalesce($3, mfa_step)
                       WHERE id = $1 AND ($3 IS NULL OR mfa_step < $3) AND password = $4 AND disabled IS NULL";
            let values = [
                SqlParam::Uuid(&session.account.0),
                SqlParam::from(session.at),
                SqlParam::from(session.mfa_step),
                SqlParam::from(session.password.expose()),
            ];
            // Before anything is forgotten: guesses that came first count, however many were under way at once.
            match locks::lock_of(tx, session.account, &session.network, session.at)? {
                SignInLock::Open => {}
                SignInLock::Network | SignInLock::Account => return Ok(SessionStart::Locked),
            }
            if tx.execute(sql, &values)? == 0 {
                return Ok(SessionStart::Overtaken);
            }
            locks::signed_in(tx, session.account, &session.network, session.at)?;
            sweep(tx, session.at)?;
            let sql = "INSERT INTO session (id, account, created, expires) VALUES ($1, $2, $3, $4)";
            let values = [
                SqlParam::Uuid(&session.id.0),
                SqlParam::Uuid(&session.account.0),
                SqlParam::from(session.at),
                SqlParam::from(session.expires),
            ];
            tx.execute(sql, &values)?;
            insert_tokens(tx, session.id, &session.tokens)?;
            audit::append(tx, &entry)?;
            Ok(SessionStart::Started)
        })
        .await
}

/// The session a token stands for, if it is good now.
pub async fn find(
    platform: &PlatformStore,
    kind: TokenKind,
    hash: TokenSha256,
    now: Timestamp,
) -> Result<Option<AccountSession>, StoreError> {
    platform.read(move |tx| live(tx, kind, &hash, now)).await
}

/// Uses up a refresh token and stores the pair that follows it. `entry` is remembered where the token had been used.
pub async fn rotate(
    platform: &PlatformStore,
    hash: TokenSha256,
    tokens: Vec<NewToken>,
    expires: Timestamp,
    entry: AuditEntry,
) -> Result<TokenRotation, StoreError> {
    platform
        .write(move |tx| {
            let now = entry.at;
            let sql = "SELECT session, used FROM session_token WHERE hash = $1 AND kind = 'refresh'";
            let found = tx.first(sql, &[SqlParam::from(&hash)], |row| {
                Ok((row.uuid(0)?, row.time_or_none(1)?))
            })?;
            let Some((session, used)) = found else {
                return Ok(TokenRotation::Unknown);
            };
            if used.is_some() {
                end_in(tx, SessionId(session), now)?;
                audit::append(tx, &entry)?;
                return Ok(TokenRotation::Reused);
            }
            let Some(found) = live(tx, TokenKind::Refresh, &hash, now)? else {
                return Ok(TokenRotation::Unknown);
            };
            tx.execute(
                "UPDATE session_token SET used = $2 WHERE hash = $1",
                &[SqlParam::from(&hash), SqlParam::from(now)],
            )?;
            // The access token that goes with the old pair ends with it.
            let sql = "DELETE FROM session_token WHERE session = $1 AND (kind = 'access' OR expires <= $2)";
            tx.execute(sql, &[SqlParam::Uuid(&session), SqlParam::from(now)])?;
            tx.execute(
                "UPDATE session SET expires = $2 WHERE id = $1",
                &[SqlParam::Uuid(&session), SqlParam::from(expires)],
            )?;
            insert_tokens(tx, SessionId(session), &tokens)?;
            Ok(TokenRotation::Rotated(found.account))
        })
        .await
}

/// Ends a session and all its tokens.
pub async fn end(platform: &PlatformStore, id: SessionId, entry: AuditEntry) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            end_in(tx, id, entry.at)?;
            audit::append(tx, &entry)
        })
        .await
}

/// Whether a session goes on, and its account may sign in: an answer without end has to ask.
pub async fn is_live(platform: &PlatformStore, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM session s JOIN account a ON a.id = s.account
               WHERE s.id = $1 AND s.ended IS NULL AND s.expires > $2 AND a.disabled IS NULL";
    platform
        .read(move |tx| {
            let found = tx.first(sql, &[SqlParam::Uuid(&id.0), SqlParam::from(now)], |_| Ok(()))?;
            Ok(found.is_some())
        })
        .await
}

/// Remembers which organisation a platform account looks at in the console.
pub async fn choose_org(platform: &PlatformStore, id: SessionId, org: OrgId) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            tx.execute(
                "UPDATE session SET org = $2 WHERE id = $1",
                &[SqlParam::Uuid(&id.0), SqlParam::from(&org)],
            )
            .map(|_| ())
        })
        .await
}

fn live(
    tx: &Tx<'_>,
    kind: TokenKind,
    hash: &TokenSha256,
    now: Timestamp,
) -> Result<Option<AccountSession>, StoreError> {
    let columns = COLUMNS.replace(", ", ", a.");
    let sql = format!(
        "SELECT a.{columns}, s.id, s.org FROM session_token t JOIN session s ON s.id = t.session
         JOIN account a ON a.id = s.account
         WHERE t.hash = $1 AND t.kind = $2 AND t.used IS NULL AND t.expires > $3 AND s.ended IS NULL AND s.expires > $3
           AND a.disabled IS NULL"
    );
    tx.first(
        &sql,
        &[SqlParam::from(hash), SqlParam::from(kind.as_str()), SqlParam::from(now)],
        |row| {
            let chosen = row.uuid_or_none(16)?.map(OrgId::from_uuid);
            Ok(AccountSession {
                id: SessionId(row.uuid(15)?),
                account: read_account(row)?,
                chosen,
            })
        },
    )
}

fn insert_tokens(tx: &Tx<'_>, session: SessionId, tokens: &[NewToken]) -> Result<(), StoreError> {
    let sql = "INSERT INTO session_token (hash, session, kind, expires) VALUES ($1, $2, $3, $4)";
    let sets = tokens.iter().map(|token| {
        [
            SqlParam::from(&token.hash),
            SqlParam::Uuid(&session.0),
            SqlParam::from(token.kind.as_str()),
            SqlParam::from(token.expires),
        ]
    });
    tx.execute_each(sql, sets)
}

fn end_in(tx: &Tx<'_>, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE session SET ended = $2 WHERE id = $1 AND ended IS NULL",
        &[SqlParam::Uuid(&id.0), SqlParam::from(now)],
    )?;
    tx.execute(
        "DELETE FROM session_token WHERE session = $1 AND kind <> 'refresh'",
        &[SqlParam::Uuid(&id.0)],
    )
    .map(|_| ())
}

/// Forgets sessions whose last token has expired.
fn sweep(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM session_token WHERE session IN (SELECT id FROM session WHERE expires <= $1)";
    tx.execute(sql, &[SqlParam::from(now)])?;
    tx.execute("DELETE FROM session WHERE expires <= $1", &[SqlParam::from(now)])
        .map(|_| ())
}
