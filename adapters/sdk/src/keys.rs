//! The line for keys: an input device taken for the edge alone, so that nothing it types reaches a screen.

use crate::socket::SocketError;
use async_trait::async_trait;
use std::fmt::Debug;

/// The way to an input device.
pub trait InputDevice: Send + Sync + Debug {
    /// Takes the device for the edge alone (`EVIOCGRAB`): fails where another program holds it.
    fn grab(&self) -> Result<Box<dyn KeyStream>, SocketError>;
}

/// A device taken. Dropping it gives the device back.
#[async_trait]
pub trait KeyStream: Send + Debug {
    /// The next key. Given up while waiting, nothing is lost.
    async fn next(&mut self) -> Result<KeyEvent, SocketError>;
}

/// A key went down or up. Repetition of a held key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyEvent {
    /// The key's code (`linux/input-event-codes.h`, `KEY_…`).
    pub code: u16,
    /// Pressed or released.
    pub press: KeyState,
}

/// Pressed or released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Pressed.
    Down,
    /// Released.
    Up,
}
