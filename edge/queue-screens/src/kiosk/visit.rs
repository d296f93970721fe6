//! What the queue remembers of a visit, and the ids that follow from its number.

use crate::holder::HolderContact;
use edge_kiosk::{Visit, VisitNumber};
use edge_prints::CopyMark;
use protocol::{
    Lang, PrintId,
    id::{ServiceId, TicketId},
};

/// Which screen somebody looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum TicketScreen {
    /// K1: nowhere in the queue yet, or no longer.
    #[default]
    Home,
    /// K2, and which page of it.
    Services(usize),
    /// K3: the phone number for a service.
    Phone(ServiceId),
    /// K3: the name.
    Name(ServiceId),
    /// K3: the code of a booking.
    Code,
    /// K4.
    Ticket,
}

/// What is kept in the visit.
#[derive(Clone, Default)]
struct VisitMemory {
    at: TicketScreen,
    holder: HolderContact,
    printed_again: bool,
}

/// A visit on its way to a ticket.
pub(super) struct TicketVisit {
    number: VisitNumber,
    pub(super) lang: Lang,
    pub(super) at: TicketScreen,
    pub(super) holder: HolderContact,
    /// Its ticket is printed once more at most.
    pub(super) printed_again: bool,
}

impl TicketVisit {
    pub(super) fn of(visit: &Visit) -> Self {
        let VisitMemory {
            at,
            holder,
            printed_again,
        } = visit.memory();
        Self {
            number: visit.number().clone(),
            lang: visit.lang(),
            at,
            holder,
            printed_again,
        }
    }

    /// Keeps where it has got to in the visit.
    pub(super) fn keep(self, visit: &mut Visit) {
        visit.remember(VisitMemory {
            at: self.at,
            holder: self.holder,
            printed_again: self.printed_again,
        });
    }

    /// The one ticket of the visit: asked for again after an answer was lost, even from an edge that was restarted
    /// meanwhile, it is the same ticket.
    pub(super) fn ticket(&self) -> Option<TicketId> {
        ticket_of(&self.number)
    }

    /// The sheet of its ticket, and the one copy.
    pub(super) fn print(&self, sheet: CopyMark) -> Option<PrintId> {
        let what = match sheet {
            CopyMark::Original => "print",
            CopyMark::Copy => "copy",
        };
        self.number.uuid(what).parse().ok()
    }

    /// The token of its holder's page: 128 bits.
    pub(super) fn token(&self) -> String {
        token_of(&self.number)
    }
}

/// The ticket of a visit with this number.
pub(crate) fn ticket_of(number: &VisitNumber) -> Option<TicketId> {
    number.uuid("ticket").parse().ok()
}

/// The token of its holder's page.
pub(crate) fn token_of(number: &VisitNumber) -> String {
    number.digits("token")
}
