//! A ticket and whoever holds it: found by its token, and what its holder may ask of the branch.
//!
//! The token is the only credential and names one ticket. Nothing is decided here: what a holder asks becomes a command
//! to the edge, and what the edge made of it comes back as an event.

use crate::{AdminContext, AdminError, AdminResult, entropy::entropy};
use cloud_store::{
    OrgStore,
    audit::{AuditEntry, AuditResult},
    commands, edges,
    queue::{self, TicketRecord},
};
use protocol::{
    Command, CommandId, Digest, EdgeId,
    command::{Action, SiteAction},
};
use std::sync::Arc;

/// Characters of a token: 128 bits as lower-case hex, as the edge makes it.
const TOKEN: usize = 32;
const HOLDER: &str = "ticket holder";

/// Somebody who holds a ticket.
#[derive(Debug)]
pub struct TicketHolder {
    admin: Arc<AdminContext>,
    scope: OrgStore,
    ticket: TicketRecord,
}

/// What a ticket's holder may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderRequest {
    /// Give the ticket up.
    Cancel,
    /// Move it some places back, once.
    Delay,
    /// Say how the visit was, 1 to 5.
    Feedback(u8),
}

/// Finds the holder of a token. None for "no such branch", "no such ticket" and "not a token" alike: nothing can be
/// learnt by trying.
pub async fn find(admin: &Arc<AdminContext>, edge: &str, token: &str) -> Option<TicketHolder> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if token.len() != TOKEN || !token.bytes().all(digit) {
        return None;
    }
    let id: EdgeId = edge.parse().ok()?;
    let org = edges::get(&admin.store.platform(), id).await.ok()??.org;
    let scope = admin.store.scope(org);
    let hash = Digest::of(token.as_bytes());
    let ticket = queue::by_token(&scope, id, hash.to_string()).await.ok()??;
    Some(TicketHolder {
        admin: Arc::clone(admin),
        scope,
        ticket,
    })
}

impl TicketHolder {
    /// The ticket.
    pub const fn ticket(&self) -> &TicketRecord {
        &self.ticket
    }

    /// How many wait before it, where that can be told.
    pub async fn ahead(&self) -> Option<u64> {
        let ahead = queue::ahead(&self.scope, &self.ticket).await;
        ahead
            .inspect_err(|error| {
                let error = error as &dyn std::error::Error;
                tracing::error!(error, "cannot count who waits before a ticket");
            })
            .ok()
    }

    /// Whether the branch is connected.
    pub fn linked(&self) -> bool {
        let presence = self.admin.links.presence(self.ticket.edge);
        presence.is_some_and(|presence| presence.online(self.admin.clock.now()))
    }

    /// Sends the edge what the holder asks, where the ticket is not over; a word about a visit may come after it.
    pub async fn ask(&self, request: HolderRequest) -> AdminResult<()> {
        let about_a_visit = matches!(request, HolderRequest::Feedback(_));
        if self.ticket.state.is_over() != about_a_visit {
            return Ok(());
        }
        let ticket = self.ticket.id;
        let action = Action::Site(match request {
            HolderRequest::Cancel => SiteAction::QueueCancel { ticket },
            HolderRequest::Delay => SiteAction::QueueDelay { ticket },
            HolderRequest::Feedback(score) => SiteAction::QueueFeedback { ticket, score },
        });
        let now = self.admin.clock.now();
        let command = Command {
            id: CommandId::new(now, entropy()?),
            org: self.scope.org(),
            edge: self.ticket.edge,
            device: None,
            by: HOLDER.into(),
            created: now,
            expires: now.plus(action.default_lifetime()),
            action,
        };
        let entry = AuditEntry {
            at: now,
            actor: HOLDER.into(),
            action: format!("command.{}", command.action.name()).into(),
            target: ticket.to_string(),
            result: AuditResult::Done,
            detail: command.id.to_string(),
            ip: "".into(),
        };
        let made = commands::create(&self.scope, command, entry).await;
        made.map_err(|error| AdminError::store("Passing on what a ticket's holder asks", error))?;
        self.admin.figures.commands_queued.one();
        self.admin.links.wake(self.ticket.edge);
        Ok(())
    }
}
