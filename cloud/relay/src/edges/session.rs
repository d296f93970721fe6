//! The control conversation, whichever road it takes: what an edge says is filed, what is due for it is handed out.
//!
//! A command or document is marked as sent before it is handed out. Nothing is handed out unsigned.

use super::refusal::Refusal;
use crate::state::RelayState;
use cloud_store::{
    StoreError, commands,
    documents::{self, DocumentStep, HeldRange},
    edges::EdgeRecord,
    events,
    registers::{self, RegisterProgress},
};
use protocol::{
    Digest, Epoch,
    control::{CloudMessage, EdgeMessage, HeldDocument},
    document::DocumentFault,
    register::HeldRegister,
};

/// Files what an edge says. Gives the answers, where there are any; [`EdgeMessage::Hello`] moves `epoch`.
pub(super) async fn handle_message(
    app: &RelayState,
    edge: &EdgeRecord,
    epoch: &mut Epoch,
    said: EdgeMessage,
) -> Result<Vec<CloudMessage>, Refusal> {
    apply_message(app, edge, epoch, said)
        .await
        .map_err(|error| Refusal::store(&error))
}

async fn apply_message(
    app: &RelayState,
    edge: &EdgeRecord,
    epoch: &mut Epoch,
    said: EdgeMessage,
) -> Result<Vec<CloudMessage>, StoreError> {
    let (scope, now) = (app.store.scope(edge.org), app.clock.now());
    match said {
        EdgeMessage::Hello {
            epoch: joined,
            documents,
            documents_digest,
            registers,
            now: edge_now,
            clock,
            ..
        } => {
            *epoch = joined;
            let behind_ms = now.as_millis().saturating_sub(edge_now.as_millis());
            tracing::debug!(edge = %edge.id, behind_ms, ?clock, "hello");
            let wanted = compare_documents(app, edge, documents, documents_digest).await?;
            registers::reconcile(&scope, edge.id, registers).await?;
            let have = events::have(&scope, edge.id, joined).await?;
            Ok(std::iter::once(CloudMessage::Welcome { now, have })
                .chain(wanted)
                .collect())
        }
        EdgeMessage::HeldDocuments { after, upto, held } => {
            let next = upto.clone();
            documents::reconcile(&scope, edge.id, HeldRange { after, upto, held }, now).await?;
            app.links.wake(edge.id);
            let next = next.map(|after| CloudMessage::ListDocuments { after: Some(after) });
            Ok(next.into_iter().collect())
        }
        EdgeMessage::Heartbeat { heartbeat } => {
            app.links.record_contact(edge.id, now, Some(*heartbeat));
            let have = events::have(&scope, edge.id, *epoch).await?;
            Ok(vec![CloudMessage::Have { now, have }])
        }
        EdgeMessage::CommandReceived { command } => {
            commands::received(&scope, edge.id, command, now).await?;
            app.figures.commands_acked.one();
            Ok(Vec::new())
        }
        EdgeMessage::DocumentSettled {
            document,
            version,
            hash,
            error,
        } => {
            let step = DocumentStep {
                document,
                version,
                hash,
                error,
            };
            documents::settle(&scope, edge.id, step, now).await?;
            Ok(Vec::new())
        }
        EdgeMessage::RegisterSettled { held, error } => {
            register_settled(app, edge, held, error).await?;
            Ok(Vec::new())
        }
    }
}

/// Compares the documents of a hello with what is noted. Gives what is to be asked where only a digest came, and differs.
async fn compare_documents(
    app: &RelayState,
    edge: &EdgeRecord,
    listed: Vec<HeldDocument>,
    digest: Option<Digest>,
) -> Result<Option<CloudMessage>, StoreError> {
    let (scope, now) = (app.store.scope(edge.org), app.clock.now());
    let Some(digest) = digest else {
        documents::reconcile(&scope, edge.id, listed.into(), now).await?;
        return Ok(None);
    };
    if documents::held_digest(&scope, edge.id).await? == digest {
        documents::resend_unconfirmed(&scope, edge.id).await?;
        return Ok(None);
    }
    Ok(Some(CloudMessage::ListDocuments { after: None }))
}

/// An edge took rows in, or says why not; more of them are due where it is not up to date yet.
async fn register_settled(
    app: &RelayState,
    edge: &EdgeRecord,
    held: HeldRegister,
    error: Option<DocumentFault>,
) -> Result<(), StoreError> {
    if let Some(fault) = &error {
        tracing::warn!(edge = %edge.id, register = %held.register, %fault, "an edge did not take rows");
    }
    let scope = app.store.scope(edge.org);
    match registers::settle(&scope, edge.id, held, error).await? {
        RegisterProgress::Due => app.links.wake(edge.id),
        RegisterProgress::Sent | RegisterProgress::InForce | RegisterProgress::Refused => {}
    }
    Ok(())
}

/// Hands out what is due: commands first, because somebody may wait at a door.
pub(super) async fn due(app: &RelayState, edge: &EdgeRecord) -> Result<Vec<CloudMessage>, Refusal> {
    let (scope, now) = (app.store.scope(edge.org), app.clock.now());
    let failed = |error: StoreError| Refusal::store(&error);
    let mut due = Vec::new();
    for command in commands::claim(&scope, edge.id, now).await.map_err(failed)? {
        match app.key.sign_command(&command) {
            Ok(signed) => due.push(CloudMessage::Command { signed }),
            Err(error) => tracing::error!(command = %command.id, %error, "cannot sign a command"),
        }
    }
    app.figures.commands_sent.add(due.len() as u64);
    if due.len() >= commands::LOT as usize {
        // There may be more: whoever waits for this edge looks again.
        app.links.wake(edge.id);
    }
    let claimed = documents::claim(&scope, edge.id, now).await.map_err(failed)?;
    if claimed.len() == documents::CLAIMED {
        // There may be more; they come next.
        app.links.wake(edge.id);
    }
    for document in claimed {
        match app.key.sign_document(&document) {
            Ok(signed) => due.push(CloudMessage::Document { signed }),
            Err(error) => tracing::error!(document = %document.id, %error, "cannot sign a document"),
        }
    }
    for delta in registers::claim(&scope, edge.id, now).await.map_err(failed)? {
        match app.key.sign_register(&delta) {
            Ok(signed) => {
                app.figures.rows_sent.add(delta.rows.len() as u64);
                due.push(CloudMessage::Register { signed });
            }
            Err(error) => tracing::error!(register = %delta.register, %error, "cannot sign rows"),
        }
    }
    Ok(due)
}
