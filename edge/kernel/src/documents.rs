//! Documents: believed, put in force by the agent, kept. One that fails leaves the version before it in force.

use crate::{Effect, Refusal, Settlement, input::Done, kernel::Kernel, pending::PendingDocument, waiting::Lanes};
use edge_journal::Table;
use edge_roster::{Request, Roster};
use protocol::{
    Document,
    signed::{Purpose, Signed},
};

impl Kernel {
    pub(crate) fn document(&mut self, signed: Signed, done: Done<Settlement>) {
        let document = match self.believed(&signed) {
            Ok(document) => document,
            Err(refusal) => {
                let _ = done.send(Err(refusal));
                return;
            }
        };
        let in_force = self
            .apps
            .roster
            .state
            .document(&document.id)
            .and_then(|status| status.in_force.as_ref());
        match in_force {
            Some((version, hash)) if *version == document.version && *hash == document.hash() => {
                let _ = done.send(Ok(settlement(&document, None)));
            }
            Some((version, _)) if *version >= document.version => {
                let why = format!(
                    "version {} of {} is older than what is in force",
                    document.version, document.id
                );
                let _ = done.send(Err(Refusal::Untrusted(why)));
            }
            _ => self.hand_over(signed, document, done),
        }
    }

    /// Hands a document to the agent; one that is there already is not handed over again.
    fn hand_over(&mut self, signed: Signed, document: Document, done: Done<Settlement>) {
        let version = document.version;
        match self.documents.get_mut(&document.id) {
            Some(pending) if pending.signed == signed => pending.waiting.push(done),
            Some(pending) if pending.version >= version => {
                let _ = done.send(Err(Refusal::Untrusted("a newer version is being put in force".into())));
            }
            _ => {
                let pending = PendingDocument {
                    signed,
                    version,
                    waiting: vec![done],
                };
                if let Some(before) = self.documents.insert(document.id.clone(), pending) {
                    before.give_up(&Refusal::Untrusted("a newer version came".into()));
                }
                self.waiting.effect(Effect::Apply(Box::new(document)));
            }
        }
    }

    /// The agent put a document in force, or could not. The body is on disk before the fact that says so.
    pub(crate) fn document_settled(&mut self, document: &Document, result: Result<(), String>) -> Result<(), Refusal> {
        let pending = self.documents.remove(&document.id);
        let pending = match pending {
            Some(pending) if pending.version != document.version => {
                self.documents.insert(document.id.clone(), pending);
                None
            }
            other => other,
        };
        if result.is_ok() {
            match &pending {
                Some(pending) if !document.withdrawn => {
                    let text = serde_json::to_vec(&pending.signed).unwrap_or_default();
                    self.journal.put(Table::Documents, document.id.as_str(), text);
                }
                Some(_) => self.journal.remove(Table::Documents, document.id.as_str()),
                None => {}
            }
            if pending.is_some() {
                self.journal
                    .checkpoint(&[])
                    .map_err(|error| Refusal::Storage(error.to_string()))?;
            }
        }
        self.decide_own::<Roster>(Request::DocumentSettled {
            document: Box::new(document.clone()),
            result: result.clone(),
        })?;
        if let Some(pending) = pending {
            let settled = settlement(document, result.err());
            for done in pending.waiting {
                self.waiting.answer(done, Ok((settled.clone(), Lanes::facts())));
            }
        }
        Ok(())
    }

    fn believed(&self, signed: &Signed) -> Result<Document, Refusal> {
        let me = self
            .trust
            .me
            .ok_or_else(|| Refusal::Untrusted("this edge is not enrolled".into()))?;
        let document: Document = signed
            .open(Purpose::Document, &self.trust.keys)
            .map_err(|error| Refusal::Untrusted(error.to_string()))?;
        if document.edge == me.edge && document.org == me.org {
            Ok(document)
        } else {
            Err(Refusal::Untrusted(format!(
                "document {} is for another edge",
                document.id
            )))
        }
    }
}

fn settlement(document: &Document, error: Option<String>) -> Settlement {
    Settlement {
        document: document.id.clone(),
        version: document.version,
        hash: document.hash(),
        error,
    }
}
