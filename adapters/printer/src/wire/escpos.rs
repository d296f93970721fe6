//! ESC/POS, raster first: a sheet is an image in bands (`GS v 0`), so that any script prints on any printer.
//!
//! No band holds a command by accident: printers obey some commands in real time, wherever they stand.
//! Source: Epson ESC/POS command reference; facts/devices.md §4.1.

pub(crate) mod page;
pub(crate) mod status;
pub(crate) mod text;

use crate::raster::Image;

/// `ESC @`: printer as after power-on, then `GS a 255`: tell every change of status. A printer answers the second with
/// its status at once.
pub(crate) const INIT: &[u8] = b"\x1b@\x1da\xff";
/// `GS r 1`: answered with one byte once everything before it is done.
pub(crate) const ASK_DONE: &[u8] = b"\x1dr1";
/// `DLE EOT 1` to `4`: answered at once, each with one byte, whatever the printer is busy with.
pub(crate) const ASK_STATUS: &[u8] = b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04";
/// `DLE ENQ 2`: recover from an error; `DLE DC4 8`: forget what is in the buffers. So that what failed here is not
/// finished when somebody puts paper in.
pub(crate) const FORGET: &[u8] = b"\x10\x05\x02\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08";
/// Ends whatever image another connection began and did not finish, by rows of white; elsewhere these bytes mean nothing.
pub(crate) const FLUSH: [u8; BAND + 256] = [0; BAND + 256];
/// Bytes of dots in one band at most: what a printer of little memory takes, and a slow line carries in a second.
const BAND: usize = 4096;

/// How a sheet is parted from the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cut {
    /// All the way.
    Full,
    /// But for a point.
    #[default]
    Partial,
    /// By hand: the paper is fed past the edge.
    None,
}

/// Pin of the drawer connector, where drawers, bells and lamps hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pin {
    /// The first drawer's.
    Pin2,
    /// The second one's.
    Pin5,
}

/// A band that never was longer than can be said; there is no other.
fn band(width: usize, rows: &[u8]) -> Vec<u8> {
    let height = rows.len().checked_div(width).unwrap_or(0);
    let [across, rest, ..] = width.to_le_bytes();
    let [down, more, ..] = height.to_le_bytes();
    let mut band = vec![0x1d, b'v', b'0', 0, across, rest, down, more];
    band.extend_from_slice(rows);
    break_realtime_commands(&mut band);
    band
}

/// `DLE EOT`, `DLE ENQ` and `DLE DC4` are obeyed also within an image: one dot more makes other bytes of them.
fn break_realtime_commands(band: &mut [u8]) {
    let mut before = 0;
    for byte in band.iter_mut().skip(8) {
        if before == 0x10 && matches!(*byte, 0x04 | 0x05 | 0x14) {
            *byte |= 0x02;
        }
        before = *byte;
    }
}

/// An image in pieces: preparation, bands, cut, and the question whether it is done.
pub(crate) fn raster(image: &Image, cut: Cut) -> Vec<Vec<u8>> {
    let stride = image.stride().max(1);
    let rows = (BAND / stride).max(1);
    let mut pieces = vec![INIT.to_vec()];
    pieces.extend(image.bits().chunks(rows * stride).map(|rows| band(stride, rows)));
    pieces.push(ending(cut));
    pieces
}

/// What comes after everything: feed, cut (`GS V`), and the question whether it is done.
pub(crate) fn ending(cut: Cut) -> Vec<u8> {
    let mut ending = match cut {
        // Fed to where the blade is, and nothing beyond.
        Cut::Full => vec![0x1d, b'V', 65, 0],
        Cut::Partial => vec![0x1d, b'V', 66, 0],
        Cut::None => vec![0x1b, b'd', 5],
    };
    ending.extend_from_slice(ASK_DONE);
    ending
}

/// `ESC p`: 100 ms of current on a pin of the drawer connector. All five bytes: a printer that is sent fewer takes the
/// rest from what follows.
pub(crate) const fn pulse(pin: Pin) -> [u8; 5] {
    let pin = match pin {
        Pin::Pin2 => 0,
        Pin::Pin5 => 1,
    };
    // In units of 2 ms: on, and off.
    [0x1b, b'p', pin, 50, 100]
}
