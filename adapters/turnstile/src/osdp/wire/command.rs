//! What the panel asks of a reader (SIA OSDP 2.2 §6).

use crate::osdp::key::BaseKey;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OsdpCommand {
    /// `osdp_POLL`: what happened?
    Poll,
    /// `osdp_ID`: who are you?
    Identify,
    /// `osdp_CAP`: what can you do?
    Abilities,
    /// `osdp_LSTAT`: tampered with, or short of power?
    LocalStatus,
    /// `osdp_OUT`: this output, counted from 0, on or off.
    Output(u8, Switch),
    /// `osdp_LED`: a light for a while.
    Light(Light),
    /// `osdp_BUZ`: beeps.
    Beep(Beep),
    /// `osdp_KEYSET`: your own key from now on.
    SetKey(BaseKey),
    /// `osdp_CHLNG`: our nonce.
    Challenge([u8; 8]),
    /// `osdp_SCRYPT`: our cryptogram.
    Proof([u8; 16]),
}

/// What an output does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    /// On, and off by the reader's own timer.
    On {
        /// How long, tenths of a second.
        tenths: u16,
    },
    /// Off.
    Off,
}

/// A light for a while; then it is again as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Light {
    /// Its colour.
    pub(crate) colour: Colour,
    /// How long in all, tenths of a second.
    pub(crate) tenths: u16,
    /// On and off within that, tenths of a second; off 0: it does not blink.
    pub(crate) blink: (u8, u8),
}

/// Colour of a light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// 1.
    Red,
    /// 2.
    Green,
}

/// Beeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beep {
    /// On and off, tenths of a second.
    pub(crate) rhythm: (u8, u8),
    /// How many.
    pub(crate) times: u8,
}

impl OsdpCommand {
    /// Its code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            OsdpCommand::Poll => 0x60,
            OsdpCommand::Identify => 0x61,
            OsdpCommand::Abilities => 0x62,
            OsdpCommand::LocalStatus => 0x64,
            OsdpCommand::Output(..) => 0x68,
            OsdpCommand::Light(_) => 0x69,
            OsdpCommand::Beep(_) => 0x6A,
            OsdpCommand::SetKey(_) => 0x75,
            OsdpCommand::Challenge(_) => 0x76,
            OsdpCommand::Proof(_) => 0x77,
        }
    }

    /// What belongs to it. Lights and buzzers are those of the first reader head, number 0.
    pub(crate) fn body(&self) -> Vec<u8> {
        match self {
            OsdpCommand::Poll | OsdpCommand::LocalStatus => Vec::new(),
            OsdpCommand::Identify | OsdpCommand::Abilities => vec![0],
            OsdpCommand::Output(output, Switch::On { tenths }) => {
                let [t0, t1] = tenths.to_le_bytes();
                // 5: on for the time, then as the output was.
                vec![*output, 5, t0, t1]
            }
            // 1: off for good, a time that runs is over.
            OsdpCommand::Output(output, Switch::Off) => vec![*output, 1, 0, 0],
            OsdpCommand::Light(Light { colour, tenths, blink }) => {
                let [t0, t1] = tenths.to_le_bytes();
                let colour = match colour {
                    Colour::Red => 1,
                    Colour::Green => 2,
                };
                // Head 0, light 0; 2: temporary, on and off of that colour and black; nothing about the permanent state.
                vec![0, 0, 2, blink.0, blink.1, colour, 0, t0, t1, 0, 0, 0, 0, 0]
            }
            // 2: the default tone.
            OsdpCommand::Beep(Beep { rhythm, times }) => vec![0, 2, rhythm.0, rhythm.1, *times],
            OsdpCommand::SetKey(key) => {
                let mut body = vec![1, 16];
                body.extend(key.bytes());
                body
            }
            OsdpCommand::Challenge(nonce) => nonce.to_vec(),
            OsdpCommand::Proof(cryptogram) => cryptogram.to_vec(),
        }
    }
}
