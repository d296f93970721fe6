//! Failed sign-ins: counted and judged in the transaction that records them, by account and network, growing.
//!
//! A lock is only ever made longer by a failure, however late it comes; and failures from elsewhere never lock out a network
//! from which the account has signed in.

use super::account_id::AccountId;
use crate::{
    audit::{self, AuditEntry},
    db::PlatformStore,
    error::StoreError,
    tx::Tx,
    value::SqlParam,
};
use protocol::{Timestamp, client_address::counted_network};
use std::{fmt, net::IpAddr, time::Duration};

/// A further step of `platform.db`: what is known of an account's networks.
pub(crate) const PLATFORM_NETWORKS: &str = "
    CREATE TABLE account_network (
        account {uuid} NOT NULL, network TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, failed {time},
        locked_until {time}, signed_in {time}, PRIMARY KEY (account, network));
";

/// A network that has not failed for so long begins anew.
const FAILURES_KEPT: Duration = Duration::from_secs(24 * 3600);
/// A network counts as the account's own for so long after it signed in from there.
const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// Networks remembered of one account; the one that failed longest ago goes first.
const MOST_NETWORKS: u64 = 1000;

/// A network as locks count it: an IPv4 address, or a /64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInNetwork(String);

impl From<IpAddr> for SignInNetwork {
    fn from(address: IpAddr) -> Self {
        Self(counted_network(address).to_string())
    }
}

impl fmt::Display for SignInNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How long what is locked after so many failures in a row; none: not at all.
#[derive(Debug, Clone, Copy)]
pub struct LockRules {
    /// One network's way to one account.
    pub network: fn(u32) -> Option<Duration>,
    /// Every network from which the account has never signed in.
    pub account: fn(u32) -> Option<Duration>,
}

/// Whether the right password would be enough now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInLock {
    /// It would.
    Open,
    /// This network has failed too often.
    Network,
    /// Too many networks have failed, and this one is not the account's own.
    Account,
}

/// Counts a failed sign-in of a known account, judges it by what is counted, and remembers it.
pub async fn note_failure(
    platform: &PlatformStore,
    id: AccountId,
    network: SignInNetwork,
    rules: LockRules,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let now = entry.at;
            forget(tx, id, now)?;
            let (account, place) = (SqlParam::Uuid(&id.0), SqlParam::from(network.0.as_str()));
            let sql = "INSERT INTO account_network (account, network, failures, failed) VALUES ($1, $2, 1, $3)
                       ON CONFLICT (account, network) DO UPDATE SET failures = failures + 1, failed = excluded.failed
                       RETURNING failures";
            let counted = tx.first(sql, &[account, place, SqlParam::from(now)], |row| row.count(0))?;
            let until = lock((rules.network)(count(counted)), now);
            let sql = "UPDATE account_network SET locked_until = max(coalesce(locked_until, $3), $3)
                       WHERE account = $1 AND network = $2 AND $3 IS NOT NULL";
            tx.execute(sql, &[account, place, until])?;
            let sql = "UPDATE account SET failures = failures + 1 WHERE id = $1 RETURNING failures";
            let counted = tx.first(sql, &[account], |row| row.count(0))?;
            let until = lock((rules.account)(count(counted)), now);
            let sql = "UPDATE account SET locked_until = max(coalesce(locked_until, $2), $2)
                       WHERE id = $1 AND $2 IS NOT NULL";
            tx.execute(sql, &[account, until])?;
            audit::append(tx, &entry)
        })
        .await
}

/// Whether an account may sign in from a network.
pub(crate) fn lock_of(
    tx: &Tx<'_>,
    id: AccountId,
    network: &SignInNetwork,
    now: Timestamp,
) -> Result<SignInLock, StoreError> {
    let sql = "SELECT a.locked_until, n.locked_until, n.signed_in, n.failures, a.mfa IS NOT NULL FROM account a
               LEFT JOIN account_network n ON n.account = a.id AND n.network = $2 WHERE a.id = $1";
    let found = tx.first(
        sql,
        &[SqlParam::Uuid(&id.0), SqlParam::from(network.0.as_str())],
        |row| {
            let locked = |until: Option<Timestamp>| until.is_some_and(|until| now < until);
            let signed_in = row.time_or_none(2)?;
            let own = signed_in.is_some_and(|at| now < at.plus(KNOWN_FOR));
            // The second factor is asked for all the same: whoever has both, from where nobody guessed, is no guesser.
            let proves_itself = row.flag(4)? && row.count_or_none(3)?.unwrap_or(0) == 0;
            Ok(if locked(row.time_or_none(1)?) {
                SignInLock::Network
            } else if locked(row.time_or_none(0)?) && !own && !proves_itself {
                SignInLock::Account
            } else {
                SignInLock::Open
            })
        },
    )?;
    Ok(found.unwrap_or(SignInLock::Open))
}

/// A good sign-in: the failures of this network and of the account are forgotten, and the network is the account's own.
pub(super) fn signed_in(tx: &Tx<'_>, id: AccountId, network: &SignInNetwork, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO account_network (account, network, signed_in) VALUES ($1, $2, $3)
               ON CONFLICT (account, network)
               DO UPDATE SET failures = 0, failed = NULL, locked_until = NULL, signed_in = excluded.signed_in";
    let values = [
        SqlParam::Uuid(&id.0),
        SqlParam::from(network.0.as_str()),
        SqlParam::from(now),
    ];
    tx.execute(sql, &values)?;
    forget(tx, id, now)
}

/// Every lock of an account ends, as where somebody else gave it a new password.
pub(super) fn unlock(tx: &Tx<'_>, id: AccountId) -> Result<(), StoreError> {
    let account = [SqlParam::Uuid(&id.0)];
    tx.execute(
        "UPDATE account SET failures = 0, locked_until = NULL WHERE id = $1",
        &account,
    )?;
    let sql = "UPDATE account_network SET failures = 0, failed = NULL, locked_until = NULL WHERE account = $1";
    tx.execute(sql, &account).map(|_| ())
}

fn forget(tx: &Tx<'_>, id: AccountId, now: Timestamp) -> Result<(), StoreError> {
    let before = |age: Duration| {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        SqlParam::from(Timestamp::from_millis(now.as_millis().saturating_sub(age)))
    };
    let sql =
        "DELETE FROM account_network WHERE account = $4 AND coalesce(failed, 0) < $1 AND coalesce(signed_in, 0) < $2
               AND coalesce(locked_until, 0) < $3";
    let account = SqlParam::Uuid(&id.0);
    tx.execute(
        sql,
        &[before(FAILURES_KEPT), before(KNOWN_FOR), SqlParam::from(now), account],
    )?;
    let sql = "DELETE FROM account_network WHERE account = $1 AND network IN (
               SELECT network FROM account_network WHERE account = $1 ORDER BY max(coalesce(failed, 0), coalesce(signed_in, 0)) DESC
               LIMIT -1 OFFSET $2)";
    tx.execute(sql, &[SqlParam::Uuid(&id.0), SqlParam::from(MOST_NETWORKS)])
        .map(|_| ())
}

fn lock(length: Option<Duration>, now: Timestamp) -> SqlParam<'static> {
    length.map_or(SqlParam::Null, |length| SqlParam::from(now.plus(length)))
}

fn count(failures: Option<u64>) -> u32 {
    u32::try_from(failures.unwrap_or(0)).unwrap_or(u32::MAX)
}
