//! What is sent: written out where it is short, decoded by other means where it is long.

use crate::{
    imprint::{Edition, Imprint},
    raster::Image,
    tests::sheets,
    wire::{
        escpos::{
            self, Cut, Pin,
            page::{CodePage, UnmappableLetter},
            text::{self, TextMode},
        },
        ipp, pwg, zpl,
    },
};
use expect_test::expect;
use proptest::prelude::*;

fn image(width: u32, height: u32, ink: &[(u32, u32)]) -> Image {
    let mut image = Image::blank(width, height);
    for (x, y) in ink {
        image.ink(*x, *y);
    }
    image
}

/// What a printer makes of the bands, to the last row; and no command that is obeyed at once may stand in them.
fn decoded(pieces: &[Vec<u8>], stride: usize) -> Vec<u8> {
    let mut rows = Vec::new();
    for piece in pieces {
        let Some(band) = piece.strip_prefix(b"\x1dv0\0") else {
            continue;
        };
        assert_eq!(usize::from(u16::from_le_bytes([band[0], band[1]])), stride);
        let height = usize::from(u16::from_le_bytes([band[2], band[3]]));
        assert_eq!(band.len(), 4 + stride * height);
        assert!(band.len() <= 4200, "a band is bounded");
        for pair in band[4..].windows(2) {
            assert!(
                !(pair[0] == 0x10 && matches!(pair[1], 0x04 | 0x05 | 0x14)),
                "obeyed at once"
            );
        }
        rows.extend_from_slice(&band[4..]);
    }
    rows
}

