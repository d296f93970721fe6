//! Idempotency keys of the admin's REST: the same request twice gets the same answer.

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "";
