//! What follows when a sheet is asked for, and when a printer is done with it.

use crate::state::{PrintState, Prints};
use protocol::{
    DeviceId, Fact, Outcome, PrintId, Reason,
    command::PrintOrder,
    fact::PrintChange,
    text::{CorrelationId, ReasonWord},
};

/// A sheet on its way: what to print, which printer has it, and who is next where that one fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintRequest {
    /// What to print.
    pub order: PrintOrder,
    /// The printer.
    pub device: DeviceId,
    /// The printers after it, in order.
    pub rest: Vec<DeviceId>,
    /// What it is for: a ticket's or visit's id.
    pub corr: Option<CorrelationId>,
}

impl PrintRequest {
    fn moved(&self, reason: Option<ReasonWord>) -> PrintChange {
        PrintChange {
            print: self.order.print,
            device: self.device.clone(),
            doc: self.order.sheet.kind,
            copy: self.order.copy,
            reason,
        }
    }
}

/// What follows when a sheet is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PrintAcceptance {
    /// It is known already; nothing follows.
    Known,
    /// To be printed.
    Queued(Fact),
}

/// What follows when a printer is done with a sheet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PrintSettlement {
    /// What happened.
    pub(crate) facts: Vec<Fact>,
    /// The next printer's turn.
    pub(crate) next: Option<PrintRequest>,
}

/// Somebody asks for a sheet. The same print twice is one sheet.
pub(crate) fn ask(prints: &Prints, wish: &PrintRequest) -> PrintAcceptance {
    match prints.status(&wish.order.print) {
        Some(_) => PrintAcceptance::Known,
        None => PrintAcceptance::Queued(Fact::PrintQueued(wish.moved(None))),
    }
}

/// A printer is done with a sheet. Only the first word about each of its turns counts.
pub(crate) fn settle(prints: &Prints, wish: PrintRequest, outcome: Outcome) -> PrintSettlement {
    let is_its_turn = prints
        .status(&wish.order.print)
        .is_some_and(|status| status.fate == PrintState::Queued && status.device == wish.device);
    if !is_its_turn {
        return PrintSettlement {
            facts: Vec::new(),
            next: None,
        };
    }
    let word = |detail: Option<String>, reason: Reason| detail.map_or_else(|| word_of(reason).into(), ReasonWord::from);
    match outcome {
        Outcome::Ok { .. } => ended(Fact::PrintDone(wish.moved(None))),
        Outcome::Expired => ended(Fact::PrintFailed(wish.moved(Some("expired".into())))),
        Outcome::Rejected { reason, detail } => fail_over(wish, word(detail, reason), PartialOutput::Nothing),
        Outcome::Failed { reason, detail } => match reason {
            Reason::Hardware => fail_over(wish, word(detail, reason), PartialOutput::Torn),
            Reason::Expired
            | Reason::NotAuthorised
            | Reason::UnknownTarget
            | Reason::Unsupported
            | Reason::ClockUnsynced
            | Reason::Busy
            | Reason::Policy
            | Reason::Offline
            | Reason::Duplicate
            | Reason::Interrupted
            | Reason::TimedOut
            | Reason::Full => {
                let word = word(detail, reason);
                ended(Fact::PrintDoubtful(wish.moved(Some(word))))
            }
        },
    }
}

/// Sheets that a printer had when the box stopped: nobody can tell what became of them.
pub(crate) fn interrupted(prints: &Prints) -> Vec<Fact> {
    let doubtful = |(print, status): (&PrintId, &crate::PrintStatus)| {
        Fact::PrintDoubtful(PrintChange {
            print: *print,
            device: status.device.clone(),
            doc: status.doc,
            copy: status.copy == crate::CopyMark::Copy,
            reason: Some("interrupted".into()),
        })
    };
    prints.under_way().map(doubtful).collect()
}

/// What the printer that failed left behind.
#[derive(Debug, Clone, Copy)]
enum PartialOutput {
    /// Nothing.
    Nothing,
    /// Some of it: what follows is a copy.
    Torn,
}

fn ended(fact: Fact) -> PrintSettlement {
    PrintSettlement {
        facts: vec![fact],
        next: None,
    }
}

fn fail_over(wish: PrintRequest, word: ReasonWord, left: PartialOutput) -> PrintSettlement {
    let mut facts = vec![Fact::PrintFailed(wish.moved(Some(word)))];
    let mut rest = wish.rest.into_iter();
    let next = rest.next().map(|device| PrintRequest {
        order: PrintOrder {
            copy: wish.order.copy || matches!(left, PartialOutput::Torn),
            ..wish.order
        },
        device,
        rest: rest.collect(),
        corr: wish.corr,
    });
    facts.extend(next.as_ref().map(|wish| Fact::PrintQueued(wish.moved(None))));
    PrintSettlement { facts, next }
}

/// A short stable word for a reason nobody gave details of.
fn word_of(reason: Reason) -> &'static str {
    match reason {
        Reason::Expired => "expired",
        Reason::NotAuthorised => "not_authorised",
        Reason::UnknownTarget => "unknown_printer",
        Reason::Unsupported => "unsupported",
        Reason::ClockUnsynced => "clock_unsynced",
        Reason::Busy => "busy",
        Reason::Policy => "policy",
        Reason::Hardware => "hardware",
        Reason::Offline => "offline",
        Reason::Duplicate => "duplicate",
        Reason::Interrupted => "interrupted",
        Reason::TimedOut => "no_answer",
        Reason::Full => "full",
    }
}
