//! What is asked of a terminal, as the lines it fetches: `C:<number>:<verb …>`.
//!
//! A verb is one of these and nothing else. The protocol also has `Shell`, which runs anything as root on the device: no
//! value of [`Order`] is it, and no field can smuggle it in, because a field never holds a line break or a tab.

use super::settings::Settings;
use std::fmt::Write as _;

/// Longest name sent, bytes.
const NAME: usize = 24;

/// One thing asked of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Write somebody of the settings.
    WriteUser {
        /// The person's number.
        person: String,
        /// Whether the device knew them before: their rights are left as they are.
        standing: Standing,
    },
    /// Remove somebody.
    DeleteUser {
        /// The person's number.
        person: String,
    },
    /// Tell every user; the answer comes as operation log.
    ListUsers,
    /// Register again.
    Check,
    /// Tell what you are.
    Describe,
    /// Reboot.
    Reboot,
    /// Unlock the door.
    Unlock,
}

/// Whether the device knew somebody before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It did.
    Known,
    /// It did not.
    New,
}

impl Order {
    /// The line, with its end; `None` where the settings no longer hold the person.
    pub(super) fn line(&self, id: u32, settings: &Settings) -> Option<String> {
        let mut line = format!("C:{id}:");
        match self {
            Order::WriteUser { person, standing } => {
                let member = settings.member(person)?;
                let name = field(&member.name);
                write!(line, "DATA UPDATE USERINFO PIN={}", field(person)).ok()?;
                write!(line, "\tName={name}\tPasswd={}\tCard={}", *member.pin, member.card).ok()?;
                if *standing == Standing::New {
                    line.push_str("\tPrivilege=0");
                }
            }
            Order::DeleteUser { person } => write!(line, "DATA DELETE USERINFO PIN={}", field(person)).ok()?,
            Order::ListUsers => line.push_str("DATA QUERY USERINFO"),
            Order::Check => line.push_str("CHECK"),
            Order::Describe => line.push_str("INFO"),
            Order::Reboot => line.push_str("REBOOT"),
            Order::Unlock => line.push_str("AC_UNLOCK"),
        }
        line.push('\n');
        Some(line)
    }
}

/// A text as a field may hold it: cut between characters, without anything that ends a field or a line.
pub(super) fn field(text: &str) -> String {
    let mut field = String::new();
    for character in text.chars().filter(|character| !character.is_control()) {
        if field.len() + character.len_utf8() > NAME {
            break;
        }
        field.push(character);
    }
    field.trim().to_owned()
}
