//! What is asked of a printer.
//!
//! A sheet beyond the limits of the protocol is refused before it is looked at any closer.

use super::press::Refusal;
use crate::layout::{Edition, Imprint};
use adapter_sdk::Ask;
use protocol::{
    DeviceId, PrintId,
    command::{Action, PrintOrder},
    print::{Align, Block, Sheet, SheetKind, Size},
};

/// What is asked.
#[derive(Debug)]
pub(super) enum Order {
    /// A sheet.
    Sheet(Marked),
    /// How it is.
    Test,
    /// Where it is.
    Identify,
}

/// A sheet and its marks.
#[derive(Debug)]
pub(super) struct Marked {
    sheet: Sheet,
    pub(super) print: PrintId,
    edition: Edition,
}

impl Marked {
    pub(super) fn imprint(&self) -> Imprint<'_> {
        Imprint {
            sheet: &self.sheet,
            print: self.print,
            edition: self.edition,
        }
    }
}

impl Order {
    /// Out of a command.
    pub(super) fn of(ask: &Ask, device: &DeviceId) -> Result<Self, Refusal> {
        match ask.action() {
            Action::PrintTicket(order) | Action::PrintBadge(order) | Action::PrintReport(order) => sheet(order),
            Action::PrintTest {} => Ok(Self::Sheet(Marked {
                sheet: test_page(device),
                // A test is nobody's print: the command stands in its place.
                print: PrintId::from_uuid(*ask.command().as_uuid()),
                edition: Edition::First,
            })),
            Action::DeviceTest {} => Ok(Self::Test),
            Action::DeviceIdentify {} => Ok(Self::Identify),
            Action::AccessOpen { .. }
            | Action::DeviceRestart {}
            | Action::DeviceReboot {}
            | Action::DeviceTimeSync {}
            | Action::AgentRestart {}
            | Action::JournalFlush {}
            | Action::JournalExport {}
            | Action::Site(_) => Err(Refusal::unsupported("no_printer_does_that")),
        }
    }
}

fn sheet(order: &PrintOrder) -> Result<Order, Refusal> {
    if !order.sheet.is_within_limits() {
        return Err(Refusal::unsupported("too_long"));
    }
    Ok(Order::Sheet(Marked {
        sheet: order.sheet.clone(),
        print: order.print,
        edition: if order.copy { Edition::Copy } else { Edition::First },
    }))
}

/// Shows that every letter there is comes out, how wide the paper is, and that codes can be read.
fn test_page(device: &DeviceId) -> Sheet {
    let line = |text: &str, size, align| {
        let text = text.to_owned();
        Block::Line { text, size, align }
    };
    let body = |text| line(text, Size::Body, Align::Left);
    Sheet {
        kind: SheetKind::Test,
        blocks: vec![
            line("Ostona", Size::Title, Align::Middle),
            line(device.as_str(), Size::Body, Align::Middle),
            Block::Rule,
            body("Oʻzbekcha: oʻ gʻ sh ch ʼ"),
            body("Ўзбекча: Ў Қ Ғ Ҳ ў қ ғ ҳ"),
            body("Русский: Ё Ъ Ы Э ё ъ ы э"),
            body("English: 0123456789"),
            Block::Number {
                text: "A-123".to_owned(),
            },
            Block::Qr {
                text: format!("ostona:test:{device}"),
            },
            Block::Rule,
        ],
    }
}
