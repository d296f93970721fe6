//! stub
pub(crate) const PLATFORM_DDL: &str = "";
