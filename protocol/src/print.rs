//! What is printed: a sheet, described once, laid out by the printer's adapter whatever language the printer speaks.
//!
//! A sheet may carry a person's name: it is shown by no `Debug` and stands in no event.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetKind {
    /// A queue ticket.
    Ticket,
    /// A visitor's badge.
    Badge,
    /// A report on a few lines: totals of a day, the list of who is in the house.
    Report,
    /// A test page.
    Test,
}

/// One sheet: blocks from top to bottom. At most [`Sheet::BLOCKS`] blocks of at most [`Sheet::TEXT`] bytes of text each.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// What kind of sheet.
    pub kind: SheetKind,
    /// From top to bottom.
    pub blocks: Vec<Block>,
}

impl Sheet {
    /// Blocks at most.
    pub const BLOCKS: usize = 256;
    /// Bytes of one block's text at most.
    pub const TEXT: usize = 1024;

    /// Whether it is within the limits.
    pub fn is_within_limits(&self) -> bool {
        let fits = |text: &str| text.len() <= Self::TEXT;
        self.blocks.len() <= Self::BLOCKS
            && self.blocks.iter().all(|block| match block {
                Block::Line { text, .. } | Block::Number { text } | Block::Qr { text } => fits(text),
                Block::Pair { left, right } => fits(left) && fits(right),
                Block::Rule | Block::Space => true,
            })
    }
}

/// Without the blocks: they may hold a name or a token.
impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sheet")
            .field("kind", &self.kind)
            .field("blocks", &self.blocks.len())
            .finish()
    }
}

/// One block of a sheet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// Text of any script, wrapped at words to the paper's width.
    Line {
        /// The text.
        text: String,
        /// How large.
        #[serde(default)]
        size: Size,
        /// Where.
        #[serde(default)]
        align: Align,
    },
    /// Two texts on one line: one at the left, one at the right; a value that does not fit goes to the next line.
    Pair {
        /// At the left.
        left: String,
        /// At the right.
        right: String,
    },
    /// A ticket's number: as wide as the paper allows, at least 12 mm high.
    Number {
        /// The number, e.g. `K-001`.
        text: String,
    },
    /// A QR code, error correction M, quiet zone of four modules.
    Qr {
        /// What it holds.
        text: String,
    },
    /// A line across.
    Rule,
    /// A little empty space.
    Space,
}

/// Without the text: it may be a name or a token.
impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Block::Line { .. } => "Line",
            Block::Pair { .. } => "Pair",
            Block::Number { .. } => "Number",
            Block::Qr { .. } => "Qr",
            Block::Rule => "Rule",
            Block::Space => "Space",
        })
    }
}

/// Size of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// For reading: about 3 mm high capitals.
    #[default]
    Body,
    /// For what is read seldom: about 2 mm.
    Small,
    /// For what is read first: about 5 mm, bold.
    Title,
}

/// Where text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Middle,
    /// At the right.
    Right,
}
