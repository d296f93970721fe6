//! `RemoteControl/door`: what a door can be told, and telling it.

use super::body;
use protocol::fact::Door;

/// Where the capabilities are asked.
pub(crate) const CAPABILITIES: &str = "/ISAPI/AccessControl/RemoteControl/door/capabilities";
/// The body that opens a door for its usual time.
pub(crate) const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <RemoteControlDoor version=\"2.0\" xmlns=\"http://www.isapi.org/ver20/XMLSchema\"><cmd>open</cmd></RemoteControlDoor>\n";
/// Restarts the device. Without a body.
pub(crate) const REBOOT: &str = "/ISAPI/System/reboot";

/// What the device's doors can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DoorCapabilities {
    /// Values of `cmd`, e.g. `open`, `close`, `alwaysOpen`, `resume`.
    pub(crate) commands: Vec<String>,
    /// The highest door, where it says so.
    pub(crate) highest: Option<u16>,
}

impl DoorCapabilities {
    /// Whether `open` is among what they can be told.
    pub(crate) fn can_open(&self) -> bool {
        self.commands.iter().any(|command| command == "open")
    }
}

/// Reads the capabilities, XML (`<cmd opt="open,close">`) or JSON (`"cmd": {"@opt": "open,close"}`).
pub(crate) fn parse(bytes: &[u8]) -> Option<DoorCapabilities> {
    let tree = body::parse(bytes).ok()?;
    let doors = body::inside(&tree, "RemoteControlDoor");
    let options = doors.get("cmd")?.get("@opt")?;
    let commands = match options.as_array() {
        Some(list) => list
            .iter()
            .filter_map(|option| option.as_str())
            .map(str::to_owned)
            .collect(),
        None => options
            .as_str()?
            .split(',')
            .map(|option| option.trim().to_owned())
            .collect(),
    };
    let highest = doors.get("doorNo").and_then(|door| body::number(door, "@max"));
    Some(DoorCapabilities {
        commands,
        highest: highest.and_then(|door| u16::try_from(door).ok()),
    })
}

/// Where one door is told.
pub(crate) fn target(door: Door) -> String {
    format!("/ISAPI/AccessControl/RemoteControl/door/{}", door.0)
}
