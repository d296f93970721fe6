//! Ink: a laid-out sheet becomes black and white dots, eight to a byte.
//!
//! Letters are rasterised once and kept. Nothing is ever drawn outside the image.

use crate::{
    faces::{Faces, FontStyle},
    layout::{LaidOutSheet, LayoutItem},
};
use std::{collections::HashMap, sync::Arc};

/// Letters kept; beyond this all are forgotten.
const KEPT: usize = 4_000;
/// Share of a dot that a letter must cover to make it black.
const INKED: f32 = 0.45;

/// An image of one bit per dot: 1 is black, the leftmost dot is the highest bit, rows end at whole bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    width: u32,
    height: u32,
    bits: Vec<u8>,
}

impl Image {
    /// White.
    pub(crate) fn blank(width: u32, height: u32) -> Self {
        let bytes = u64::from(width.div_ceil(8)) * u64::from(height);
        Self {
            width,
            height,
            bits: vec![0; usize::try_from(bytes).unwrap_or(0)],
        }
    }

    /// Dots across.
    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of one row.
    pub(crate) fn stride(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// All rows.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// The rows, one by one.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bits.chunks(self.stride().max(1))
    }

    /// Makes a dot black; one that lies outside is nowhere.
    pub(crate) fn ink(&mut self, x: u32, y: u32) {
        if x >= self.width || y >= self.height {
            return;
        }
        let place = y as usize * self.stride() + x as usize / 8;
        if let Some(byte) = self.bits.get_mut(place) {
            *byte |= 0x80 >> (x % 8);
        }
    }

    fn bar(&mut self, x: u32, y: u32, width: u32, height: u32) {
        for row in y..y.saturating_add(height).min(self.height) {
            for column in x..x.saturating_add(width).min(self.width) {
                self.ink(column, row);
            }
        }
    }
}

/// Draws sheets.
#[derive(Debug)]
pub(crate) struct Rasterizer {
    faces: Arc<Faces>,
    letters: HashMap<(FontStyle, char), Vec<(i32, i32)>>,
}

impl Rasterizer {
    pub(crate) fn new(faces: Arc<Faces>) -> Self {
        Self {
            faces,
            letters: HashMap::new(),
        }
    }

    /// Draws a sheet.
    pub(crate) fn draw(&mut self, laid: &LaidOutSheet) -> Image {
        let mut image = Image::blank(laid.width, laid.height);
        for item in &laid.items {
            match item {
                LayoutItem::Text { x, base, letters, text } => self.write(&mut image, (*x, *base), *letters, text),
                LayoutItem::Bar { x, y, width, height } => image.bar(*x, *y, *width, *height),
                LayoutItem::Code { x, y, dots, code } => {
                    for (column, row) in code.dark() {
                        image.bar(x + column * dots, y + row * dots, *dots, *dots);
                    }
                }
            }
        }
        image
    }

    fn write(&mut self, image: &mut Image, (x, base): (u32, u32), letters: FontStyle, text: &str) {
        let (places, _) = self.faces.advances(letters, text);
        for (letter, offset) in places {
            let (left, line) = (i64::from(x + offset), i64::from(base));
            for (right, down) in self.dots_of(letters, letter) {
                let place = (left + i64::from(*right), line + i64::from(*down));
                if let (Ok(x), Ok(y)) = (u32::try_from(place.0), u32::try_from(place.1)) {
                    image.ink(x, y);
                }
            }
        }
    }

    /// The black dots of a letter, from where it stands on its line.
    fn dots_of(&mut self, letters: FontStyle, letter: char) -> &[(i32, i32)] {
        if self.letters.len() > KEPT {
            self.letters.clear();
        }
        let faces = &self.faces;
        self.letters.entry((letters, letter)).or_insert_with(|| {
            let mut dots = Vec::new();
            if let Some(outline) = faces.outline(letters, letter) {
                let corner = outline.px_bounds().min;
                let (left, top) = (corner.x.floor() as i32, corner.y.floor() as i32);
                outline.draw(|x, y, cover| {
                    if cover >= INKED {
                        dots.push((left.saturating_add_unsigned(x), top.saturating_add_unsigned(y)));
                    }
                });
            }
            dots
        })
    }
}
