//! Opening one SQLite file: readable by nobody else, never half migrated, never less than a full sync per commit.

use crate::{
    error::StoreError,
    lru::Lru,
    schema::{self, Catalog, FileTables},
};
use protocol::OrgId;
use rusqlite::{Connection, OpenFlags};
use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// Pages after which the log is folded into the file: larger than SQLite's 1000, so that a burst folds seldom.
const CHECKPOINT_PAGES: u32 = 4000;

/// Bytes that SQLite may use before its page caches stop growing, all files together.
const SOFT_HEAP: u32 = 160 << 20;

/// Which file of the state directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum File {
    /// What belongs to no organisation.
    Platform,
    /// Everything of one organisation.
    Tenant(OrgId),
}

impl File {
    /// Path below the state directory.
    pub(crate) fn path(self, dir: &Path) -> PathBuf {
        match self {
            File::Platform => dir.join("platform.db"),
            File::Tenant(org) => dir.join("t").join(format!("{org}.db")),
        }
    }
    fn tables(self, catalog: &'static Catalog) -> &'static FileTables {
        match self {
            File::Platform => &catalog.platform,
            File::Tenant(_) => &catalog.tenant,
        }
    }
}

/// What a connection is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// The one writer.
    Write,
    /// Reading only; writing is refused by SQLite itself.
    Read,
}

/// The open files of one thread.
#[derive(Debug)]
pub(crate) struct Connections {
    dir: PathBuf,
    access: OpenMode,
    catalog: &'static Catalog,
    open: Lru<File, Connection>,
}

impl Connections {
    pub(crate) fn new(dir: PathBuf, access: OpenMode, catalog: &'static Catalog, capacity: usize) -> Self {
        Self {
            dir,
            access,
            catalog,
            open: Lru::new(capacity),
        }
    }
    /// The connection to one file, opened and migrated where it is not open yet.
    pub(crate) fn get(&mut self, file: File) -> Result<&mut Connection, StoreError> {
        let (dir, access, catalog) = (&self.dir, self.access, self.catalog);
        self.open
            .get_or(&file, || open(&file.path(dir), file.tables(catalog), access))
    }
}

fn open(path: &Path, tables: &FileTables, access: OpenMode) -> Result<Connection, StoreError> {
    // Made here and not by SQLite so that the file, and the log beside it, is 0600 from its first moment.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source,
        })?;
    let failed = |source| StoreError::Prepare {
        path: path.to_owned(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    prepare(&connection, access).map_err(failed)?;
    schema::migrate(&mut connection, path, tables)?;
    if access == OpenMode::Read {
        connection.pragma_update(None, "query_only", true).map_err(failed)?;
    }
    Ok(connection)
}

fn prepare(connection: &Connection, access: OpenMode) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", 32 << 20)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // Of the whole process: with many tenants' files open, each file's cache grows no further once it is reached.
    connection.pragma_update(None, "soft_heap_limit", SOFT_HEAP)?;
    connection.set_prepared_statement_cache_capacity(64);
    let kibibytes = match access {
        OpenMode::Write => -8_000,
        OpenMode::Read => -2_000,
    };
    connection.pragma_update(None, "cache_size", kibibytes)
}
