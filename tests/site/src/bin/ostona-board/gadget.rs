//! A USB device on the board's simulated bus: a scanner that types, one that sends, and a printer.
//!
//! Both ends are real to the kernel: what is written to the gadget's files comes out of the host's devices.

use crate::pulls::{read, write};
use anyhow::{Context as _, Result};
use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
};

const MADE: &str = "/sys/kernel/config/usb_gadget/board";
/// A boot keyboard (USB HID 1.11, appendix B.1), without lamps.
const KEYBOARD: &[u8] = &[
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95,
    0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07,
    0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
];

/// Plugs it in.
pub(crate) fn plug_in() -> Result<()> {
    let made = Path::new(MADE);
    let functions = ["hid.0", "acm.0", "printer.0"];
    fs::create_dir(made).context("making a gadget")?;
    write(&made.join("idVendor"), "0x05f9")?;
    write(&made.join("idProduct"), "0x2203")?;
    for folder in ["strings/0x409", "configs/c.1"] {
        fs::create_dir(made.join(folder)).with_context(|| format!("making {folder}"))?;
    }
    write(&made.join("strings/0x409/product"), "Scanner")?;
    write(&made.join("strings/0x409/manufacturer"), "Nobody")?;
    for function in functions {
        fs::create_dir(made.join("functions").join(function)).with_context(|| format!("making {function}"))?;
    }
    let keyboard = made.join("functions/hid.0");
    for (key, value) in [("protocol", "1"), ("subclass", "1"), ("report_length", "8")] {
        write(&keyboard.join(key), value)?;
    }
    write(&keyboard.join("report_desc"), KEYBOARD)?;
    for function in functions {
        symlink(
            made.join("functions").join(function),
            made.join("configs/c.1").join(function),
        )
        .with_context(|| format!("adding {function}"))?;
    }
    let mut buses = fs::read_dir("/sys/class/udc").context("looking for a bus")?;
    let bus = buses.next().context("there is no bus")??.file_name();
    write(&made.join("UDC"), bus.as_encoded_bytes())
}

/// Pulls it out.
pub(crate) fn pull_out() -> Result<()> {
    write(&Path::new(MADE).join("UDC"), "\n")
}

/// The printer's own end, once the host has seen it; it reads what is printed while it is open.
pub(crate) fn printer() -> Option<File> {
    File::options().read(true).write(true).open("/dev/g_printer0").ok()
}

/// The scanner's input device, once the kernel has made it.
pub(crate) fn input() -> Result<Option<String>> {
    for entry in fs::read_dir("/sys/class/input").context("looking for input devices")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("event") && read(&entry.path().join("device/name"))?.contains("Scanner") {
            return Ok(Some(format!("/dev/input/{name}")));
        }
    }
    Ok(None)
}
