//! The form of an identity file: one line that names its kind, version and checksum, then JSON, or JSON that is sealed.
//!
//! A flipped bit anywhere is seen: a counter or key that is merely wrong would be worse than none.

use super::EdgeIdentityError;
use edge_atomic_file as atomic_file;
use edge_seal::SealingKey;
use serde::{Serialize, de::DeserializeOwned};
use std::{fs, io, path::Path};
use zeroize::Zeroizing;

/// Large enough that no copy of a secret is left behind by a buffer that grew.
const ROOM: usize = 16 << 10;

/// Reads a file of this kind. One that is not sealed yet is sealed where there is a key.
pub(crate) fn read<T: DeserializeOwned + Serialize>(
    kind: &str,
    path: &Path,
    seal: Option<&SealingKey>,
) -> Result<T, EdgeIdentityError> {
    let bytes = Zeroizing::new(fs::read(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            EdgeIdentityError::Absent { path }
        } else {
            EdgeIdentityError::Read { path, source }
        }
    })?);
    let file = parse(kind, &bytes).map_err(|what| EdgeIdentityError::Damaged {
        path: path.to_owned(),
        what,
    })?;
    let unsealed = match (file.form, seal) {
        (FileForm::Plain, _) => Zeroizing::new(file.body.to_vec()),
        (FileForm::Sealed, None) => return Err(EdgeIdentityError::Sealed { path: path.to_owned() }),
        (FileForm::Sealed, Some(seal)) => seal
            .open(kind, file.body)
            .map_err(|_| EdgeIdentityError::Sealed { path: path.to_owned() })?,
    };
    let value = serde_json::from_slice(&unsealed).map_err(|_| EdgeIdentityError::Damaged {
        path: path.to_owned(),
        what: "it is not of a version that this program reads",
    })?;
    if file.form == FileForm::Plain && seal.is_some() {
        write(kind, path, &value, seal)?;
    }
    Ok(value)
}

/// Replaces a file of this kind, durably.
pub(crate) fn write<T: Serialize>(
    kind: &str,
    path: &Path,
    value: &T,
    seal: Option<&SealingKey>,
) -> Result<(), EdgeIdentityError> {
    let failed = |source| EdgeIdentityError::Write {
        path: path.to_owned(),
        source,
    };
    let mut json = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *json, value).map_err(|error| failed(error.into()))?;
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM + 64));
    match seal {
        None => {
            text.extend_from_slice(first_line(kind, FileForm::Plain, &json).as_bytes());
            text.extend_from_slice(&json);
        }
        Some(seal) => {
            let sealed = seal
                .seal(kind, &json)
                .map_err(|error| failed(io::Error::other(error)))?;
            text.extend_from_slice(first_line(kind, FileForm::Sealed, &sealed).as_bytes());
            text.extend_from_slice(&sealed);
        }
    }
    atomic_file::replace(path, &text).map_err(failed)
}

/// How what follows the first line lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileForm {
    Plain,
    Sealed,
}

struct FileParts<'a> {
    form: FileForm,
    body: &'a [u8],
}

fn parse<'a>(kind: &str, bytes: &'a [u8]) -> Result<FileParts<'a>, &'static str> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("it is cut off")?;
    let (line, body) = bytes.split_at(end + 1);
    if !line.starts_with(kind.as_bytes()) {
        return Err("it is no such file");
    }
    let forms = [FileForm::Plain, FileForm::Sealed];
    let form = forms
        .into_iter()
        .find(|form| line == first_line(kind, *form, body).as_bytes())
        .ok_or("its checksum does not match")?;
    Ok(FileParts { form, body })
}

fn first_line(kind: &str, form: FileForm, body: &[u8]) -> String {
    let version = match form {
        FileForm::Plain => "1",
        FileForm::Sealed => "1 sealed",
    };
    format!("{kind} {version} crc32c={:08x}\n", crc32c::crc32c(body))
}
