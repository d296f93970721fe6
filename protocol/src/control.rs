//! The control channel: what edge and cloud say over the WebSocket, and the REST road for where WebSockets are blocked.
//!
//! Every message is one JSON text. Unknown messages are ignored by both sides, so that either may be newer.

use crate::{
    digest::Digest,
    document::DocumentFault,
    fact::Heartbeat,
    id::{CommandId, DocumentId, EdgeId},
    lane::{Epoch, Lane, LaneCursors, Seq},
    register::HeldRegister,
    signed_text::SignedText,
    text::{AgentVersion, JoinAttempt, ReasonWord},
    time::{ClockState, Timestamp},
};
use serde::{Deserialize, Serialize};

/// WebSocket endpoint (A58).
pub const SOCKET_PATH: &str = "/v2/gateway/socket";
/// Join endpoint: `POST` [`JoinRequest`], answers [`JoinReply`].
pub const JOIN_PATH: &str = "/v2/gateway/join";
/// REST fallback: `GET`, long poll of up to [`POLL_SECONDS`], answers [`Inbox`].
pub const INBOX_PATH: &str = "/v2/gateway/inbox";
/// REST fallback: `POST` a JSON array of [`EdgeMessage`], answers 204.
pub const OUTBOX_PATH: &str = "/v2/gateway/outbox";
/// REST fallback for one document (A64): `GET {DOCUMENT_PATH}/{kind}/{name}`, answers [`SignedText`].
pub const DOCUMENT_PATH: &str = "/v2/gateway/policies";
/// The cloud's time, unsigned and unauthenticated: `GET`, answers [`Time`].
pub const TIME_PATH: &str = "/v2/time";

/// Seconds between heartbeats (A130, M36).
pub const HEARTBEAT_SECONDS: u64 = 30;
/// Seconds without a heartbeat after which an edge counts as offline (A48).
pub const OFFLINE_SECONDS: u64 = 45;
/// Longest wait of the REST fallback's inbox, seconds.
pub const POLL_SECONDS: u64 = 25;

/// Asks to work under an identity. The counter makes copied SD cards visible: each join moves it on, and a copy is
/// one step behind the moment the original, or another copy, has joined. A counter ahead of the cloud's own is no copy: the
/// cloud was restored from one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// Who.
    pub edge: EdgeId,
    /// The counter the last join gave.
    pub counter: u64,
    /// 16 random bytes in base64url, kept on disk from before the request until the answer: the same attempt, sent
    /// again because the answer was lost, is no copy.
    pub attempt: JoinAttempt,
    /// Version of the agent.
    pub version: AgentVersion,
    /// Which journal.
    pub epoch: Epoch,
}

/// Answer to [`JoinRequest`]. Refusals are problem+json: 409 `urn:ostona:quarantined`, 403 `urn:ostona:revoked`. Any other request
/// with a counter that is not the last join's is answered 409 `urn:ostona:rejoin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinReply {
    /// The counter from now on; sent as `ostona-join` with every request.
    pub counter: u64,
    /// What the cloud has of this epoch.
    pub have: LaneCursors,
    /// The cloud's time.
    pub now: Timestamp,
    /// Keys that sign commands and documents from now on.
    pub command_keys: Vec<crate::key::PublicKey>,
    /// How those keys follow from the ones before, oldest first, at most [`crate::key_succession::MOST_SUCCESSIONS`]: an edge takes no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_successions: Vec<crate::signed_text::SignedText>,
    /// What the last records look like that the cloud has: an edge whose own are others was restored from a copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tips: Vec<LaneTip>,
    /// How the edge may say hello; a cloud that says nothing knows the first way only.
    #[serde(default)]
    pub hello: HelloVersion,
}

/// How an edge says which documents it holds. A newer cloud still understands every older way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HelloVersion(pub u32);

impl HelloVersion {
    /// All of them, one by one, in the hello.
    pub const LIST: Self = Self(1);
    /// A digest in the hello, and ranges of the list where the cloud asks for them.
    pub const DIGEST: Self = Self(2);
}

impl Default for HelloVersion {
    fn default() -> Self {
        Self::LIST
    }
}

/// Documents of one [`EdgeMessage::HeldDocuments`].
pub const HELD_PAGE: usize = 256;
/// Documents that an edge names at most in a hello that lists them: what a cloud reads as one message.
pub const MAX_HELLO_LIST: usize = 1_000;

