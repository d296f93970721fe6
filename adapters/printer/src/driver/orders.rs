//! What is asked of a printer.
//!
//! A sheet beyond the limits of the protocol is refused before it is looked at any closer.

use super::printer_session::Refusal;
use crate::imprint::{Edition, Imprint};
use adapter_sdk::supported_actions;
use protocol::{
    CommandId, DeviceId, PrintId,
    command::PrintOrder,
    print::{Align, Block, Sheet, SheetKind, Size},
};

supported_actions! {
    /// What a printer is asked.
    pub(crate) enum PrinterAction {
        PrintTicket(order: PrintOrder),
        PrintBadge(order: PrintOrder),
        PrintReport(order: PrintOrder),
        PrintTest {},
        DeviceTest {},
        DeviceIdentify {},
    }
}

/// What is asked, checked.
#[derive(Debug)]
pub(super) enum PrinterTask {
    /// A sheet.
    Sheet(MarkedSheet),
    /// How it is.
    Test,
    /// Where it is.
    Identify,
}

/// A sheet and its marks.
#[derive(Debug)]
pub(super) struct MarkedSheet {
    sheet: Sheet,
    pub(super) print: PrintId,
    edition: Edition,
}

impl MarkedSheet {
    pub(super) fn imprint(&self) -> Imprint<'_> {
        Imprint {
            sheet: &self.sheet,
            print: self.print,
            edition: self.edition,
        }
    }
}

impl PrinterTask {
    /// Out of a command.
    pub(super) fn of(action: PrinterAction, command: CommandId, device: &DeviceId) -> Result<Self, Refusal> {
        match action {
            PrinterAction::PrintTicket(order)
            | PrinterAction::PrintBadge(order)
            | PrinterAction::PrintReport(order) => sheet(order),
            PrinterAction::PrintTest {} => Ok(Self::Sheet(MarkedSheet {
                sheet: test_page(device),
                // A test is nobody's print: the command stands in its place.
                print: PrintId::from_uuid(*command.as_uuid()),
                edition: Edition::First,
            })),
            PrinterAction::DeviceTest {} => Ok(Self::Test),
            PrinterAction::DeviceIdentify {} => Ok(Self::Identify),
        }
    }
}

fn sheet(order: PrintOrder) -> Result<PrinterTask, Refusal> {
    if !order.sheet.is_within_limits() {
        return Err(Refusal::unsupported("too_long"));
    }
    Ok(PrinterTask::Sheet(MarkedSheet {
        sheet: order.sheet,
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
