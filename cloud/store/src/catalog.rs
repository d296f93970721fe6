//! What the files of the store hold: the one list of every domain's tables, handed to the schema when a store is opened.
//!
//! A released step never changes; what must change is a further step at the end of its list. Tables of projections are
//! no steps: they belong to a version of their code and are made anew with it.

mod legacy_schema;

use crate::{
    accounts, audit, bookings, catch_up, commands,
    db::Db,
    documents, edges, enrolment,
    error::StoreError,
    events, idempotency, orgs,
    projection::cursor,
    projections::PROJECTIONS,
    registers,
    schema::{Catalog, FileTables},
};
use std::path::Path;

/// Every table there is.
pub(crate) static CATALOG: Catalog = Catalog {
    platform: FileTables {
        steps: &[
            orgs::PLATFORM_DDL,
            edges::PLATFORM_DDL,
            enrolment::PLATFORM_DDL,
            accounts::PLATFORM_DDL,
            audit::TABLES,
            accounts::locks::PLATFORM_NETWORKS,
            accounts::change::PLATFORM_ENDS,
            audit::START_DDL,
        ],
        projections: &[],
    },
    tenant: FileTables {
        steps: &[
            orgs::TENANT_DDL,
            events::TENANT_DDL,
            legacy_schema::DEVICES,
            commands::TENANT_DDL,
            documents::TENANT_DDL,
            audit::TABLES,
            idempotency::TENANT_DDL,
            legacy_schema::QUEUE,
            cursor::TENANT_DDL,
            legacy_schema::BEFORE_PROJECTIONS,
            registers::TENANT_DDL,
            bookings::TENANT_DDL,
            events::TENANT_CURSOR_TIP,
            commands::holder::TENANT_HOLDERS,
            documents::FLOOR_DDL,
            audit::START_DDL,
        ],
        projections: PROJECTIONS,
    },
};

impl Db {
    /// Opens the state directory, made where it is missing, and refuses one that another process works in. Projections
    /// that are behind begin to catch up.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::start(dir, &CATALOG, catch_up::work)
    }
}
