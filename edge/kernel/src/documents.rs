//! Documents: believed, put in force, kept. One that fails leaves the version before it in force.
//!
//! An app has its own documents from here; those of devices go to the agent. What nothing reads is never called applied.

use crate::{
    DocumentSettlement, Effect, Refusal,
    apps::{AppVisitor, KernelApp, each},
    input::AnswerSender,
    kernel::Kernel,
    pending_commits::Lanes,
    pending_document::PendingDocument,
};
use edge_journal::{JournalError, Table};
use edge_roster::{Request, Roster};
use protocol::{
    Document,
    document::{
        DocumentError, DocumentFault, DocumentKind, DocumentReader, DocumentReason, MAX_BODIES, MAX_BODY, MAX_DOCUMENTS,
    },
    signed_text::{Purpose, SignedText},
};

impl Kernel {
    pub(crate) fn document(&mut self, signed: SignedText, done: AnswerSender<DocumentSettlement>) {
        let document = match self.verify_document(&signed) {
            Ok(document) => document,
            Err(refusal) => {
                let _ = done.send(Err(refusal));
                return;
            }
        };
        if let Err(fault) = self.check_quota(&document) {
            return self.settle_here(signed, &document, Err(fault), done);
        }
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
            _ => match DocumentKind::of(&document.id) {
                Some(kind) if kind.reader() == DocumentReader::Devices => self.hand_over(signed, document, done),
                kind => {
                    let result = self.configure_apps(kind, &document);
                    self.settle_here(signed, &document, result, done);
                }
            },
        }
    }

    /// Whether there is room for a document: what is in force stays so, whatever comes beside it.
    fn check_quota(&self, document: &Document) -> Result<(), DocumentFault> {
        let quota = |detail: String| Err(DocumentFault::new(DocumentReason::Quota, detail));
        if document.withdrawn {
            return Ok(());
        }
        let len = document.body.to_string().len();
        let (others, bytes) = self.stored_documents.without(document.id.as_str());
        if len > MAX_BODY {
            quota(format!("a document has {MAX_BODY} bytes at most"))
        } else if others >= MAX_DOCUMENTS {
            quota(format!("an edge has {MAX_DOCUMENTS} documents at most"))
        } else if bytes.saturating_add(len) > MAX_BODIES {
            quota(format!(
                "the documents of an edge have {MAX_BODIES} bytes at most, all together"
            ))
        } else {
            Ok(())
        }
    }

    /// Puts a document in force in the app that reads it.
    fn configure_apps(&mut self, kind: Option<DocumentKind>, document: &Document) -> Result<(), DocumentFault> {
        let Some(kind) = kind else {
            // That it is gone is true of what was never read, too.
            return if document.withdrawn {
                Ok(())
            } else {
                Err(DocumentFault::unsupported())
            };
        };
        if !document.withdrawn {
            kind.check(&document.body)?;
        }
        match self.hand_to_apps(kind, document) {
            Some(result) => result.map_err(DocumentFault::from),
            None => Err(DocumentFault::unsupported()),
        }
    }

    /// None: no app reads it.
    fn hand_to_apps(&mut self, kind: DocumentKind, document: &Document) -> Option<Result<(), DocumentError>> {
        struct DocumentVisitor<'a>(
            &'a mut Kernel,
            DocumentKind,
            &'a Document,
            Option<Result<(), DocumentError>>,
        );
        impl AppVisitor for DocumentVisitor<'_> {
            fn visit<A: KernelApp>(&mut self) {
                if let Some(change) = A::document(self.1, self.2) {
                    self.3 = Some(change.map(|change| self.0.configure::<A>(change)));
                }
            }
        }
        let mut handing = DocumentVisitor(self, kind, document, None);
        each(&mut handing);
        handing.3
    }

    fn settle_here(
        &mut self,
        signed: SignedText,
        document: &Document,
        result: Result<(), DocumentFault>,
        done: AnswerSender<DocumentSettlement>,
    ) {
        let version = document.version;
        let waiting = vec![done];
        let pending = PendingDocument {
            signed,
            version,
            waiting,
        };
        self.documents.insert(document.id.clone(), pending);
        if let Err(refusal) = self.document_settled(document, result) {
            tracing::error!(document = %document.id, %refusal, "a document's outcome could not be recorded");
        }
    }

    /// Gives the apps the documents that are on disk: at the start. Each was checked when it came.
    pub(crate) fn load_documents(&mut self) -> Result<(), JournalError> {
        // One at a time: all of them together may be more than there is memory for.
        for key in self.journal.keys(Table::Documents)? {
            let bytes = match self.journal.get(Table::Documents, &key) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(JournalError::Value { .. }) => {
                    tracing::error!(key, "a document is damaged and left out");
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.stored_documents.put(&key, bytes.len());
            if DocumentKind::ALL
                .iter()
                .any(|kind| kind.reader() == DocumentReader::Devices && kind.holds(&key))
            {
                continue;
            }
            let signed = serde_json::from_slice::<SignedText>(&bytes).ok();
            let document = signed.and_then(|signed| serde_json::from_str::<Document>(&signed.text).ok());
            let Some(document) = document else {
                tracing::warn!(key, "a document cannot be read any more and is left out");
                continue;
            };
            let Some(kind) = DocumentKind::of(&document.id) else {
                continue;
            };
            if let Some(Err(error)) = self.hand_to_apps(kind, &document) {
                tracing::warn!(key, %error, "a document cannot be read any more and is left out");
            }
        }
        Ok(())
    }

    /// Hands a document to the agent; one that is there already is not handed over again.
    fn hand_over(&mut self, signed: SignedText, document: Document, done: AnswerSender<DocumentSettlement>) {
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
    pub(crate) fn document_settled(
        &mut self,
        document: &Document,
        result: Result<(), DocumentFault>,
    ) -> Result<(), Refusal> {
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
                    self.stored_documents.put(document.id.as_str(), text.len());
                    self.journal.put(Table::Documents, document.id.as_str(), text);
                }
                Some(_) => {
                    self.stored_documents.remove(document.id.as_str());
                    self.journal.remove(Table::Documents, document.id.as_str());
                }
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

    fn verify_document(&self, signed: &SignedText) -> Result<Document, Refusal> {
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

fn settlement(document: &Document, error: Option<DocumentFault>) -> DocumentSettlement {
    DocumentSettlement {
        document: document.id.clone(),
        version: document.version,
        hash: document.hash(),
        error,
    }
}
