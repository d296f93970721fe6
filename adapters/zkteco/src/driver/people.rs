//! The device's users brought in line with the settings: only what differs is written, whoever is not wanted is removed.
//!
//! A slot is the device's own number and is kept; administrators are nobody's to remove. Never a name in a log.

use super::{connect, log_cursor, session::Session};
use crate::{
    settings::{Member, Settings},
    wire::{
        frame::code,
        user::{Layout, User},
    },
};
use adapter_sdk::DriverError;
use std::collections::{BTreeMap, BTreeSet};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synced {
    /// The device knows whom it must know.
    InLine,
    /// It refused somebody, or its layout has no room for them.
    Refused,
}

/// Brings them in line; does nothing where the settings hold no people.
pub(super) async fn sync(session: &mut Session, settings: &Settings) -> Result<Synced, DriverError> {
    let Some(wanted) = &settings.people else {
        return Ok(Synced::InLine);
    };
    let sizes = connect::sizes(session).await?;
    let (layout, known) = log_cursor::read_users(session, sizes.users).await?;
    let mut by_person: BTreeMap<&str, &User> = known.iter().map(|user| (user.person.as_str(), user)).collect();
    let mut taken: BTreeSet<u16> = known.iter().map(|user| user.slot).collect();
    let mut plan = Vec::new();
    let mut synced = Synced::InLine;
    for member in wanted {
        let there = by_person.remove(member.person.as_str());
        let Some(user) = user(settings, layout, member, there, &mut taken) else {
            synced = Synced::Refused;
            continue;
        };
        if there != Some(&user) {
            match layout.write(&user) {
                Some(body) => plan.push((code::USER_WRITE, body)),
                None => synced = Synced::Refused,
            }
        }
    }
    let unwanted = by_person.values().filter(|user| user.rights == 0);
    plan.extend(unwanted.map(|user| (code::USER_DELETE, user.slot.to_le_bytes().to_vec())));
    if plan.is_empty() {
        return Ok(synced);
    }
    tracing::info!(changes = plan.len(), "bringing the device's people in line");
    for (command, body) in &plan {
        let answer = session.ask("bringing its people in line", *command, body).await?;
        if answer.code != code::OK {
            synced = Synced::Refused;
        }
    }
    session
        .tell("having it use what was written", code::REFRESH, &[])
        .await?;
    Ok(synced)
}

/// Somebody as the device must keep them; `None` where there is no room for them.
fn user(
    settings: &Settings,
    layout: Layout,
    member: &Member,
    there: Option<&User>,
    taken: &mut BTreeSet<u16>,
) -> Option<User> {
    if member.pin.len() > layout.pin() || layout == Layout::Short && member.person.parse::<u32>().is_err() {
        return None;
    }
    let slot = match there {
        Some(user) => user.slot,
        None => (1..u16::MAX).find(|slot| !taken.contains(slot))?,
    };
    taken.insert(slot);
    Some(User {
        slot,
        rights: there.map_or(0, |user| user.rights),
        pin: member.pin.as_bytes().to_vec().into(),
        name: name(settings, layout, &member.name),
        card: member.card,
        person: member.person.clone(),
    })
}

/// A name in the device's code page, cut between characters; what the page lacks becomes `?`.
fn name(settings: &Settings, layout: Layout, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in name.chars().filter(|character| !character.is_control()) {
        let mut text = [0; 4];
        let (encoded, _, lacking) = settings.code_page.encode(character.encode_utf8(&mut text));
        let encoded = if lacking { b"?".as_slice() } else { &encoded };
        if bytes.len() + encoded.len() > layout.name() {
            break;
        }
        bytes.extend_from_slice(encoded);
    }
    bytes
}
