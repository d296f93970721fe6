//! The paper of a visit's ticket: asked for with its number, and shown as the printer tells of it.

use super::{
    steps::KioskRequest,
    ticket::{self, KioskTicket, PaperFault, Reprint, TicketPaperState},
    visit::TicketVisit,
};
use crate::paper::{PhonePage, TicketPaper};
use edge_lan::Problem;
use edge_prints::{CopyMark, PrintState, Prints};
use edge_queue::Queue;
use maud::Markup;
use protocol::PrintId;

impl KioskRequest<'_> {
    /// The paper of a visit's ticket.
    pub(super) fn paper(&self, visit: &TicketVisit, copied: CopyMark) -> Option<TicketPaper> {
        Some(TicketPaper {
            ticket: visit.ticket()?,
            print: visit.print(copied)?,
            copied,
            page: self.page(visit),
        })
    }

    fn page(&self, visit: &TicketVisit) -> PhonePage {
        PhonePage {
            token: visit.token(),
            host: self.station.host.map(str::to_owned),
        }
    }

    /// Asks for the paper of a ticket that was given out before this step: its original, or the one copy.
    pub(super) async fn print(&self, visit: &TicketVisit, copied: CopyMark) -> Result<(), Problem> {
        if let Some(paper) = self.paper(visit, copied) {
            // The number counts all the same, and the screen says where no paper comes.
            paper.ask(&self.state.port, self.actor()).await?;
        }
        Ok(())
    }

    /// Whether the visit's ticket was given out, whoever remembers the visit.
    pub(super) async fn has_ticket(&self, visit: &TicketVisit) -> Result<bool, Problem> {
        let Some(id) = visit.ticket() else {
            return Ok(false);
        };
        let queue = self.state.port.read::<Queue>().await?.state;
        Ok(queue.ticket(&id).is_some())
    }

    /// K4, or K9.
    pub(super) async fn ticket(&self, visit: &TicketVisit) -> Result<Markup, Problem> {
        match self.shown(visit).await? {
            Some(shown) => Ok(ticket::ticket(visit.lang, &shown)),
            None => Err(Problem::not_now("The ticket is not there.")),
        }
    }

    async fn shown(&self, visit: &TicketVisit) -> Result<Option<KioskTicket>, Problem> {
        let view = self.state.port.read::<Queue>().await?;
        let prints = self.state.port.read::<Prints>().await?.state;
        let copied = if visit.printed_again {
            CopyMark::Copy
        } else {
            CopyMark::Original
        };
        let shown = || {
            let (branch, id) = (view.setup.branch.as_deref()?, visit.ticket()?);
            let ticket = view.state.ticket(&id)?;
            let has_printer = !branch.draft().printers.is_empty();
            Some(KioskTicket {
                number: ticket.number,
                service: branch.service(&ticket.service)?.name.get(visit.lang).to_owned(),
                ahead: view.state.position(&id).unwrap_or(0),
                wait: view.state.estimate_of(&view.setup, &id),
                page: self.page(visit).address(branch),
                paper: if has_printer {
                    paper(&prints, visit.print(copied))
                } else {
                    TicketPaperState::None
                },
                again: if visit.printed_again || !has_printer {
                    Reprint::No
                } else {
                    Reprint::Once
                },
            })
        };
        Ok(shown())
    }
}

fn paper(prints: &Prints, print: Option<PrintId>) -> TicketPaperState {
    let sheet = print.and_then(|print| prints.status(&print));
    match sheet.map(|sheet| &sheet.fate) {
        Some(PrintState::Queued) => TicketPaperState::Printing,
        Some(PrintState::Printed) => TicketPaperState::Printed,
        Some(PrintState::Failed(reason) | PrintState::Doubtful(reason)) => {
            TicketPaperState::Fault(PaperFault::of(Some(reason.as_str())))
        }
        None => TicketPaperState::Fault(PaperFault::of(None)),
    }
}
