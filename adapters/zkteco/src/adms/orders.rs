//! What is asked of a terminal, as the lines it fetches: `C:<number>:<verb …>`.
//!
//! A verb is one of these and nothing else. The protocol also has `Shell`, which runs anything as root on the device: no
//! value of [`AdmsOrder`] is it, and no field can smuggle it in, because a field never holds a line break or a tab.

use super::settings::Settings;
use protocol::text::PersonNumber;
use std::fmt::Write as _;

/// Longest name sent, bytes.
const NAME: usize = 24;

/// One thing asked of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AdmsOrder {
    /// Write somebody of the settings.
    WriteUser {
        /// The person's number.
        person: PersonNumber,
        /// Whether the device knew them before: their rights are left as they are.
        standing: UserStatus,
    },
    /// Remove somebody.
    DeleteUser {
        /// The person's number.
        person: PersonNumber,
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
pub(super) enum UserStatus {
    /// It did.
    Known,
    /// It did not.
    New,
}

impl AdmsOrder {
    /// The line, with its end; `None` where the settings no longer hold the person.
    pub(super) fn line(&self, id: u32, settings: &Settings) -> Option<String> {
        let mut line = format!("C:{id}:");
        match self {
            AdmsOrder::WriteUser { person, standing } => {
                let member = settings.member(person)?;
                let name = field(member.name.as_str());
                write!(line, "DATA UPDATE USERINFO PIN={}", field(person.as_str())).ok()?;
                write!(line, "\tName={name}\tPasswd={}\tCard={}", *member.pin, member.card).ok()?;
                if *standing == UserStatus::New {
                    line.push_str("\tPrivilege=0");
                }
            }
            AdmsOrder::DeleteUser { person } => {
                write!(line, "DATA DELETE USERINFO PIN={}", field(person.as_str())).ok()?
            }
            AdmsOrder::ListUsers => line.push_str("DATA QUERY USERINFO"),
            AdmsOrder::Check => line.push_str("CHECK"),
            AdmsOrder::Describe => line.push_str("INFO"),
            AdmsOrder::Reboot => line.push_str("REBOOT"),
            AdmsOrder::Unlock => line.push_str("AC_UNLOCK"),
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
