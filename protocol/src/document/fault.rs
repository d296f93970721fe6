//! What is wrong with a document: where in its body, and why an edge did not put it in force.
//!
//! Neither ever repeats what stands in the body: it may hold a password.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt;

/// A body that is not what its kind says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DocumentError {
    path: String,
    problem: String,
}

impl DocumentError {
    pub(crate) fn new(path: impl Into<String>, problem: &str) -> Self {
        Self {
            path: path.into(),
            problem: unquoted(problem),
        }
    }
    /// Where, e.g. `services.2.minutes`; `body` where it is the whole.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// What is wrong there.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// Reads a body as `T`, and says where it cannot be read.
pub fn read<T: DeserializeOwned>(body: &Value) -> Result<T, DocumentError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let path = match error.path().to_string() {
            root if root == "." => "body".to_owned(),
            path => path,
        };
        DocumentError::new(path, &error.inner().to_string())
    })
}

/// Serde quotes texts that it refuses: what stands between quotation marks is left out.
fn unquoted(text: &str) -> String {
    let mut shown = String::new();
    for (index, part) in text.split('"').enumerate() {
        shown.push_str(if index % 2 == 0 { part } else { "…" });
    }
    shown.chars().take(300).collect()
}

/// Why a document is not in force, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentReason {
    /// No part of this edge's version reads documents of that kind.
    Unsupported,
    /// The body is not what its kind says it is.
    Invalid,
    /// Not signed by the cloud, for another edge, or older than what is in force.
    Untrusted,
    /// The edge holds as many documents as it may, or as many bytes of them.
    Quota,
    /// The body is right, and yet it could not be put in force.
    #[serde(other)]
    Failed,
}

impl DocumentReason {
    /// The word as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            DocumentReason::Unsupported => "unsupported",
            DocumentReason::Invalid => "invalid",
            DocumentReason::Untrusted => "untrusted",
            DocumentReason::Quota => "quota",
            DocumentReason::Failed => "failed",
        }
    }
}

impl fmt::Display for DocumentReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a document is not in force, and what exactly was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentFault {
    /// In a word.
    pub reason: DocumentReason,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl DocumentFault {
    /// A fault with its explanation.
    pub fn new(reason: DocumentReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: Some(detail.into()),
        }
    }
    /// No part of this edge reads it.
    pub const fn unsupported() -> Self {
        Self {
            reason: DocumentReason::Unsupported,
            detail: None,
        }
    }
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{}: {detail}", self.reason),
            None => fmt::Display::fmt(&self.reason, f),
        }
    }
}

impl From<DocumentError> for DocumentFault {
    fn from(error: DocumentError) -> Self {
        Self::new(DocumentReason::Invalid, error.to_string())
    }
}
