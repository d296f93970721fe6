//! Documents: versioned configuration that only the cloud writes. The last published version wins.
//!
//! Which kinds of documents there are stands in one table, with the check of each and who reads it. Nothing is published
//! and nothing is reported as applied that the table does not name.

mod device;
mod fault;
mod kind;

pub use device::{DeviceDocument, TokenDigest};
pub use fault::read;
pub use fault::{DocumentError, DocumentFault, DocumentReason};
pub use kind::{DocumentKind, DocumentReader, DocumentUse};

use crate::{
    digest::Digest,
    id::{DocumentId, EdgeId, OrgId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Most documents that are in force at one edge.
pub const MAX_DOCUMENTS: usize = 512;
/// Largest body, as compact JSON.
pub const MAX_BODY: usize = 256 << 10;
/// Most bytes of the bodies that are in force at one edge, all together.
pub const MAX_BODIES: usize = 16 << 20;
/// Names that are remembered of one edge, those of withdrawn documents included.
pub const MAX_NAMES: usize = 4 * MAX_DOCUMENTS;

/// One version of one document for one edge. Travels inside [`crate::signed_text::SignedText`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Which document.
    pub id: DocumentId,
    /// 1 for the first, one more with each publication. An edge never goes back.
    pub version: u64,
    /// The organisation the edge must belong to.
    pub org: OrgId,
    /// The edge it is for.
    pub edge: EdgeId,
    /// When it was published, by the cloud's clock.
    pub published: Timestamp,
    /// It takes effect only with a restart of whatever it configures.
    #[serde(default)]
    pub requires_restart: bool,
    /// Taken back: what it configured is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// The settings themselves.
    pub body: Value,
}

/// Without the body: it may hold a device's password.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("withdrawn", &self.withdrawn)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// The hash of a document that is withdrawn: of a body that says nothing, as no kind's body does.
    pub fn withdrawn_hash() -> Digest {
        Digest::of(b"{}")
    }

    /// SHA-256 of the body as compact JSON with sorted keys: what an acknowledgement names.
    pub fn hash(&self) -> Digest {
        // serde_json's map is a BTreeMap unless `preserve_order` is on, so `to_string` sorts the keys.
        Digest::of(self.body.to_string().as_bytes())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
