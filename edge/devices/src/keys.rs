//! The line for keys: an input device taken for the edge alone, so that a scanner types into nobody's page.
//!
//! Nothing that was typed stands in an error or a log.

use adapter_sdk::{
    DevicePath,
    keys::{InputDevice, KeyEvent, KeyState, KeyStream},
    socket::SocketError,
};
use async_trait::async_trait;
use evdev::{
    EventType, SynchronizationCode,
    raw_stream::{EventStream, RawDevice},
};
use std::{fmt, io};

/// Takes one input device.
#[derive(Debug)]
pub struct Keyboard(DevicePath);

impl Keyboard {
    /// Nothing is opened yet.
    pub fn new(path: impl Into<DevicePath>) -> Self {
        Self(path.into())
    }
}

impl InputDevice for Keyboard {
    fn grab(&self) -> Result<Box<dyn KeyStream>, SocketError> {
        let grabbed = || {
            let mut device = RawDevice::open(self.0.as_str())?;
            device.grab()?;
            device.into_event_stream()
        };
        let stream = grabbed().map_err(SocketError::Connect)?;
        Ok(Box::new(GrabbedKeyboard(stream)))
    }
}

/// A device taken; the kernel gives it back when it is closed.
struct GrabbedKeyboard(EventStream);

/// Without what was typed.
impl fmt::Debug for GrabbedKeyboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrabbedKeyboard").finish_non_exhaustive()
    }
}

#[async_trait]
impl KeyStream for GrabbedKeyboard {
    async fn next(&mut self) -> Result<KeyEvent, SocketError> {
        loop {
            let event = self.0.next_event().await.map_err(SocketError::Broken)?;
            if event.event_type() == EventType::KEY {
                let press = match event.value() {
                    0 => KeyState::Up,
                    1 => KeyState::Down,
                    // A key that is held down repeats itself.
                    _ => continue,
                };
                let code = event.code();
                return Ok(KeyEvent { code, press });
            }
            if event.event_type() == EventType::SYNCHRONIZATION && event.code() == SynchronizationCode::SYN_DROPPED.0 {
                let lost = io::Error::other("keys came faster than they were read");
                return Err(SocketError::Broken(lost));
            }
        }
    }
}
