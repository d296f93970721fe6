//! Sheets that tests print.

use protocol::{
    PrintId, Timestamp,
    print::{Align, Block, Sheet, SheetKind, Size},
};

/// Always the same print.
pub(crate) fn print() -> PrintId {
    PrintId::new(Timestamp::from_millis(1_795_165_200_000), [7; 10])
}

pub(crate) fn line(text: &str, size: Size, align: Align) -> Block {
    let text = text.to_owned();
    Block::Line { text, size, align }
}

/// A ticket with everything that a ticket has, in three languages and two scripts.
pub(crate) fn ticket() -> Sheet {
    let pair = |left: &str, right: &str| Block::Pair {
        left: left.to_owned(),
        right: right.to_owned(),
    };
    Sheet {
        kind: SheetKind::Ticket,
        blocks: vec![
            line("Chilonzor filiali", Size::Body, Align::Middle),
            line("Кассага навбат", Size::Title, Align::Middle),
            Block::Number {
                text: "K-001".to_owned(),
            },
            pair("20.11.2026", "14:05"),
            pair("Олдингизда", "12 киши"),
            pair("Kutish", "15–25 daqiqa"),
            Block::Qr {
                text: "https://q.ostona.uz/t/8f3kd92mzq71cmx0v5ptw4".to_owned(),
            },
            line(
                "Сохраните талон · Chiptani saqlang · Қайтариб беринг, Ғ Ҳ Ў oʻ gʻ",
                Size::Small,
                Align::Middle,
            ),
        ],
    }
}
