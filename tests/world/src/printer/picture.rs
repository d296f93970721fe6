//! Dots on paper, and files that other software looks at.
//!
//! It draws nothing by itself: what is not in the bytes is not on the paper.

use anyhow::Context as _;
use std::path::Path;

/// White above and beside what is printed: what is looked at has edges.
const EDGE: usize = 16;

/// Rows of dots, one byte each: 1 is black.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    rows: Vec<Vec<u8>>,
}

impl Picture {
    /// Paper of so many dots across, nothing of it fed yet.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            rows: Vec::new(),
        }
    }

    /// Out of rows of one bit per dot, the highest one leftmost.
    pub fn from_bits(width: usize, stride: usize, bits: &[u8]) -> Self {
        let mut picture = Self::new(width);
        for row in bits.chunks(stride.max(1)) {
            picture.push_bits(row, 0);
        }
        picture
    }

    /// Out of rows of one byte of grey per dot.
    pub fn from_grey(width: usize, grey: &[u8]) -> Self {
        let rows = grey.chunks(width.max(1));
        Self {
            width,
            rows: rows
                .map(|row| row.iter().map(|dot| u8::from(*dot < 128)).collect())
                .collect(),
        }
    }

    /// Dots across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// How many dots are black.
    pub fn ink(&self) -> usize {
        self.rows.iter().flatten().filter(|dot| **dot == 1).count()
    }

    /// Whether it ends with exactly these rows.
    pub fn ends_with(&self, rows: &Picture) -> bool {
        self.rows.ends_with(&rows.rows)
    }

    pub(super) fn push_blank(&mut self, rows: usize) {
        self.rows.extend(std::iter::repeat_n(vec![0; self.width], rows));
    }

    pub(super) fn push_bits(&mut self, bits: &[u8], left: usize) {
        let mut row = vec![0; self.width];
        let dots = bits
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| (byte >> (7 - bit)) & 1));
        for (slot, dot) in row.iter_mut().skip(left).zip(dots) {
            *slot = dot;
        }
        self.rows.push(row);
    }

    /// A portable bitmap (PBM, `P4`), with white edges, each dot twice as large: readers of text want some pixels.
    pub fn pbm(&self) -> Vec<u8> {
        let (width, height) = (2 * (self.width + 2 * EDGE), 2 * (self.rows.len() + 2 * EDGE));
        let mut file = format!("P4\n{width} {height}\n").into_bytes();
        for y in 0..height {
            let row = (y / 2).checked_sub(EDGE).and_then(|y| self.rows.get(y));
            for byte in 0..width.div_ceil(8) {
                let dot = |bit: usize| {
                    let x = ((byte * 8 + bit) / 2).checked_sub(EDGE)?;
                    row?.get(x).copied()
                };
                file.push((0..8).fold(0, |byte, bit| byte << 1 | dot(bit).unwrap_or(0)));
            }
        }
        file
    }

    /// Writes it where somebody can look at it.
    pub fn save(&self, file: &Path) -> anyhow::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        std::fs::write(file, self.pbm()).with_context(|| format!("writing {}", file.display()))
    }
}
