//! What a reader shows when something was decided.
//!
//! A reader without a light or a buzzer is not asked to use it.

use super::wire::{
    command::{Beep, Colour, Light, OsdpCommand},
    reply::ReaderCapability,
};
use crate::reader::Indication;

/// Abilities by their function (SIA OSDP 2.2 Annex B).
const LIGHT: u8 = 4;
const BUZZER: u8 = 5;

/// What says it: green and one beep, or red, blinking, and three.
pub(super) fn commands(indication: Indication, abilities: &[ReaderCapability]) -> Vec<OsdpCommand> {
    let (light, beep) = match indication {
        Indication::Granted => (
            Light {
                colour: Colour::Green,
                tenths: 20,
                blink: (20, 0),
            },
            Beep {
                rhythm: (2, 1),
                times: 1,
            },
        ),
        Indication::Denied => (
            Light {
                colour: Colour::Red,
                tenths: 20,
                blink: (2, 2),
            },
            Beep {
                rhythm: (1, 1),
                times: 3,
            },
        ),
    };
    let can = |function| {
        abilities
            .iter()
            .any(|ability| ability.function == function && ability.level > 0)
    };
    let shown = [
        can(LIGHT).then_some(OsdpCommand::Light(light)),
        can(BUZZER).then_some(OsdpCommand::Beep(beep)),
    ];
    shown.into_iter().flatten().collect()
}
