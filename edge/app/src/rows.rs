//! Rows of a register on their way to the app that reads them.

use protocol::register::{RegisterKind, RowKey};
use std::fmt;

/// Rows of one register; all of it is on disk.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisterRows {
    /// Which register.
    pub register: RegisterKind,
    /// By key: what the row says, as JSON text; none: it is gone.
    pub rows: Vec<(RowKey, Option<String>)>,
    /// What becomes of the rows that are not named.
    pub extent: RowsExtent,
}

/// Whether rows are all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsExtent {
    /// There are no others.
    Everything,
    /// The others stay as they are.
    Changes,
}

/// Without what the rows say: they may be about people.
impl fmt::Debug for RegisterRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterRows")
            .field("register", &self.register)
            .field("rows", &self.rows.len())
            .field("extent", &self.extent)
            .finish()
    }
}
