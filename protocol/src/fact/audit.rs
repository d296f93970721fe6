//! Facts about commands, documents, sign-ins and whatever else an auditor asks for.

use super::Shape;
use crate::command::Reason;
use crate::digest::Digest;
use crate::document::{DocumentFault, DocumentReason};
use crate::id::{CommandId, CustomKind, DeviceId, DocumentId, SubjectId};
use crate::json::RawJson;
use crate::text::{AuditAction, CommandName, ReasonWord, RemoteAddress, SignInMethod};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A command moved on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandChange {
    /// Which command.
    pub command: CommandId,
    /// Its dotted name, e.g. `access.open`.
    pub command_name: CommandName,
    /// The device it is for; none: the edge itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// From when on it must not be carried out.
    pub expires: Timestamp,
    /// Why it failed, expired or was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// More about the reason, or what the device answered, for people. No personal data, no secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Milliseconds from accepting it to this move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

/// A document took effect or failed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentChange {
    /// Which document.
    pub document: DocumentId,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its body.
    pub hash: Digest,
    /// Why it failed, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DocumentReason>,
    /// What exactly was wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// It takes effect with the next restart only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_restart: bool,
}

/// A sign-in that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthFailure {
    /// What was being entered: `mqtt`, `isapi`, `local`, `socket`…
    pub method: SignInMethod,
    /// The device concerned, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Address it came from, where it came from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<RemoteAddress>,
    /// Why, as a short stable word.
    pub reason: ReasonWord,
    /// Seconds until another attempt makes sense, for lock-outs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

/// Something worth an auditor's look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// What was done or refused, dotted, e.g. `broker.publish.refused`.
    pub action: AuditAction,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<SubjectId>,
    /// In words. No personal data, no secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A fact only its device's owner gives a meaning to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Custom {
    /// The device that says so.
    pub device: DeviceId,
    /// The owner's name for it, 1 to 64 characters.
    pub kind: CustomKind,
    /// Whatever belongs to it, as the text it came as.
    #[serde(default)]
    pub body: RawJson,
}

impl Shape for CommandChange {
    fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }
}

impl Shape for AuthFailure {
    fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }
}

impl Shape for DocumentChange {}

impl DocumentChange {
    /// Why it failed; none where it did not say.
    pub fn fault(&self) -> Option<DocumentFault> {
        self.reason.map(|reason| DocumentFault {
            reason,
            detail: self.detail.clone(),
        })
    }
}

impl Shape for Audit {}

impl Shape for Custom {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
    fn personal(&self) -> u8 {
        1
    }
}
