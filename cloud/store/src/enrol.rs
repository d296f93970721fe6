//! Enrolment codes: each lets one key in, once, for a while.
//!
//! The codes themselves are never stored, only their SHA-256: reading the database lets nobody enrol.

use crate::{
    audit,
    db::Platform,
    edges::{self, Edge, EdgeState},
    error::StoreError,
    tx::Tx,
    value::V,
};
use protocol::{EdgeId, Epoch, OrgId, SiteId, Timestamp, enrol, key::PublicKey};
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
pub struct NewCode {
    /// The code; only its hash is kept.
    pub code: enrol::Code,
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
pub struct ListedCode {
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
pub enum Enrolling {
    /// The edge is known from now on, or asked again after a lost answer.
    Enrolled(Box<Edge>),
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
pub struct Asker {
    /// What was asked.
    pub request: enrol::Request,
    /// The id that the edge gets.
    pub id: EdgeId,
    /// Now.
    pub now: Timestamp,
}

/// Makes a code, with its audit line.
pub async fn create(platform: &Platform, new: NewCode, entry: audit::Entry) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "INSERT INTO enrol_code (hash, org, site, name, created, expires)
                       VALUES ($1, $2, $3, $4, $5, $6)";
            let hash = hash(&new.code);
            let (org, site, name) = (V::from(&new.org), V::from(&new.site), V::from(&new.name));
            tx.execute(
                sql,
                &[
                    V::from(&hash),
                    org,
                    site,
                    name,
                    V::from(new.created),
                    V::from(new.expires),
                ],
            )?;
            audit::append(tx, &entry)
        })
        .await
}

/// The codes of an organisation, newest first.
pub async fn list(platform: &Platform, org: OrgId) -> Result<Vec<ListedCode>, StoreError> {
    let sql = "SELECT site, name, created, expires, edge FROM enrol_code WHERE org = $1 ORDER BY created DESC";
    platform
        .read(move |tx| {
            tx.rows(sql, &[V::from(&org)], |row| {
                Ok(ListedCode {
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
pub async fn enrol(platform: &Platform, asker: Asker, entry: audit::Entry) -> Result<Enrolling, StoreError> {
    platform.write(move |tx| let_in(tx, &asker, &entry)).await
}

fn let_in(tx: &Tx<'_>, asker: &Asker, entry: &audit::Entry) -> Result<Enrolling, StoreError> {
    let hash = hash(&asker.request.code);
    let sql = "SELECT org, site, name, expires, edge FROM enrol_code WHERE hash = $1";
    let found = tx.first(sql, &[V::from(&hash)], |row| {
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
        return Ok(Enrolling::Unknown);
    };
    if asker.now >= expires {
        return Ok(Enrolling::Expired);
    }
    let known = edges::find_by_key(tx, &asker.request.key)?;
    match (used_by, known) {
        (Some(edge), Some(known)) if known.id == edge => return Ok(Enrolling::Enrolled(Box::new(known))),
        (Some(_), _) => return Ok(Enrolling::Used),
        (None, Some(_)) => return Ok(Enrolling::KeyTaken),
        (None, None) => {}
    }
    let edge = new_edge(asker, (org, site), name);
    edges::insert(tx, &edge)?;
    let sql = "UPDATE enrol_code SET edge = $2, used = $3 WHERE hash = $1";
    tx.execute(sql, &[V::from(&hash), V::from(&edge.id), V::from(asker.now)])?;
    audit::append(tx, entry)?;
    Ok(Enrolling::Enrolled(Box::new(edge)))
}

fn new_edge(asker: &Asker, (org, site): (OrgId, SiteId), name: String) -> Edge {
    let key: PublicKey = asker.request.key;
    Edge {
        id: asker.id,
        org,
        site,
        name,
        key,
        state: EdgeState::Active,
        counter: 0,
        serial: asker.request.serial.chars().take(64).collect(),
        version: asker.request.version.chars().take(64).collect(),
        epoch: Epoch::default(),
        created: asker.now,
        seen: None,
    }
}

fn hash(code: &enrol::Code) -> [u8; 32] {
    Sha256::digest(code.expose().as_bytes()).into()
}
