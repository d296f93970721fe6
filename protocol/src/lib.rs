//! What crosses a process boundary: ids, facts and events, commands and outcomes, documents, signatures, topics.
//!
//! Nothing here performs IO or reads a clock: time, randomness and keys are arguments. Whatever two processes of
//! Ostona tell each other is spelled here once, and nowhere else.

pub mod access;
pub mod batch;
pub mod client_address;
pub mod command;
pub mod control;
pub mod digest;
pub mod document;
pub mod enrolment;
pub mod event;
pub mod export;
pub mod fact;
pub mod frame;
pub mod http_signature;
pub mod id;
pub mod json;
pub mod key;
pub mod key_succession;
pub mod lan;
pub mod lane;
pub mod lang;
pub mod print;
pub mod queue;
pub mod register;
pub mod signed_text;
pub mod text;
pub mod time;
pub mod topic;

pub use command::{Command, Outcome, Reason};
pub use digest::Digest;
pub use document::Document;
pub use event::{Actor, Event, Origin};
pub use fact::Fact;
pub use id::{CommandId, DeviceId, DocumentId, EdgeId, EventId, OrgId, PersonId, PrintId, RegisterId, SiteId, SpotId};
pub use json::RawJson;
pub use lane::{Epoch, Lane, LaneCursors, Seq};
pub use lang::{Lang, Names};
pub use time::{ClockState, Moment, Timestamp};

#[cfg(test)]
mod tests;
