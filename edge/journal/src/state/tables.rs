//! Single reads and writes of redb, with its many errors as ours.

use super::backend::Backend;
use crate::{
    disk::Disk,
    error::{DiskContext, JournalError},
    types::Table,
};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

pub(super) fn open_database(disk: &dyn Disk, name: &str, cache_bytes: usize) -> Result<Database, JournalError> {
    let file = disk.open(name).doing("open", name)?;
    redb::Builder::new()
        .set_cache_size(cache_bytes)
        .create_with_backend(Backend(file))
        .map_err(|error| state_error("open")(error.into()))
}

pub(super) fn read(
    database: &Database,
    table: TableDefinition<'_, &str, &[u8]>,
    key: &str,
) -> Result<Option<Vec<u8>>, JournalError> {
    let get = || -> Result<Option<Vec<u8>>, redb::Error> {
        match database.begin_read()?.open_table(table) {
            Ok(table) => Ok(table.get(key)?.map(|value| value.value().to_vec())),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    get().map_err(state_error("read"))
}

pub(super) fn read_all(
    database: &Database,
    table: TableDefinition<'_, &str, &[u8]>,
) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
    let get = || -> Result<Vec<(String, Vec<u8>)>, redb::Error> {
        let table = match database.begin_read()?.open_table(table) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut all = Vec::new();
        for entry in table.iter()? {
            let (key, value) = entry?;
            all.push((key.value().to_owned(), value.value().to_vec()));
        }
        Ok(all)
    };
    get().map_err(state_error("read"))
}

pub(super) fn read_keys(
    database: &Database,
    table: TableDefinition<'_, &str, &[u8]>,
) -> Result<Vec<String>, JournalError> {
    let get = || -> Result<Vec<String>, redb::Error> {
        let table = match database.begin_read()?.open_table(table) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut keys = Vec::new();
        for entry in table.iter()? {
            keys.push(entry?.0.value().to_owned());
        }
        Ok(keys)
    };
    get().map_err(state_error("read"))
}

pub(super) fn definition(table: Table) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(table.as_str())
}

pub(super) fn state_error(doing: &'static str) -> impl Fn(redb::Error) -> JournalError {
    move |source| JournalError::State {
        doing,
        source: Box::new(source),
    }
}
