//! The reserve: room set aside so that a journal beside a full disk can still be opened.
//!
//! Opening writes a little: the boot counter above all. A box whose disk somebody else has filled must
//! start all the same: its doors have work to do. The reserve is given up for that, and made again once there is room.

use crate::disk::Disk;
use std::io;

/// Name of the file.
const FILE: &str = "reserve";
/// Bytes set aside: more than redb grows by at an opening; less where there is no more.
const SIZES: [u64; 2] = [2 << 20, 1 << 20];

/// Sets the room aside, where it is not. Failing to is no failure: there is no room, or the disk has other troubles.
pub(crate) fn ensure(disk: &dyn Disk) -> bool {
    match make(disk) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "no room for the journal's reserve");
            false
        }
    }
}

fn make(disk: &dyn Disk) -> io::Result<()> {
    if disk.list()?.iter().any(|name| name == FILE) {
        return Ok(());
    }
    let file = disk.create(FILE)?;
    let mut made = Ok(());
    for size in SIZES {
        made = file.allocate(size);
        if made.is_ok() {
            return Ok(());
        }
    }
    disk.remove(FILE)?;
    made
}

/// Gives the room up. False where there was none.
pub(crate) fn release(disk: &dyn Disk) -> bool {
    let given = disk.remove(FILE).and_then(|()| disk.sync_dir());
    given.is_ok()
}
