//! Export files: unsent events on a USB stick, for sites that stay offline.
//!
//! Layout: `OSX1`, manifest length as `u32` little endian, the manifest as a [`SignedText`] JSON text by the edge's own
//! key, then the batches one after another, each zstd-compressed as it would have been sent. The manifest names each
//! batch's length and SHA-256, so one flipped bit anywhere is seen before anything is imported.

use crate::{
    batch::BatchHeader,
    digest::Digest,
    id::EdgeId,
    key::{PublicKey, SecretKey},
    signed_text::{Purpose, SignedText, SignedTextError},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 4] = b"OSX1";
const MAX_MANIFEST: usize = 4 << 20;

/// What an export file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Whose events.
    pub edge: EdgeId,
    /// When it was written, by the edge's clock.
    pub at: Timestamp,
    /// The batches in file order.
    pub parts: Vec<Part>,
}

/// One batch of an export file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What is inside.
    pub header: BatchHeader,
    /// Compressed bytes.
    pub len: u64,
    /// SHA-256 of the compressed bytes, lower-case hex.
    pub sha256: Digest,
}

/// Why bytes are no export file, or not a trustworthy one.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not an export file at all, or cut off.
    #[error("this is not an Ostona export file")]
    Magic,
    /// The manifest is not signed by the edge it names.
    #[error("the manifest is not signed as it should be")]
    Signature(#[source] SignedTextError),
    /// The manifest cannot be read.
    #[error("the manifest cannot be read")]
    Manifest(#[source] serde_json::Error),
    /// A batch is cut off or changed.
    #[error("batch {index} of the file is damaged")]
    Part {
        /// Which, counted from 0.
        index: usize,
    },
    /// More bytes than the manifest names.
    #[error("the file goes on after its last batch")]
    Trailing,
}

/// Puts a file together from compressed batches.
pub fn encode(
    edge: EdgeId,
    at: Timestamp,
    batches: &[(BatchHeader, Vec<u8>)],
    key: &SecretKey,
) -> Result<Vec<u8>, ExportError> {
    let parts = batches
        .iter()
        .map(|(header, bytes)| Part {
            header: header.clone(),
            len: bytes.len() as u64,
            sha256: Digest::of(bytes),
        })
        .collect();
    let manifest = Manifest { edge, at, parts };
    let signed = SignedText::seal(Purpose::Export, &manifest, key).map_err(ExportError::Manifest)?;
    let json = serde_json::to_vec(&signed).map_err(ExportError::Manifest)?;
    let mut out = Vec::with_capacity(8 + json.len() + batches.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&(json.len() as u32).to_le_bytes());
    out.extend_from_slice(&json);
    for (_, bytes) in batches {
        out.extend_from_slice(bytes);
    }
    Ok(out)
}

/// A file taken apart: the manifest, still to be checked against the edge's key.
#[derive(Debug)]
pub struct Export<'a> {
    signed: SignedText,
    rest: &'a [u8],
}

/// Reads the front of a file.
pub fn decode(bytes: &[u8]) -> Result<Export<'_>, ExportError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(ExportError::Magic)?;
    let (len, rest) = rest.split_first_chunk::<4>().ok_or(ExportError::Magic)?;
    let len = u32::from_le_bytes(*len) as usize;
    if len > MAX_MANIFEST || len > rest.len() {
        return Err(ExportError::Magic);
    }
    let (json, rest) = rest.split_at(len);
    Ok(Export {
        signed: serde_json::from_slice(json).map_err(ExportError::Manifest)?,
        rest,
    })
}

impl<'a> Export<'a> {
    /// The edge the file claims to come from: whose key to check with. Not to be believed before [`Export::verify`].
    pub fn claimed_edge(&self) -> Result<EdgeId, ExportError> {
        let manifest: Manifest = serde_json::from_str(&self.signed.text).map_err(ExportError::Manifest)?;
        Ok(manifest.edge)
    }

    /// Checks signature and digests; gives the manifest and each batch's compressed bytes.
    pub fn verify(&self, key: &PublicKey) -> Result<(Manifest, Vec<&'a [u8]>), ExportError> {
        let manifest: Manifest = self
            .signed
            .open(Purpose::Export, &[*key])
            .map_err(ExportError::Signature)?;
        let mut rest = self.rest;
        let mut batches = Vec::with_capacity(manifest.parts.len());
        for (index, part) in manifest.parts.iter().enumerate() {
            let len = usize::try_from(part.len).map_err(|_| ExportError::Part { index })?;
            let (bytes, after) = rest.split_at_checked(len).ok_or(ExportError::Part { index })?;
            if Digest::of(bytes) != part.sha256 || part.header.edge != manifest.edge {
                return Err(ExportError::Part { index });
            }
            batches.push(bytes);
            rest = after;
        }
        if rest.is_empty() {
            Ok((manifest, batches))
        } else {
            Err(ExportError::Trailing)
        }
    }
}
