//! stub
/// Tables.
pub(crate) const TENANT_DDL: &str = "";
pub(crate) const PLATFORM_DDL: &str = "";
