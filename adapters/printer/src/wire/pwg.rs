//! PWG raster: pages that every driverless printer takes (PWG 5102.4, required by IPP Everywhere), eight-bit grey.
//!
//! A sheet longer than the page goes on on the next one; nothing is scaled.

use crate::raster::Image;

/// A page of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PwgPage {
    /// The name of its size (PWG 5101.1).
    pub(crate) name: &'static str,
    /// Dots.
    pub(crate) width: u32,
    /// Dots.
    pub(crate) height: u32,
    /// Dots on each side where printers cannot print.
    pub(crate) margin: u32,
    /// Dots per inch.
    pub(crate) dpi: u32,
}

/// Bytes of a page's header.
const HEADER: usize = 1796;
const WHITE: u8 = 255;

/// A document of as many pages as the image is long.
pub(crate) fn document(image: &Image, page: &PwgPage) -> Vec<u8> {
    let usable = page.height.saturating_sub(2 * page.margin).max(1);
    let pages = image.height().div_ceil(usable).max(1);
    let mut document = b"RaS2".to_vec();
    for number in 0..pages {
        document.extend_from_slice(&header(page, pages));
        let mut lines = LineEncoder::new(&mut document);
        let blank = run(WHITE, page.width);
        lines.put(&blank, page.margin);
        let rows = image.rows().skip((number * usable) as usize).take(usable as usize);
        let mut written = page.margin;
        for row in rows {
            lines.put(&line(row, image.width(), page), 1);
            written += 1;
        }
        lines.put(&blank, page.height.saturating_sub(written));
        lines.end();
    }
    document
}

/// Groups equal lines: each group is a count and one line.
struct LineEncoder<'a> {
    out: &'a mut Vec<u8>,
    line: Vec<u8>,
    times: u32,
}

impl<'a> LineEncoder<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            line: Vec::new(),
            times: 0,
        }
    }

    fn put(&mut self, line: &[u8], times: u32) {
        if self.line != line {
            self.end();
            line.clone_into(&mut self.line);
        }
        self.times += times;
    }

    fn end(&mut self) {
        while self.times > 0 {
            let times = self.times.min(256);
            self.out.push(u8::try_from(times - 1).unwrap_or(u8::MAX));
            self.out.extend_from_slice(&self.line);
            self.times -= times;
        }
    }
}

/// One line, compressed: runs of one colour. The image stands in the middle of the page.
fn line(row: &[u8], width: u32, page: &PwgPage) -> Vec<u8> {
    let width = width.min(page.width);
    let left = (page.width - width) / 2;
    let mut line = Vec::new();
    let (mut colour, mut length) = (WHITE, left);
    for x in 0..width {
        let black = row
            .get(x as usize / 8)
            .is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0);
        let next = if black { 0 } else { WHITE };
        if next != colour {
            line.extend(run(colour, length));
            (colour, length) = (next, 0);
        }
        length += 1;
    }
    let right = page.width - width - left;
    if colour != WHITE {
        line.extend(run(colour, length));
        length = 0;
    }
    line.extend(run(WHITE, length + right));
    line
}

/// So many dots of one colour.
fn run(colour: u8, mut length: u32) -> Vec<u8> {
    let mut run = Vec::new();
    while length > 0 {
        let some = length.min(128);
        run.extend_from_slice(&[u8::try_from(some - 1).unwrap_or(127), colour]);
        length -= some;
    }
    run
}

fn header(page: &PwgPage, pages: u32) -> Vec<u8> {
    let mut header = vec![0; HEADER];
    let mut text = |place: usize, text: &str| fill(&mut header, place, text.as_bytes());
    text(0, "PwgRaster");
    text(128, "stationery");
    text(1732, page.name);
    let points = |dots: u32| (dots * 72).div_ceil(page.dpi.max(1));
    let numbers = [
        (276, page.dpi),
        (280, page.dpi),
        // One copy, at most: the printer makes none of its own.
        (340, 1),
        (352, points(page.width)),
        (356, points(page.height)),
        (372, page.width),
        (376, page.height),
        // Eight bits of grey (sGray, 18), one colour, chunky.
        (384, 8),
        (388, 8),
        (392, page.width),
        (400, 18),
        (420, 1),
        (452, pages),
        (456, 1),
        (460, 1),
        (472, page.width),
        (476, page.height),
        (480, 0x00FF_FFFF),
    ];
    for (place, number) in numbers {
        fill(&mut header, place, &number.to_be_bytes());
    }
    header
}

fn fill(header: &mut [u8], place: usize, bytes: &[u8]) {
    for (slot, byte) in header.iter_mut().skip(place).zip(bytes) {
        *slot = *byte;
    }
}
