//! What an edge may have no room for: the words of a refusal, and nothing that refuses.

use protocol::document::{MAX_BODIES, MAX_BODY, MAX_DOCUMENTS, MAX_NAMES};

/// What an edge has no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentQuota {
    /// The body is too long.
    #[error("a document has {MAX_BODY} bytes at most")]
    Body,
    /// It has as many documents as it may.
    #[error("an edge has {MAX_DOCUMENTS} documents at most")]
    Documents,
    /// Its documents have as many bytes as they may.
    #[error("the documents of an edge have {MAX_BODIES} bytes at most, all together")]
    Bytes,
    /// Too many names were withdrawn, and the edge has not confirmed it.
    #[error("an edge has {MAX_NAMES} names of documents at most, those withdrawn included until it has confirmed that")]
    Names,
}
