//! What the arguments of an action are: their names, whether they must be there, and what each may be, as JSON.
//!
//! For whoever describes an action to people or programs. What is read is read by the types themselves, and nothing here
//! makes them take more or less.

use super::{PrintOrder, Urgency};
use crate::{
    fact::{Door, ServiceAvailability},
    id::{PrintId, ServiceId, TicketId},
    lang::{Lang, Names},
    print::Sheet,
};

/// One argument of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentSpec {
    /// Its name.
    pub name: &'static str,
    /// What it says, for people.
    pub summary: &'static str,
    /// Whether it must be there.
    pub presence: Presence,
    /// What it may be.
    pub shape: ArgumentShape,
}

/// Whether an argument must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
}

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentShape {
    /// A text of so many characters at most.
    Text(usize),
    /// A text that matches this expression.
    Pattern(&'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A UUID.
    Uuid,
    /// A whole number, ends included.
    Number {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// Yes or no.
    Flag,
    /// Something with a shape of its own: texts by language, a sheet to print.
    Object,
}

/// A type of arguments.
pub(super) trait Argument {
    /// What its values may be.
    const SHAPE: ArgumentShape;
}

/// Arguments that several actions have in common.
pub(super) trait Arguments {
    /// Each of them.
    const ARGUMENTS: &'static [ArgumentSpec];
}

macro_rules! shapes {
    ($($type:ty => $shape:expr;)*) => {
        $(impl Argument for $type {
            const SHAPE: ArgumentShape = $shape;
        })*
    };
}

shapes! {
    Door => ArgumentShape::Number { least: 1, most: 64 };
    TicketId => ArgumentShape::Uuid;
    PrintId => ArgumentShape::Uuid;
    ServiceId => ArgumentShape::Pattern("^[a-z0-9][a-z0-9-]{0,62}$");
    Lang => ArgumentShape::Words(&["uz-Latn", "uz-Cyrl", "ru", "en"]);
    ServiceAvailability => ArgumentShape::Words(&["by_hours", "open", "closed"]);
    Urgency => ArgumentShape::Words(&["notice", "emergency"]);
    Names => ArgumentShape::Object;
    Sheet => ArgumentShape::Object;
    bool => ArgumentShape::Flag;
}

impl Arguments for PrintOrder {
    const ARGUMENTS: &'static [ArgumentSpec] = &[
        ArgumentSpec {
            name: "print",
            summary: "Which print; the same again is the same print.",
            presence: Presence::Required,
            shape: PrintId::SHAPE,
        },
        ArgumentSpec {
            name: "sheet",
            summary: "The sheet: its `kind`, and its `blocks` from top to bottom.",
            presence: Presence::Required,
            shape: Sheet::SHAPE,
        },
        ArgumentSpec {
            name: "copy",
            summary: "Marks it as a copy of one that was printed, or may have been.",
            presence: Presence::Optional,
            shape: bool::SHAPE,
        },
    ];
}

/// Whether an argument with this `#[serde(..)]` must be there.
pub(super) const fn presence(serde: &str) -> Presence {
    match serde.as_bytes() {
        [b'd', b'e', b'f', b'a', b'u', b'l', b't', ..] => Presence::Optional,
        _ => Presence::Required,
    }
}
