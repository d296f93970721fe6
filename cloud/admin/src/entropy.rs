//! Random bits for new ids and codes.

use crate::{AdminError, AdminResult};
use protocol::Timestamp;
use uuid::Uuid;

/// 80 random bits for a new id or code.
pub fn entropy() -> AdminResult<[u8; 10]> {
    let mut entropy = [0; 10];
    getrandom::fill(&mut entropy).map_err(|error| AdminError::internal("Making an id", &error))?;
    Ok(entropy)
}

/// A fresh UUIDv7.
pub fn random_id(at: Timestamp) -> AdminResult<Uuid> {
    Ok(*protocol::EventId::new(at, entropy()?).as_uuid())
}
