//! Enrolment codes: each lets one key in, once, for a while.
//!
//! The codes themselves are never stored, only their SHA-256: reading the database lets nobody enrol.

use crate::{
    audit,
    db::PlatformStore,
    edges::{self, EdgeRecord, EdgeState},
    error::StoreError,
    tx::Tx,
    value::SqlParam,
};
use protocol::{EdgeId, Epoch, OrgId, SiteId, Timestamp, enrolment, key::PublicKey};
use sha2::{Digest as _, Sha256};

/// Tables in `platform.db`: a code says which organisation it is for.
pub(crate) const PLATFORM_DDL: &str = "
    CREATE TABLE enrol_code (
        hash {bytes} NOT NULL PRIMARY KEY, org {uuid} NOT NULL, site {uuid} NOT NULL, name TEXT NOT NULL,
        created {time} NOT NULL, expires {time} NOT NULL, edge {uuid}, used {time});
    CREATE INDEX enrol_code_org ON enrol_code (org, created);
";

/// A code to be made.
#[derive(Debug, Clone)]
pub struct NewEnrolmentCode {
    /// The code; only its hash is kept.
    pub code: enrolment::Code,
    /// The organisation that the edge will belong to.
    pub org: OrgId,
    /// The site that it will stand at.
    pub site: SiteId,
    /// What the edge will be called.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is worthless.
    pub expires: Timestamp,
}

/// A code as listed: everything but the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCodeSummary {
    /// The site that the edge will stand at.
    pub site: SiteId,
    /// What the edge will be called.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is worthless.
    pub expires: Timestamp,
    /// The edge that used it.
    pub edge: Option<EdgeId>,
}

/// How an enrolment ended.
#[derive(Debug, Clone, PartialEq)]
pub enum EnrolmentResult {
    /// The edge is known from now on, or asked again after a lost answer.
    Enrolled(Box<EdgeRecord>),
    /// No such code.
    Unknown,
    /// The code is too old.
    Expired,
    /// The code was used with another key.
    Used,
    /// The key belongs to an edge already.
    KeyTaken,
}

/// What enrolment needs to know of the asker; its request was signed with `key`.
#[derive(Debug, Clone)]
pub struct EnrolmentAttempt {
    /// What was asked.
    pub request: enrolment::Request,
    /// The id that the edge gets.
    pub id: EdgeId,
    /// Now.
    pub now: Timestamp,
}

/// Makes a code, with its audit line.
pub async fn create(
    platform: &PlatformStore,
    new: NewEnrolmentCode,
    entry: audit::AuditEntry,
) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "INSERT INTO enrol_code (hash, org, site, name, created, expires)
                       VALUES ($1, $2, $3, $4, $5, $6)";
            let hash = hash(&new.code);
            let (org, site, name) = (
                SqlParam::from(&new.org),
                SqlParam::from(&new.site),
                SqlParam::from(&new.name),
            );
            tx.execute(
                sql,
                &[
                    SqlParam::from(&hash),
                    org,
                    site,
                    name,
                    SqlParam::from(new.created),
                    SqlParam::from(new.expires),
                ],
            )?;
            audit::append(tx, &entry)
        })
        .await
}

/// The codes of an organisation, newest first.
pub async fn list(platform: &PlatformStore, org: OrgId) -> Result<Vec<EnrolmentCodeSummary>, StoreError> {
    let sql = "SELECT site, name, created, expires, edge FROM enrol_code WHERE org = $1 ORDER BY created DESC";
    platform
        .read(move |tx| {
            tx.rows(sql, &[SqlParam::from(&org)], |row| {
                Ok(EnrolmentCodeSummary {
                    site: SiteId::from_uuid(row.uuid(0)?),
                    name: row.text(1)?,
                    created: row.time(2)?,
                    expires: row.time(3)?,
                    edge: row.uuid_or_none(4)?.map(EdgeId::from_uuid),
                })
            })
        })
        .await
}

/// Lets a key in for a code. The code is worthless afterwards, except that the same key may ask again within its
/// lifetime and gets the same answer.
pub async fn enrol(
    platform: &PlatformStore,
    asker: EnrolmentAttempt,
    entry: audit::AuditEntry,
) -> Result<EnrolmentResult, StoreError> {
    platform.write(move |tx| redeem_code(tx, &asker, &entry)).await
}

fn redeem_code(
    tx: &Tx<'_>,
    asker: &EnrolmentAttempt,
    entry: &audit::AuditEntry,
) -> Result<EnrolmentResult, StoreError> {
    let hash = hash(&asker.request.code);
    let sql = "SELECT org, site, name, expires, edge FROM enrol_code WHERE hash = $1";
    let found = tx.first(sql, &[SqlParam::from(&hash)], |row| {
        let org = OrgId::from_uuid(row.uuid(0)?);
        let site = SiteId::from_uuid(row.uuid(1)?);
        Ok((
            org,
            site,
            row.text(2)?,
            row.time(3)?,
            row.uuid_or_none(4)?.map(EdgeId::from_uuid),
        ))
    })?;
    let Some((org, site, name, expires, used_by)) = found else {
        return Ok(EnrolmentResult::Unknown);
    };
    if asker.now >= expires {
        return Ok(EnrolmentResult::Expired);
    }
    let known = edges::find_by_key(tx, &asker.request.key)?;
    match (used_by, known) {
        (Some(edge), Some(known)) if known.id == edge => return Ok(EnrolmentResult::Enrolled(Box::new(known))),
        (Some(_), _) => return Ok(EnrolmentResult::Used),
        (None, Some(_)) => return Ok(EnrolmentResult::KeyTaken),
        (None, None) => {}
    }
    let edge = new_edge(asker, (org, site), name);
    edges::insert(tx, &edge)?;
    let sql = "UPDATE enrol_code SET edge = $2, used = $3 WHERE hash = $1";
    tx.execute(
        sql,
        &[
            SqlParam::from(&hash),
            SqlParam::from(&edge.id),
            SqlParam::from(asker.now),
        ],
    )?;
    audit::append(tx, entry)?;
    Ok(EnrolmentResult::Enrolled(Box::new(edge)))
}

/// As much of it as is kept for people.
fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

fn new_edge(asker: &EnrolmentAttempt, (org, site): (OrgId, SiteId), name: String) -> EdgeRecord {
    let key: PublicKey = asker.request.key;
    EdgeRecord {
        id: asker.id,
        org,
        site,
        name,
        key,
        state: EdgeState::Active,
        counter: 0,
        serial: shortened(asker.request.serial.as_str()).into(),
        version: shortened(asker.request.version.as_str()).into(),
        epoch: Epoch::default(),
        created: asker.now,
        seen: None,
    }
}

fn hash(code: &enrolment::Code) -> [u8; 32] {
    Sha256::digest(code.expose().as_bytes()).into()
}