/// A digest over the documents that are in force at an edge, by which two lists are compared without being sent.
pub fn held_digest<'a>(held: impl Iterator<Item = &'a HeldDocument>) -> Digest {
    let mut lines: Vec<String> = held
        .map(|held| format!("{} {} {}\n", held.document, held.version, held.hash))
        .collect();
    lines.sort_unstable();
    Digest::of(lines.concat().as_bytes())
}

/// The last record that the cloud has of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneTip {
    /// Which lane.
    pub lane: Lane,
    /// Its seq.
    pub seq: Seq,
    /// SHA-256 of its body.
    pub hash: Digest,
}

/// Header with the join counter.
pub const JOIN_HEADER: &str = "ostona-join";

/// The cloud's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// Now.
    pub now: Timestamp,
}

/// From the edge to the cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EdgeMessage {
    /// First message of a connection.
    Hello {
        /// Version of the agent.
        version: AgentVersion,
        /// Which journal.
        epoch: Epoch,
        /// The edge's wall clock, uncorrected.
        now: Timestamp,
        /// Whether that clock can be trusted.
        clock: ClockState,
        /// Documents in force, so that the cloud sends only what is newer.
        documents: Vec<HeldDocument>,
        /// The [`held_digest`] of the documents in force: then `documents` is empty, and says nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        documents_digest: Option<Digest>,
        /// What is held of each register, so that the cloud sends only what is missing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        registers: Vec<HeldRegister>,
    },
    /// The documents in force whose ids are greater than `after` and not greater than `upto`: answer to
    /// [`CloudMessage::ListDocuments`], and said unasked on the REST road, where the cloud cannot ask.
    HeldDocuments {
        /// From behind this id on; none: from the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<DocumentId>,
        /// Up to this id; none: there are no further ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upto: Option<DocumentId>,
        /// Those in between, at most [`HELD_PAGE`].
        held: Vec<HeldDocument>,
    },
    /// Every [`HEARTBEAT_SECONDS`].
    Heartbeat {
        /// How the edge is.
        #[serde(flatten)]
        heartbeat: Box<Heartbeat>,
    },
    /// A command arrived, was checked and is on disk, or was refused: the outcome follows as an event.
    CommandReceived {
        /// Which.
        command: CommandId,
    },
    /// A document took effect, or failed.
    DocumentSettled {
        /// Which.
        document: DocumentId,
        /// Its version.
        version: u64,
        /// SHA-256 of its body.
        hash: Digest,
        /// Why it failed; none: applied.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<DocumentFault>,
    },
    /// What is held of a register after a delta for it came.
    RegisterSettled {
        /// What is held.
        #[serde(flatten)]
        held: HeldRegister,
        /// Why the delta was not taken; none: it is on disk and in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<DocumentFault>,
    },
}

/// A document the edge holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDocument {
    /// Which.
    pub document: DocumentId,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its body.
    pub hash: Digest,
}

/// From the cloud to the edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CloudMessage {
    /// Answer to [`EdgeMessage::Hello`].
    Welcome {
        /// The cloud's time.
        now: Timestamp,
        /// What the cloud has of this epoch.
        have: LaneCursors,
    },
    /// What the edge holds is not what the cloud has noted: it is to say what, from behind this id on.
    ListDocuments {
        /// None: from the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<DocumentId>,
    },
    /// Answer to [`EdgeMessage::Heartbeat`], or on its own once something was stored.
    Have {
        /// The cloud's time.
        now: Timestamp,
        /// What the cloud has of this epoch.
        have: LaneCursors,
    },
    /// A command: a signed [`crate::Command`].
    Command {
        /// The command.
        signed: SignedText,
    },
    /// A document: a signed [`crate::Document`].
    Document {
        /// The document.
        signed: SignedText,
    },
    /// Rows of a register: a signed [`crate::register::RegisterDelta`].
    Register {
        /// The delta.
        signed: SignedText,
    },
    /// The identity no longer works here; nothing further is answered.
    Refused {
        /// `quarantined` or `revoked`.
        reason: String,
    },
}

/// What waits for an edge on the REST road.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inbox {
    /// In the order in which they are to be read.
    pub messages: Vec<CloudMessage>,
}

/// Answer to a batch: the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestReply {
    /// What the cloud has of this epoch, both lanes.
    pub have: LaneCursors,
    /// Records of the batch that were new.
    pub new: u64,
    /// Records of the batch that the cloud had already.
    pub known: u64,
}

/// A range the cloud never got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which lane.
    pub lane: Lane,
    /// First missing seq.
    pub from: Seq,
    /// Last missing seq.
    pub to: Seq,
    /// Why, once a tombstone explained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonWord>,
}
