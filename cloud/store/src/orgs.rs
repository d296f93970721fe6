//! Organisations and their sites.
//!
//! An organisation is a tenant: its sites, and everything else of it, live in a file of its own.

use crate::{
    audit,
    db::{Platform, Scope},
    error::StoreError,
    tx::Tx,
    value::{Row, V},
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
pub struct Site {
    /// Which.
    pub id: SiteId,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

/// Adds an organisation, with its line in the platform's audit trail.
pub async fn create(platform: &Platform, org: Org, entry: audit::Entry) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "INSERT INTO org (id, name, created) VALUES ($1, $2, $3)";
            tx.execute(sql, &[V::from(&org.id), V::from(&org.name), V::from(org.created)])?;
            audit::append(tx, &entry)
        })
        .await
}

/// Every organisation, oldest first.
pub async fn list(platform: &Platform) -> Result<Vec<Org>, StoreError> {
    platform
        .read(|tx| tx.rows("SELECT id, name, created FROM org ORDER BY created, id", &[], read_org))
        .await
}

/// One organisation.
pub async fn get(platform: &Platform, id: OrgId) -> Result<Option<Org>, StoreError> {
    let sql = "SELECT id, name, created FROM org WHERE id = $1";
    platform.read(move |tx| tx.first(sql, &[V::from(&id)], read_org)).await
}

/// Adds a site, with its line in the organisation's audit trail.
pub async fn create_site(scope: &Scope, site: Site, entry: audit::Entry) -> Result<(), StoreError> {
    scope
        .write(move |tx| {
            let sql = "INSERT INTO site (id, name, created) VALUES ($1, $2, $3)";
            tx.execute(sql, &[V::from(&site.id), V::from(&site.name), V::from(site.created)])?;
            audit::append(tx, &entry)
        })
        .await
}

/// Every site of the organisation, oldest first.
pub async fn sites(scope: &Scope) -> Result<Vec<Site>, StoreError> {
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
pub async fn site(scope: &Scope, id: SiteId) -> Result<Option<Site>, StoreError> {
    scope.read(move |tx| find_site(tx, id)).await
}

fn find_site(tx: &Tx<'_>, id: SiteId) -> Result<Option<Site>, StoreError> {
    tx.first(
        "SELECT id, name, created FROM site WHERE id = $1",
        &[V::from(&id)],
        read_site,
    )
}

fn read_org(row: &Row<'_>) -> Result<Org, StoreError> {
    Ok(Org {
        id: OrgId::from_uuid(row.uuid(0)?),
        name: row.text(1)?,
        created: row.time(2)?,
    })
}

fn read_site(row: &Row<'_>) -> Result<Site, StoreError> {
    Ok(Site {
        id: SiteId::from_uuid(row.uuid(0)?),
        name: row.text(1)?,
        created: row.time(2)?,
    })
}
