//! A transaction: what typed functions run their statements on, whichever engine is behind it.

use crate::{
    error::StoreError,
    statement::{ddl_for_sqlite, for_sqlite},
    value::{SqlParam, SqlRow},
};
use rusqlite::{CachedStatement, Connection, params_from_iter};

/// An open transaction, or a consistent view for reading.
#[derive(Debug)]
pub(crate) struct Tx<'c> {
    connection: &'c Connection,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
        self.connection
            .prepare_cached(&for_sqlite(sql))
            .map_err(|source| StoreError::statement(sql, source))
    }

    /// Runs a statement that answers nothing; gives the number of rows it changed.
    pub(crate) fn execute(&self, sql: &str, values: &[SqlParam<'_>]) -> Result<usize, StoreError> {
        let done = self.prepare(sql)?.execute(params_from_iter(values));
        done.map_err(|source| StoreError::statement(sql, source))
    }

    /// Runs statements that make or remove tables; column types are named by what they hold.
    pub(crate) fn define(&self, template: &str) -> Result<(), StoreError> {
        let done = self.connection.execute_batch(&ddl_for_sqlite(template));
        done.map_err(|source| StoreError::statement(template, source))
    }

    /// Runs one statement once per set of values.
    pub(crate) fn execute_each<'v, const N: usize>(
        &self,
        sql: &str,
        sets: impl Iterator<Item = [SqlParam<'v>; N]>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(sql)?;
        for values in sets {
            statement
                .execute(params_from_iter(&values))
                .map_err(|source| StoreError::statement(sql, source))?;
        }
        Ok(())
    }

    /// Every row of an answer.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[SqlParam<'_>],
        mut read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let failed = |source| StoreError::statement(sql, source);
        let mut rows = statement.query(params_from_iter(values)).map_err(failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            all.push(read(&SqlRow(row))?);
        }
        Ok(all)
    }

    /// The rows of an answer up to the one with which their sizes reach `most`.
    pub(crate) fn rows_within<T>(
        &self,
        sql: &str,
        values: &[SqlParam<'_>],
        most: usize,
        mut read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
        size: impl Fn(&T) -> usize,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let failed = |source| StoreError::statement(sql, source);
        let mut rows = statement.query(params_from_iter(values)).map_err(failed)?;
        let (mut found, mut bytes) = (Vec::new(), 0_usize);
        while bytes < most {
            let Some(row) = rows.next().map_err(failed)? else { break };
            let next = read(&SqlRow(row))?;
            bytes = bytes.saturating_add(size(&next));
            found.push(next);
        }
        Ok(found)
    }

    /// The first row of an answer, if there is one. Runs the statement to its end.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        values: &[SqlParam<'_>],
        read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, values, read)?.into_iter().next())
    }
}
