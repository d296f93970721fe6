//! Facts about codes that were scanned.

use super::Shape;
use crate::id::DeviceId;
use crate::text::CodeHash;
use serde::{Deserialize, Serialize};

/// A code was scanned. Its text is somebody's credential or anybody's mischief, so only its hash is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeScan {
    /// The scanner.
    pub device: DeviceId,
    /// SHA-256 of the code's bytes, lower-case hex.
    pub sha256: CodeHash,
    /// Length of the code in bytes.
    pub len: u16,
}

impl Shape for CodeScan {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
    fn personal(&self) -> u8 {
        1
    }
}
