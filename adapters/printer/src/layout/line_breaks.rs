//! Words to lines: broken between words, and within a word only where it alone is wider than the paper.
//!
//! No line is wider than asked for, except a single letter that is; no letter is lost.

use crate::faces::{Faces, FontStyle};

/// A text's lines.
pub(super) fn wrap(faces: &Faces, letters: FontStyle, text: &str, width: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in words(paragraph) {
            let longer = if line.is_empty() {
                word.clone()
            } else {
                format!("{line} {word}")
            };
            if faces.width(letters, &longer) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = broken(faces, letters, &word, width, &mut lines);
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// Puts out full lines of a word that is too wide; gives what is left of it.
fn broken(faces: &Faces, letters: FontStyle, word: &str, width: u32, lines: &mut Vec<String>) -> String {
    let mut line = String::new();
    for letter in word.chars() {
        line.push(letter);
        if line.chars().nth(1).is_some() && faces.width(letters, &line) > width {
            line.pop();
            lines.push(std::mem::replace(&mut line, letter.to_string()));
        }
    }
    line
}

/// The words of a paragraph, without letters that cannot be seen.
fn words(paragraph: &str) -> impl Iterator<Item = String> {
    paragraph
        .split(|letter: char| letter.is_whitespace() && letter != '\u{a0}')
        .map(|word| word.chars().filter(|letter| !letter.is_control()).collect::<String>())
        .filter(|word| !word.is_empty())
}
