//! stub
/// Tables.
pub(crate) const TENANT_DDL: &str = "";
