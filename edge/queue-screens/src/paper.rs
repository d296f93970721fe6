//! Sheets of paper: the ticket and the test, put together from the catalogue in the language somebody chose.
//!
//! A sheet holds what its reader needs and nothing about them.

use crate::words;
use edge_lan::local_time;
use protocol::{
    Lang, Timestamp,
    print::{Align, Block, Sheet, SheetKind, Size},
    queue::{Branch, TicketNumber, WaitRange},
};

/// What stands on a ticket's paper.
#[derive(Debug, Clone)]
pub(crate) struct TicketPaper<'a> {
    pub(crate) branch: &'a Branch,
    pub(crate) lang: Lang,
    /// The service's name in that language.
    pub(crate) service: &'a str,
    pub(crate) number: TicketNumber,
    pub(crate) issued_at: Timestamp,
    pub(crate) offset_seconds: i32,
    pub(crate) ahead: u32,
    pub(crate) wait: Option<WaitRange>,
    /// Address of its page for the holder's phone.
    pub(crate) page: Option<&'a str>,
}

impl TicketPaper<'_> {
    /// The sheet. That it is a copy is the print order's to say.
    pub(crate) fn sheet(&self) -> Sheet {
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
