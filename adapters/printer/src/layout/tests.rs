//! Where things stand: written out, so that a change of the layout is seen in a review.

use super::{LayoutItem, Paper, lay_out};
use crate::faces::{Faces, Weight};
use crate::imprint::{Edition, Imprint};
use crate::tests::sheets;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use protocol::print::{Align, Block, Sheet, SheetKind, Size};

const NARROW: Paper = Paper {
    width: 384,
    dpi: 203,
    length: None,
};
const WIDE: Paper = Paper {
    width: 576,
    dpi: 203,
    length: None,
};

#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(sheet: &Sheet, edition: Edition, paper: &Paper, expect: Expect) {
    let faces = Faces::load().expect("the embedded typeface");
    let imprint = Imprint {
        sheet,
        print: sheets::print(),
        edition,
    };
    let mut text = match lay_out(&imprint, paper, &faces) {
        Err(error) => format!("{error}\n"),
        Ok(laid) => {
            let lines = laid.items.iter().map(|item| match item {
                LayoutItem::Text { x, base, letters, text } => {
                    let bold = if letters.weight == Weight::Bold { " bold" } else { "" };
                    let end = x + faces.width(*letters, text);
                    format!(
                        "{x:>4}-{end:<4} {base:>4} em {}x{}{bold} {text}\n",
                        letters.em, letters.stretch
                    )
                }
                LayoutItem::Bar { x, y, width, height } => format!("{x:>4}-{:<4} {y:>4} bar {height}\n", x + width),
                LayoutItem::Code { x, y, dots, code } => {
                    let end = x + code.side() * dots;
                    format!(
                        "{x:>4}-{end:<4} {y:>4} QR of {} modules, {dots} dots each\n",
                        code.side()
                    )
                }
            });
            let lines: String = lines.collect();
            format!("{lines}height {} of {}\n", laid.height, paper.dots(900))
        }
    };
    text.insert(0, '\n');
    expect.assert_eq(&text);
}

