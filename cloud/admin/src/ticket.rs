//! A ticket and whoever holds it: found by its token, and what its holder may ask of the branch.
//!
//! The token is the only credential and names one ticket. Nothing is decided here: what a holder asks becomes a command
//! to the edge, and what the edge made of it comes back as an event.

use crate::{AdminContext, AdminError, AdminErrorKind, AdminResult, entropy::entropy};
use cloud_store::{
    OrgStore,
    audit::{AuditEntry, AuditResult},
    commands::holder::{HolderCommandResult, create_for_holder},
    edges,
    queue::{self, TicketRecord},
};
use protocol::{
    Command, CommandId, Digest, EdgeId, Timestamp,
    command::{Action, SiteAction},
};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// Characters of a token: 128 bits as lower-case hex, as the edge makes it.
const TOKEN: usize = 32;
const HOLDER: &str = "ticket holder";
/// How long after a visit its page is there: for the last word about it.
const AFTER_VISIT: Duration = Duration::from_secs(3 * 3600);
/// From the beginning of a ticket's day until that day has ended everywhere on earth.
const DAY_OVER: Duration = Duration::from_secs(36 * 3600);

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
    if has_ended(&ticket, admin.clock.now()) {
        return None;
    }
    Some(TicketHolder {
        admin: Arc::clone(admin),
        scope,
        ticket,
    })
}

/// The address of a ticket's page is a credential: it ends with the visit, and with the day at the latest.
fn has_ended(ticket: &TicketRecord, now: Timestamp) -> bool {
    let visit_over = ticket.state.is_over() && now >= ticket.changed.plus(AFTER_VISIT);
    let began = Timestamp::from_millis(i64::from(ticket.day.since_epoch).saturating_mul(86_400_000));
    visit_over || now >= began.plus(DAY_OVER)
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

    /// Sends the edge what the holder asks, where the ticket is not over; a word about a visit may come after it. What is asked
    /// again while it is open is the same wish.
    pub async fn ask(&self, request: HolderRequest, ip: IpAddr) -> AdminResult<()> {
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
            ip: ip.to_string().into(),
        };
        let made = create_for_holder(&self.scope, ticket, command, entry).await;
        match made.map_err(|error| AdminError::store("Passing on what a ticket's holder asks", error))? {
            HolderCommandResult::Queued => {}
            HolderCommandResult::AlreadyOpen => return Ok(()),
            HolderCommandResult::Spent => {
                return Err(AdminError::new(
                    AdminErrorKind::TooMany,
                    "This was asked too often for one ticket.",
                ));
            }
        }
        self.admin.figures.commands_queued.one();
        self.admin.links.wake(self.ticket.edge);
        Ok(())
    }
}
