//! An event written as the record's body: the bytes that `Serialize` would make, with the names of its fields as they
//! stand here.
//!
//! Every event on every edge passes here once; nothing is looked at for escaping that cannot need it.

use super::{Actor, Event};
use crate::time::ClockState;

impl Event {
    /// Adds the record's body to `out`. After an error `out` holds what was written so far.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        out.extend_from_slice(br#"{"id":""#);
        let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
        out.extend_from_slice(self.id.as_uuid().hyphenated().encode_lower(&mut id).as_bytes());
        out.extend_from_slice(br#"","name":""#);
        out.extend_from_slice(self.fact.name().as_bytes());
        out.extend_from_slice(br#"","data":"#);
        self.fact.encode_data(out)?;
        out.extend_from_slice(br#","v":"#);
        serde_json::to_writer(&mut *out, &self.v)?;
        out.extend_from_slice(br#","at":"#);
        serde_json::to_writer(&mut *out, &self.at)?;
        out.extend_from_slice(match self.clock {
            ClockState::Synced => br#","clock":"synced","boot":"#,
            ClockState::Estimated => br#","clock":"estimated","boot":"#,
        });
        serde_json::to_writer(&mut *out, &self.boot)?;
        out.extend_from_slice(br#","up_ms":"#);
        serde_json::to_writer(&mut *out, &self.up_ms)?;
        out.extend_from_slice(br#","actor":"#);
        self.actor.encode_into(out)?;
        if let Some(subject) = &self.subj {
            out.extend_from_slice(br#","subj":"#);
            text(out, subject.as_str())?;
        }
        if let Some(corr) = &self.corr {
            out.extend_from_slice(br#","corr":"#);
            text(out, corr.as_str())?;
        }
        if self.replay {
            out.extend_from_slice(br#","replay":true"#);
        }
        if let Some(origin) = &self.origin {
            out.extend_from_slice(br#","origin":"#);
            serde_json::to_writer(&mut *out, origin)?;
        }
        out.extend_from_slice(br#","pii":"#);
        serde_json::to_writer(&mut *out, &self.pii)?;
        out.push(b'}');
        Ok(())
    }
}

impl Actor {
    fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        match self {
            Actor::Device { id } => {
                // A slug needs no escaping.
                out.extend_from_slice(br#"{"kind":"device","id":""#);
                out.extend_from_slice(id.as_str().as_bytes());
                out.extend_from_slice(br#""}"#);
                Ok(())
            }
            Actor::Edge | Actor::Cloud { .. } | Actor::Person { .. } | Actor::Account { .. } => {
                serde_json::to_writer(out, self)
            }
        }
    }
}

/// A text in quotes, escaped only where it must be.
fn text(out: &mut Vec<u8>, text: &str) -> Result<(), serde_json::Error> {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return serde_json::to_writer(out, text);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}