#[test]
fn a_ticket_on_wide_paper() {
    check(
        &sheets::ticket(),
        Edition::First,
        &WIDE,
        expect![[r#"

         178-397    32 em 33x1000 Chilonzor filiali
          69-507    94 em 55x1000 bold Кассага навбат
           0-576   305 em 201x1000 bold K-001
           0-170   388 em 33x1000 20.11.2026
         490-576   388 em 33x1000 14:05
           0-191   428 em 33x1000 Олдингизда
         445-576   428 em 33x1000 12 киши
           0-91    468 em 33x1000 Kutish
         375-576   468 em 33x1000 15–25 daqiqa
         222-354   492 QR of 33 modules, 4 dots each
           3-573   661 em 22x1000 Сохраните талон · Chiptani saqlang · Қайтариб беринг,
         237-339   688 em 22x1000 Ғ Ҳ Ў oʻ gʻ
          97-478   712 em 20x1000 01a1f82f-1e80-7707-8707-070707070707
        height 717 of 719
    "#]],
    );
}

#[test]
fn a_copy_on_narrow_paper_fits_ninety_millimetres() {
    check(
        &sheets::ticket(),
        Edition::Copy,
        &NARROW,
        expect![[r#"

          96-288    27 em 29x1000 Chilonzor filiali
           4-379    78 em 47x1000 bold Кассага навбат
           1-382   214 em 133x1000 bold K-001
           0-150   273 em 29x1000 20.11.2026
         308-384   273 em 29x1000 14:05
           0-168   307 em 29x1000 Олдингизда
         268-384   307 em 29x1000 12 киши
           0-80    341 em 29x1000 Kutish
         207-384   341 em 29x1000 15–25 daqiqa
         126-258   364 QR of 33 modules, 4 dots each
          20-364   530 em 20x1000 Сохраните талон · Chiptani saqlang ·
          58-325   553 em 20x1000 Қайтариб беринг, Ғ Ҳ Ў oʻ gʻ
           0-384   566 bar 3
          19-364   604 em 29x1000 bold NUSXA · КОПИЯ · COPY
           1-382   629 em 20x1000 01a1f82f-1e80-7707-8707-070707070707
        height 634 of 719
    "#]],
    );
}

#[test]
fn what_fits_nowhere_is_refused() {
    let sheet = |block| Sheet {
        kind: SheetKind::Badge,
        blocks: vec![block],
    };
    let text = "x".repeat(1024);
    let strip = Paper { width: 200, ..NARROW };
    check(
        &sheet(Block::Qr { text: text.clone() }),
        Edition::First,
        &strip,
        expect![[r#"

        a QR code of 121 modules does not fit on paper of 200 dots
    "#]],
    );
    let label = Paper {
        length: Some(100),
        ..NARROW
    };
    let line = Block::Line {
        text,
        size: Size::Body,
        align: Align::Left,
    };
    check(
        &sheet(line),
        Edition::First,
        &label,
        expect![[r#"

        the sheet is 1058 dots long, and 100 is the most
    "#]],
    );
}

#[test]
fn a_long_value_goes_to_the_next_line_and_a_long_word_is_broken() {
    let sheet = Sheet {
        kind: SheetKind::Report,
        blocks: vec![
            Block::Pair {
                left: "Xizmat".to_owned(),
                right: "Jismoniy shaxslarga xizmat koʻrsatish".to_owned(),
            },
            Block::Line {
                text: "Ўзбекистонликларнингманзилгоҳларидагилардандир".to_owned(),
                size: Size::Body,
                align: Align::Left,
            },
        ],
    };
    check(
        &sheet,
        Edition::First,
        &NARROW,
        expect![[r#"

           0-103    32 em 33x1000 Xizmat
          89-384    72 em 33x1000 Jismoniy shaxslarga
         130-384   112 em 33x1000 xizmat koʻrsatish
           0-365   152 em 33x1000 Ўзбекистонликларнинг
           0-371   192 em 33x1000 манзилгоҳларидагилар
           0-117   232 em 33x1000 дандир
           1-382   258 em 20x1000 01a1f82f-1e80-7707-8707-070707070707
        height 263 of 719
    "#]],
    );
}

fn blocks() -> impl Strategy<Value = Block> {
    prop_oneof![
        (".{0,120}", 0..3_u8, 0..3_u8).prop_map(|(text, size, align)| Block::Line {
            text,
            size: [Size::Body, Size::Small, Size::Title][usize::from(size)],
            align: [Align::Left, Align::Middle, Align::Right][usize::from(align)],
        }),
        (".{0,40}", ".{0,40}").prop_map(|(left, right)| Block::Pair { left, right }),
        "[A-Z]{1,3}-[0-9]{1,4}".prop_map(|text| Block::Number { text }),
        "[ -~]{1,60}".prop_map(|text| Block::Qr { text }),
        Just(Block::Rule),
        Just(Block::Space),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing stands outside the paper, and numbers are high enough.
    #[test]
    fn nothing_stands_outside(blocks in prop::collection::vec(blocks(), 0..8), narrow in any::<bool>()) {
        let faces = Faces::load().expect("the embedded typeface");
        let paper = if narrow { NARROW } else { WIDE };
        let sheet = Sheet { kind: SheetKind::Ticket, blocks };
        let imprint = Imprint { sheet: &sheet, print: sheets::print(), edition: Edition::Copy };
        let laid = lay_out(&imprint, &paper, &faces).expect("short enough");
        for item in &laid.items {
            match item {
                LayoutItem::Text { x, base, letters, text } => {
                    let single = text.chars().nth(1).is_none();
                    prop_assert!(single || x + faces.width(*letters, text) <= paper.width, "{text}");
                    prop_assert!(*base <= laid.height);
                }
                LayoutItem::Bar { x, y, width, height } => {
                    prop_assert!(x + width <= paper.width && y + height <= laid.height);
                }
                LayoutItem::Code { x, y, dots, code } => {
                    let side = code.side() * dots;
                    prop_assert!(*x >= 4 * dots && x + side + 4 * dots <= paper.width && y + side <= laid.height);
                }
            }
        }
    }
}
