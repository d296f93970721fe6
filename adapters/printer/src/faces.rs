//! The typeface every sheet is set in: DejaVu Sans Condensed, regular and bold, embedded.
//!
//! It covers Latin, Greek and Cyrillic with every letter of Uzbek, and shapes nothing: a script that needs shaping, or a
//! letter that it lacks, comes out as a box, never as another letter.

use ab_glyph::{Font as _, FontRef, InvalidFont, OutlinedGlyph, PxScale, ScaleFont as _};

const REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSansCondensed.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSansCondensed-Bold.ttf");

/// Height of a capital, thousandths of the em.
const CAPITAL: u32 = 729;

/// Thick or thin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FontStyle {
    pub(crate) weight: Weight,
    /// Size of the em, dots.
    pub(crate) em: u32,
    /// Width, thousandths of the usual one.
    pub(crate) stretch: u32,
}

impl FontStyle {
    /// Letters whose capitals are `capital` dots high.
    pub(crate) fn with_capitals(weight: Weight, capital: u32) -> Self {
        Self {
            weight,
            em: (capital * 1000).div_ceil(CAPITAL),
            stretch: 1000,
        }
    }

    /// Height of a capital, dots.
    pub(crate) fn capital(self) -> u32 {
        self.em * CAPITAL / 1000
    }

    /// What hangs below the line, dots.
    pub(crate) fn below(self) -> u32 {
        (self.em * 240).div_ceil(1000)
    }
}

/// Both weights, parsed.
#[derive(Debug)]
pub(crate) struct Faces {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Faces {
    /// Parses what is embedded.
    pub(crate) fn load() -> Result<Self, InvalidFont> {
        Ok(Self {
            regular: FontRef::try_from_slice(REGULAR)?,
            bold: FontRef::try_from_slice(BOLD)?,
        })
    }

    /// Where each letter of a text stands, dots from its beginning, and how long the text is.
    pub(crate) fn advances(&self, letters: FontStyle, text: &str) -> (Vec<(char, u32)>, u32) {
        let font = self.of(letters.weight);
        let scaled = font.as_scaled(self.scale(letters));
        let mut places = Vec::with_capacity(text.len());
        let mut pen = 0.0_f32;
        let mut before = None;
        for letter in text.chars() {
            let glyph = font.glyph_id(letter);
            if let Some(before) = before {
                pen += scaled.kern(before, glyph);
            }
            places.push((letter, dots(pen.round())));
            pen += scaled.h_advance(glyph);
            before = Some(glyph);
        }
        (places, dots(pen.ceil()))
    }

    /// How long a text is, dots.
    pub(crate) fn width(&self, letters: FontStyle, text: &str) -> u32 {
        self.advances(letters, text).1
    }

    /// The outline of a letter; none for a space.
    pub(crate) fn outline(&self, letters: FontStyle, letter: char) -> Option<OutlinedGlyph> {
        let font = self.of(letters.weight);
        font.outline_glyph(font.glyph_id(letter).with_scale(self.scale(letters)))
    }

    fn of(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// The library measures from ascender to descender, typesetters by the em.
    fn scale(&self, letters: FontStyle) -> PxScale {
        let font = self.of(letters.weight);
        let per_em = font.height_unscaled() / font.units_per_em().unwrap_or(2048.0);
        let y = letters.em as f32 * per_em;
        let x = y * letters.stretch as f32 / 1000.0;
        PxScale { x, y }
    }
}

/// Whole dots; negative ones are none.
fn dots(pen: f32) -> u32 {
    // `as` saturates, and nothing here is near its ends.
    pen.max(0.0) as u32
}