#[test]
fn commands_are_whole() {
    let pieces = escpos::raster(&image(16, 2, &[(0, 0), (15, 1)]), Cut::Partial);
    let shown: Vec<String> = pieces.iter().map(|piece| piece.escape_ascii().to_string()).collect();
    expect![[r#"
        \x1b@\x1da\xff
        \x1dv0\x00\x02\x00\x02\x00\x80\x00\x00\x01
        \x1dVB\x00\x1dr1"#]]
    .assert_eq(&shown.join("\n"));
    assert_eq!(escpos::ending(Cut::Full), b"\x1dVA\0\x1dr1");
    assert_eq!(escpos::ending(Cut::None), b"\x1bd\x05\x1dr1");
    assert_eq!(escpos::pulse(Pin::Pin2), [0x1b, b'p', 0, 50, 100]);
}

#[test]
fn code_pages_refuse_what_they_lack() {
    assert_eq!(
        CodePage::Pc866.encode("Ўрин №7"),
        Ok(b"\xf6\xe0\xa8\xad \xfc7".to_vec())
    );
    assert_eq!(CodePage::Wpc1251.encode("Ўзбек"), Ok(b"\xa1\xe7\xe1\xe5\xea".to_vec()));
    assert_eq!(CodePage::Pc437.encode("é½"), Ok(b"\x82\xab".to_vec()));
    for (page, letter) in [
        (CodePage::Pc866, 'Қ'),
        (CodePage::Pc866, 'ʻ'),
        (CodePage::Wpc1251, 'ҳ'),
        (CodePage::Pc437, 'Ж'),
        (CodePage::Pc437, '\u{1b}'),
    ] {
        assert_eq!(page.encode(&letter.to_string()), Err(UnmappableLetter { page, letter }));
    }
}

/// The first blocks of a ticket, in text.
fn in_text(blocks: usize) -> Result<Vec<Vec<u8>>, UnmappableLetter> {
    let mut sheet = sheets::ticket();
    sheet.blocks.truncate(blocks);
    let imprint = Imprint {
        sheet: &sheet,
        print: sheets::print(),
        edition: Edition::Copy,
    };
    let text = TextMode {
        page: CodePage::Pc866,
        number: 17,
        columns: 32,
    };
    text::sheet(&imprint, text, Cut::Full)
}

#[test]
fn a_ticket_in_text_mode() {
    let letter = '–';
    assert_eq!(
        in_text(6),
        Err(UnmappableLetter {
            page: CodePage::Pc866,
            letter
        })
    );
    let pieces = in_text(5).expect("in the page");
    let shown: Vec<String> = pieces
        .concat()
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.escape_ascii().to_string())
        .collect();
    expect![[r#"
        \x1b@\x1da\xff\x1bt\x11\x1ba\x01\x1d!\x00Chilonzor filiali\n
        \x1ba\x01\x1d!\x11\x8a\xa0\xe1\xe1\xa0\xa3\xa0 \xad\xa0\xa2\xa1\xa0\xe2\n
        \x1ba\x01\x1d!3K-001\n
        \x1ba\x00\x1d!\x0020.11.2026                 14:05\n
        \x1ba\x00\x1d!\x00\x8e\xab\xa4\xa8\xad\xa3\xa8\xa7\xa4\xa0               12 \xaa\xa8\xe8\xa8\n
        \x1ba\x00\x1d!\x00--------------------------------\n
        \x1ba\x01\x1d!\x00NUSXA \xfa \x8a\x8e\x8f\x88\x9f \xfa COPY\n
        \x1ba\x01\x1d!\x0001a1f82f-1e80-7707-8707-070707070707\n
        \x1dVA\x00\x1dr1"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_label_says_each_row_once() {
    let label = zpl::label(&image(24, 4, &[(0, 1), (0, 2), (23, 3)]));
    expect![[r#"
        ^XA^PW24^LL4^LH0,0^FO0,0^GFA,12,12,3,,80,:000001^FS^PQ1^XZ
    "#]]
    .assert_eq(&String::from_utf8_lossy(&label));
}

#[test]
fn a_page_is_as_large_as_it_says() {
    let page = pwg::PwgPage {
        name: "iso_a6_105x148mm",
        width: 40,
        height: 30,
        margin: 2,
        dpi: 300,
    };
    let document = pwg::document(&image(36, 60, &[(0, 0), (35, 30)]), &page);
    let mut rest = document.strip_prefix(b"RaS2").expect("the sync word");
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (header, body) = rest.split_at(1796);
        let number = |place: usize| u32::from_be_bytes(header[place..place + 4].try_into().expect("four"));
        assert_eq!((number(372), number(376), number(392), number(452)), (40, 30, 40, 3));
        let (dots, after) = unpacked(body, 40, 30);
        pages.push(dots);
        rest = after;
    }
    // Three pages of 26 usable rows each.
    let black: Vec<(usize, usize, usize)> = (0..pages.len())
        .flat_map(|page| (0..pages[page].len()).map(move |place| (page, place)))
        .filter(|(page, place)| pages[*page][*place] == 0)
        .map(|(page, place)| (page, place % 40, place / 40))
        .collect();
    assert_eq!(black, [(0, 2, 2), (1, 37, 6)]);
}

/// One page's dots, and what comes after it (PWG 5102.4 §4.4).
fn unpacked(mut body: &[u8], width: usize, height: usize) -> (Vec<u8>, &[u8]) {
    let mut dots = Vec::new();
    while dots.len() < width * height {
        let times = usize::from(body[0]) + 1;
        body = &body[1..];
        let mut line = Vec::new();
        while line.len() < width {
            assert!(body[0] < 128, "runs only");
            line.extend(std::iter::repeat_n(body[1], usize::from(body[0]) + 1));
            body = &body[2..];
        }
        assert_eq!(line.len(), width);
        for _ in 0..times {
            dots.extend_from_slice(&line);
        }
    }
    assert_eq!(dots.len(), width * height);
    (dots, body)
}

#[test]
fn ipp_requests_say_what_they_are() {
    let uri = "ipp://h/ipp/print".to_owned().into();
    let request = ipp::get_print(&uri, 7);
    expect![[r#"\x02\x00\x00\t\x00\x00\x00\x01\x01G\x00\x12attributes-charset\x00\x05utf-8H\x00\x1battributes-natural-language\x00\x02enE\x00\x0bprinter-uri\x00\x11ipp://h/ipp/print!\x00\x06job-id\x00\x04\x00\x00\x00\x07B\x00\x14requesting-user-name\x00\x06ostonaD\x00\x14requested-attributes\x00\tjob-stateD\x00\x00\x00\x11job-state-reasons\x03"#]].assert_eq(&request.escape_ascii().to_string());
    let print = ipp::print(&uri, sheets::print(), "iso_a4_210x297mm");
    assert_eq!(print[..8], [2, 0, 0, 2, 0, 0, 0, 1]);
    assert_eq!(print.last(), Some(&3));
    let shown = print.escape_ascii().to_string();
    for text in ["image/pwg-raster", "iso_a4_210x297mm", "monochrome", "ostona"] {
        assert!(shown.contains(text), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The bands hold the image and nothing else, but for dots that keep them from being commands.
    #[test]
    fn bands_hold_the_image(width in 1_u32..600, height in 0_u32..200, bytes in prop::collection::vec(any::<u8>(), 64)) {
        let mut image = Image::blank(width, height);
        for y in 0..height {
            for x in 0..width {
                let byte = bytes[((x / 8 + 7 * y) % 64) as usize];
                if byte & (0x80 >> (x % 8)) != 0 {
                    image.ink(x, y);
                }
            }
        }
        let rows = decoded(&escpos::raster(&image, Cut::None), image.stride());
        prop_assert_eq!(rows.len(), image.bits().len());
        for (sent, drawn) in rows.iter().zip(image.bits()) {
            prop_assert!(sent == drawn || *sent == drawn | 0x02);
        }
    }
}
