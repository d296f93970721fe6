//! The device's users brought in line with the settings: only what differs is written, whoever is not wanted is removed.
//!
//! A slot is the device's own number and is kept; administrators are nobody's to remove. Never a name in a log.

use super::{log_cursor, session::ZkSession, session_setup};
use crate::{
    settings::{Settings, TerminalPerson},
    wire::{
        frame::code,
        user::{UserRecordLayout, ZkUser},
    },
};
use adapter_sdk::DriverError;
use std::collections::{BTreeMap, BTreeSet};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyncResult {
    /// The device knows whom it must know.
    InLine,
    /// It refused somebody, or its layout has no room for them.
    Refused,
}

/// Brings them in line; does nothing where the settings hold no people.
pub(super) async fn sync(session: &mut ZkSession, settings: &Settings) -> Result<SyncResult, DriverError> {
    let Some(wanted) = &settings.people else {
        return Ok(SyncResult::InLine);
    };
    let sizes = session_setup::sizes(session).await?;
    let (layout, known) = log_cursor::read_users(session, sizes.users).await?;
    let mut by_person: BTreeMap<&str, &ZkUser> = known.iter().map(|user| (user.person.as_str(), user)).collect();
    let mut taken: BTreeSet<u16> = known.iter().map(|user| user.slot).collect();
    let mut plan = Vec::new();
    let mut synced = SyncResult::InLine;
    for member in wanted {
        let there = by_person.remove(member.person.as_str());
        let Some(user) = user(settings, layout, member, there, &mut taken) else {
            synced = SyncResult::Refused;
            continue;
        };
        if there != Some(&user) {
            match layout.write(&user) {
                Some(body) => plan.push((code::USER_WRITE, body)),
                None => synced = SyncResult::Refused,
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
            synced = SyncResult::Refused;
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
    layout: UserRecordLayout,
    member: &TerminalPerson,
    there: Option<&ZkUser>,
    taken: &mut BTreeSet<u16>,
) -> Option<ZkUser> {
    if member.pin.len() > layout.pin()
        || layout == UserRecordLayout::Short && member.person.as_str().parse::<u32>().is_err()
    {
        return None;
    }
    let slot = match there {
        Some(user) => user.slot,
        None => (1..u16::MAX).find(|slot| !taken.contains(slot))?,
    };
    taken.insert(slot);
    Some(ZkUser {
        slot,
        rights: there.map_or(0, |user| user.rights),
        pin: member.pin.as_bytes().to_vec().into(),
        name: name(settings, layout, member.name.as_str()),
        card: member.card,
        person: member.person.clone(),
    })
}

/// A name in the device's code page, cut between characters; what the page lacks becomes `?`.
fn name(settings: &Settings, layout: UserRecordLayout, name: &str) -> Vec<u8> {
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
