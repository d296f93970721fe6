//! Sheets of paper: the ticket and the test, put together from the catalogue in the language somebody chose.
//!
//! A sheet holds what its reader needs and nothing about them.

use crate::words;
use edge_kernel::{ChainedDecision, FollowUp, Moment, Port};
use edge_lan::{local_time, request};
use edge_prints::{CopyMark, PrintRequest, Prints};
use edge_queue::{Queue, QueueSetup};
use protocol::{
    Actor, Fact, Lang, PrintId, Timestamp,
    command::PrintOrder,
    id::TicketId,
    print::{Align, Block, Sheet, SheetKind, Size},
    queue::{Branch, TicketNumber, WaitRange},
};
use std::fmt;

/// What stands on a ticket's paper.
#[derive(Debug, Clone)]
struct TicketSheet<'a> {
    branch: &'a Branch,
    lang: Lang,
    /// The service's name in that language.
    service: &'a str,
    number: TicketNumber,
    issued_at: Timestamp,
    offset_seconds: i32,
    ahead: u32,
    wait: Option<WaitRange>,
    /// Address of its page for the holder's phone.
    page: Option<&'a str>,
}

impl TicketSheet<'_> {
    /// The sheet. That it is a copy is the print order's to say.
    fn sheet(&self) -> Sheet {
        let lang = self.lang;
        let draft = self.branch.draft();
        let mut blocks = vec![
            line(draft.name.get(lang), Size::Title),
            line(self.service, Size::Body),
            Block::Space,
            line(words::your_number(lang), Size::Small),
            Block::Number {
                text: self.number.to_string(),
            },
            line(&words::ahead(lang, self.ahead), Size::Body),
        ];
        if let Some(range) = self.wait {
            blocks.push(line(
                &words::wait(lang, range.lo_min.into(), range.hi_min.into()),
                Size::Body,
            ));
        }
        if let Some(page) = self.page {
            blocks.push(Block::Qr { text: page.to_owned() });
            blocks.push(line(words::on_your_phone(lang), Size::Small));
        }
        blocks.push(Block::Rule);
        blocks.push(Block::Pair {
            left: local_time::date(self.issued_at, self.offset_seconds),
            right: local_time::time(self.issued_at, self.offset_seconds),
        });
        blocks.push(line(words::keep_ticket(lang), Size::Small));
        if let Some(footer) = &draft.footer {
            blocks.push(line(footer.get(lang), Size::Small));
        }
        Sheet {
            kind: SheetKind::Ticket,
            blocks,
        }
    }
}

/// The paper of a ticket. Laid out where the ticket is decided, so that a ticket and its paper are one commit.
#[derive(Debug, Clone)]
pub(crate) struct TicketPaper {
    /// Whose.
    pub(crate) ticket: TicketId,
    /// The sheet's own id: the same asked for again is one sheet.
    pub(crate) print: PrintId,
    /// Whether it is marked as a copy.
    pub(crate) copied: CopyMark,
    /// Where its holder's phone finds it.
    pub(crate) page: PhonePage,
}

/// Where the pages of a ticket are found.
#[derive(Clone)]
pub(crate) struct PhonePage {
    /// The holder's only credential.
    pub(crate) token: String,
    /// What whoever asks calls this box.
    pub(crate) host: Option<String>,
}

/// Without the token.
impl fmt::Debug for PhonePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhonePage")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl PhonePage {
    /// Its address: as the branch says, else where whoever asks reaches the box, unless that is the box itself.
    pub(crate) fn address(&self, branch: &Branch) -> Option<String> {
        let named = branch.draft().phone_base.as_ref();
        let named = named.map(|base| base.trim_end_matches('/').to_owned());
        let base = named.or_else(|| request::reached_at(self.host.as_deref()?))?;
        Some(format!("{base}/t/{}", self.token))
    }
}

impl TicketPaper {
    /// What is asked of the printers; none where the branch has none, or there is no such ticket.
    pub(crate) fn order(&self, queue: &Queue, setup: &QueueSetup, offset_seconds: i32) -> Option<PrintRequest> {
        let (branch, ticket) = (setup.branch.as_deref()?, queue.ticket(&self.ticket)?);
        let (device, rest) = branch.draft().printers.split_first()?;
        let page = self.page.address(branch);
        let sheet = TicketSheet {
            branch,
            lang: ticket.lang,
            service: branch.service(&ticket.service)?.name.get(ticket.lang),
            number: ticket.number,
            issued_at: ticket.issued_at,
            offset_seconds,
            ahead: queue.position(&self.ticket).unwrap_or(0),
            wait: queue.estimate_of(setup, &self.ticket),
            page: page.as_deref(),
        };
        Some(PrintRequest {
            order: PrintOrder {
                print: self.print,
                sheet: sheet.sheet(),
                copy: self.copied == CopyMark::Copy,
            },
            device: device.clone(),
            rest: rest.to_vec(),
            corr: Some(self.ticket.into()),
        })
    }

    /// Asks for it on its own: the copy, or the paper of a ticket that was given out before. The number of the ticket;
    /// none where there is nothing to print with. A printer's trouble is no reason to say that there is no ticket.
    pub(crate) async fn ask(&self, port: &Port, actor: Actor) -> Result<Option<TicketNumber>, edge_kernel::Refusal> {
        let view = port.read::<Queue>().await?;
        let Some(order) = self.order(&view.state, &view.setup, port.clock().offset_seconds()) else {
            return Ok(None);
        };
        if let Err(refusal) = port.decide::<Prints>(actor, edge_prints::Request::Print(order)).await {
            tracing::warn!(%refusal, "a ticket's paper cannot be asked for");
            return Ok(None);
        }
        Ok(view.state.ticket(&self.ticket).map(|ticket| ticket.number))
    }
}

impl FollowUp<Queue, Prints> for TicketPaper {
    fn request(&self, _: &[Fact], queue: &Queue, setup: &QueueSetup, now: Moment) -> Option<edge_prints::Request> {
        self.order(queue, setup, now.offset_seconds)
            .map(edge_prints::Request::Print)
    }
}

/// Says in the log why a ticket that was just given out has no paper: the number counts all the same.
pub(crate) fn warn_where_no_paper(chain: &ChainedDecision<Prints>) {
    if let Some(Err(refusal)) = &chain.followed {
        tracing::warn!(%refusal, "a ticket's paper cannot be asked for");
    }
}

/// A page that shows whether every letter comes out, in every language.
pub(crate) fn test(printer: &str) -> Sheet {
    let mut blocks = vec![line("Ostona", Size::Title), line(printer, Size::Body), Block::Rule];
    for lang in Lang::ALL {
        blocks.push(line(words::test_print(lang), Size::Body));
    }
    for letters in ["Oʻ Gʻ ʼ Sh Ch Ng", "Ққ Ғғ Ҳҳ Ўў", "Ёё Щщ Ъъ Ыы"] {
        blocks.push(line(letters, Size::Body));
    }
    blocks.push(Block::Number {
        text: "K-001".to_owned(),
    });
    Sheet {
        kind: SheetKind::Test,
        blocks,
    }
}

fn line(text: &str, size: Size) -> Block {
    Block::Line {
        text: text.to_owned(),
        size,
        align: Align::Middle,
    }
}
