//! Organisations and their sites.
//!
//! An organisation is a tenant: its sites, and everything else of it, live in a file of its own.

use crate::{
    audit,
    db::{OrgStore, PlatformStore},
    error::StoreError,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use protocol::{OrgId, SiteId, Timestamp};

/// Tables in `platform.db`.
pub(crate) const PLATFORM_DDL: &str = "
    CREATE TABLE org (id {uuid} NOT NULL PRIMARY KEY, name TEXT NOT NULL, created {time} NOT NULL);
";
/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE site (id {uuid} NOT NULL PRIMARY KEY, name TEXT NOT NULL, created {time} NOT NULL);
";

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Which.
    pub id: OrgId,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A site of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRecord {
    /// Which.
    pub id: SiteId,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

/// Adds an organisation, with its line in the platform's audit trail.
pub async fn create(platform: &PlatformStore, org: Org, entry: audit::AuditEntry) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "INSERT INTO org (id, name, created) VALUES ($1, $2, $3)";
            tx.execute(
                sql,
                &[
                    SqlParam::from(&org.id),
                    SqlParam::from(&org.name),
                    SqlParam::from(org.created),
                ],
            )?;
            audit::append(tx, &entry)
        })
        .await
}

/// Every organisation, oldest first.
pub async fn list(platform: &PlatformStore) -> Result<Vec<Org>, StoreError> {
    platform
        .read(|tx| tx.rows("SELECT id, name, created FROM org ORDER BY created, id", &[], read_org))
        .await
}

/// One organisation.
pub async fn get(platform: &PlatformStore, id: OrgId) -> Result<Option<Org>, StoreError> {
    let sql = "SELECT id, name, created FROM org WHERE id = $1";
    platform
        .read(move |tx| tx.first(sql, &[SqlParam::from(&id)], read_org))
        .await
}

/// Adds a site, with its line in the organisation's audit trail.
pub async fn create_site(scope: &OrgStore, site: SiteRecord, entry: audit::AuditEntry) -> Result<(), StoreError> {
    scope
        .write(move |tx| {
            let sql = "INSERT INTO site (id, name, created) VALUES ($1, $2, $3)";
            tx.execute(
                sql,
                &[
                    SqlParam::from(&site.id),
                    SqlParam::from(&site.name),
                    SqlParam::from(site.created),
                ],
            )?;
            audit::append(tx, &entry)
        })
        .await
}

/// Every site of the organisation, oldest first.
pub async fn sites(scope: &OrgStore) -> Result<Vec<SiteRecord>, StoreError> {
    scope
        .read(|tx| {
            tx.rows(
                "SELECT id, name, created FROM site ORDER BY created, id",
                &[],
                read_site,
            )
        })
        .await
}

/// One site of the organisation.
pub async fn site(scope: &OrgStore, id: SiteId) -> Result<Option<SiteRecord>, StoreError> {
    scope.read(move |tx| find_site(tx, id)).await
}

fn find_site(tx: &Tx<'_>, id: SiteId) -> Result<Option<SiteRecord>, StoreError> {
    tx.first(
        "SELECT id, name, created FROM site WHERE id = $1",
        &[SqlParam::from(&id)],
        read_site,
    )
}

fn read_org(row: &SqlRow<'_>) -> Result<Org, StoreError> {
    Ok(Org {
        id: OrgId::from_uuid(row.uuid(0)?),
        name: row.text(1)?,
        created: row.time(2)?,
    })
}

fn read_site(row: &SqlRow<'_>) -> Result<SiteRecord, StoreError> {
    Ok(SiteRecord {
        id: SiteId::from_uuid(row.uuid(0)?),
        name: row.text(1)?,
        created: row.time(2)?,
    })
}
