//! The paper of a visit's ticket: asked for once its number is on disk, and shown as the printer tells of it.

use super::{
    steps::KioskRequest,
    ticket::{self, PaperFault, PaperState, Reprint, ShownTicket},
    visit::TicketVisit,
};
use crate::paper::TicketPaper;
use edge_kernel::Site;
use edge_lan::Problem;
use edge_prints::{Copied, Fate, Wish};
use maud::Markup;
use protocol::{command::PrintOrder, queue::Branch};
use std::sync::Arc;

impl KioskRequest<'_> {
    /// Asks for the ticket's paper, once.
    pub(super) async fn print(&self, visit: &TicketVisit) -> Result<(), Problem> {
        self.ask_for(visit, Copied::Original).await
    }

    /// Asks for the one copy.
    pub(super) async fn print_again(&self, visit: &TicketVisit) -> Result<(), Problem> {
        self.ask_for(visit, Copied::Copy).await
    }

    async fn ask_for(&self, visit: &TicketVisit, copied: Copied) -> Result<(), Problem> {
        let Some((branch, shown, issued_at)) = self.known(visit).await? else {
            return Ok(());
        };
        let (Some(print), Some((device, rest))) = (visit.print(copied), branch.draft().printers.split_first()) else {
            return Ok(());
        };
        let paper = TicketPaper {
            branch: &branch,
            lang: visit.lang,
            service: &shown.service,
            number: shown.number,
            issued_at,
            offset_seconds: self.state.port.clock().offset_seconds(),
            ahead: shown.ahead,
            wait: shown.wait,
            page: shown.page.as_deref(),
        };
        let wish = Wish {
            order: PrintOrder {
                print,
                sheet: paper.sheet(),
                copy: copied == Copied::Copy,
            },
            device: device.clone(),
            rest: rest.to_vec(),
            corr: visit.ticket().map(|ticket| ticket.to_string()),
        };
        if let Err(refusal) = self.state.port.print(self.actor(), wish).await {
            // The number counts all the same, and the screen says that no paper comes.
            tracing::warn!(%refusal, "a ticket's paper cannot be asked for");
        }
        Ok(())
    }

    /// Whether the visit's ticket was given out, whoever remembers the visit.
    pub(super) async fn has_ticket(&self, visit: &TicketVisit) -> Result<bool, Problem> {
        let Some(id) = visit.ticket() else {
            return Ok(false);
        };
        Ok(self
            .state
            .port
            .survey(move |site| site.queue.ticket(&id).is_some())
            .await?)
    }

    /// K4, or K9.
    pub(super) async fn ticket(&self, visit: &TicketVisit) -> Result<Markup, Problem> {
        match self.known(visit).await? {
            Some((_, shown, _)) => Ok(ticket::ticket(visit.lang, &shown)),
            None => Err(Problem::not_now("The ticket is not there.")),
        }
    }

    async fn known(
        &self,
        visit: &TicketVisit,
    ) -> Result<Option<(Arc<Branch>, ShownTicket, protocol::Timestamp)>, Problem> {
        let (Some(id), lang) = (visit.ticket(), visit.lang) else {
            return Ok(None);
        };
        let copied = if visit.printed_again {
            Copied::Copy
        } else {
            Copied::Original
        };
        let print = visit.print(copied);
        let (token, host, again) = (visit.token(), self.station.host.map(str::to_owned), visit.printed_again);
        let found = self.state.port.survey(move |site| {
            let (branch, ticket) = (site.setup.branch.clone()?, site.queue.ticket(&id)?);
            let service = branch.service(&ticket.service)?.name.get(lang).to_owned();
            let has_printer = !branch.draft().printers.is_empty();
            let shown = ShownTicket {
                number: ticket.number,
                service,
                ahead: site.queue.position(&id).unwrap_or(0),
                wait: site.queue.estimate_of(&site.setup, &id),
                page: base(&branch, host.as_deref()).map(|base| format!("{base}/t/{token}")),
                paper: if has_printer {
                    paper(site, print)
                } else {
                    PaperState::None
                },
                again: if again || !has_printer {
                    Reprint::No
                } else {
                    Reprint::Once
                },
            };
            Some((branch, shown, ticket.issued_at))
        });
        Ok(found.await?)
    }
}

fn paper(site: &Site, print: Option<protocol::PrintId>) -> PaperState {
    let sheet = print.and_then(|print| site.prints.standing(&print));
    match sheet.map(|sheet| &sheet.fate) {
        Some(Fate::Queued) => PaperState::Printing,
        Some(Fate::Printed) => PaperState::Printed,
        Some(Fate::Failed(reason) | Fate::Doubtful(reason)) => PaperState::Fault(PaperFault::of(Some(reason))),
        None => PaperState::Fault(PaperFault::of(None)),
    }
}

/// Where phones find the pages: as the branch says, else where the kiosk does, unless that is the box itself.
fn base(branch: &Branch, host: Option<&str>) -> Option<String> {
    let named = branch
        .draft()
        .phone_base
        .as_ref()
        .map(|base| base.trim_end_matches('/').to_owned());
    named.or_else(|| edge_lan::request::reached_at(host?))
}
