//! The form of an identity file: one line that names its kind, version and checksum, then JSON.
//!
//! A flipped bit anywhere is seen: a counter or key that is merely wrong would be worse than none.

use super::EdgeIdentityError;
use edge_atomic_file as atomic_file;
use serde::{Serialize, de::DeserializeOwned};
use std::{fs, io, path::Path};
use zeroize::Zeroizing;

/// Large enough that no copy of a secret is left behind by a buffer that grew.
const ROOM: usize = 16 << 10;

/// Reads a file of this kind.
pub(crate) fn read<T: DeserializeOwned>(kind: &str, path: &Path) -> Result<T, EdgeIdentityError> {
    let bytes = Zeroizing::new(fs::read(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            EdgeIdentityError::Absent { path }
        } else {
            EdgeIdentityError::Read { path, source }
        }
    })?);
    parse(kind, &bytes).map_err(|what| EdgeIdentityError::Damaged {
        path: path.to_owned(),
        what,
    })
}

/// Replaces a file of this kind, durably.
pub(crate) fn write<T: Serialize>(kind: &str, path: &Path, value: &T) -> Result<(), EdgeIdentityError> {
    let failed = |source| EdgeIdentityError::Write {
        path: path.to_owned(),
        source,
    };
    let mut json = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *json, value).map_err(|error| failed(error.into()))?;
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM + 64));
    text.extend_from_slice(first_line(kind, &json).as_bytes());
    text.extend_from_slice(&json);
    atomic_file::replace(path, &text).map_err(failed)
}

fn parse<T: DeserializeOwned>(kind: &str, bytes: &[u8]) -> Result<T, &'static str> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("it is cut off")?;
    let (line, json) = bytes.split_at(end + 1);
    if !line.starts_with(kind.as_bytes()) {
        return Err("it is no such file");
    }
    if line != first_line(kind, json).as_bytes() {
        return Err("its checksum does not match");
    }
    serde_json::from_slice(json).map_err(|_| "it is not of a version that this program reads")
}

fn first_line(kind: &str, json: &[u8]) -> String {
    format!("{kind} 1 crc32c={:08x}\n", crc32c::crc32c(json))
}
