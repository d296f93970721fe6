//! The icon set of the screens: line drawings on a square of 24, coloured by the text around them.
//!
//! An icon never stands alone: a word says the same beside it.

use maud::{Markup, PreEscaped, html};

/// Names and drawings. Services choose by name.
const ICONS: &[(&str, &str)] = &[
    ("ticket", "M4 7h16v3a2 2 0 0 0 0 4v3H4v-3a2 2 0 0 0 0-4zM14 7v10"),
    (
        "cash",
        "M3 6h18v12H3zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6 9v.01M18 15v.01",
    ),
    ("card", "M3 6h18v12H3zM3 10h18M6 15h4"),
    ("document", "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"),
    (
        "people",
        "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20c0-4 3-6 6-6s6 2 6 6M16 5.5a3 3 0 0 1 0 5.5M17 14.5c2.5.5 4 2.5 4 5.5",
    ),
    ("person", "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-5 4-7 8-7s8 2 8 7"),
    ("phone", "M7 2h10v20H7zM11 18.5h2"),
    (
        "car",
        "M4 16v-4l2-5h12l2 5v4zM4 16v2h3v-2M17 16v2h3v-2M7 13h.01M17 13h.01M5 10h14",
    ),
    ("home", "M4 11l8-7 8 7v9h-5v-6H9v6H4z"),
    (
        "health",
        "M12 20C5 15 3 12 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5C21 12 19 15 12 20z",
    ),
    (
        "percent",
        "M6 18L18 6M7.5 9a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM16.5 18a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
    ),
    ("exchange", "M4 9h14l-4-4M20 15H6l4 4"),
    (
        "question",
        "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17v.01",
    ),
    ("calendar", "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5M9 15l2 2 4-4"),
    ("clock", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 3"),
    ("bell", "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"),
    ("back", "M15 5l-7 7 7 7"),
    ("forward", "M9 5l7 7-7 7"),
    ("again", "M5 12a7 7 0 1 0 2-5M7 3v4h4"),
    ("down", "M12 4v14M6 12l6 6 6-6"),
    ("up", "M12 20V6M6 12l6-6 6 6"),
    ("erase", "M9 6h12v12H9l-6-6zM12 9.5l5 5M17 9.5l-5 5"),
    (
        "eye",
        "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
    ),
    ("printer", "M7 9V3h10v6M7 18H4V9h16v9h-3M7 14h10v7H7z"),
    ("warning", "M12 3l10 18H2zM12 10v5M12 18v.01"),
    ("done", "M4 12.5l5.5 5.5L20 7"),
    ("door", "M6 21V3h12v18M3 21h18M14.5 12v.01"),
];

/// A drawing by its name; a ticket where there is no such name.
pub fn named(name: &str) -> Markup {
    let found = ICONS.iter().find(|(known, _)| *known == name).or(ICONS.first());
    let path = found.map_or("", |(_, path)| path);
    html! {
        svg.icon aria-hidden="true" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
            stroke-linecap="round" stroke-linejoin="round" { path d=(PreEscaped(path)) {} }
    }
}
