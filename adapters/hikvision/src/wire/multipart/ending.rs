//! Where a JSON or XML body ends by its own syntax, looked for as bytes come, each byte once.
//!
//! A body of another kind has no such end; nor is anything checked here beyond nesting: reading it is somebody else's.

/// How far the search for the end has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing but white space so far.
    Unknown,
    /// In a JSON object or array.
    Json { depth: u32, place: Place, seen: usize },
    /// In an XML document; `close` is its root's end tag, once known.
    Xml { close: Option<Vec<u8>>, seen: usize },
    /// Anything else: only the boundary ends it.
    Opaque,
}

/// Where in JSON the search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Outside,
    InText,
    AfterBackslash,
}

impl Ending {
    /// The length of the complete body at the start of `buffer`, where it is complete. Called with ever more of the
    /// same body.
    pub(super) fn find(&mut self, buffer: &[u8]) -> Option<usize> {
        if *self == Ending::Unknown {
            *self = match buffer.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => Ending::Unknown,
                Some(b'{' | b'[') => Ending::Json {
                    depth: 0,
                    place: Place::Outside,
                    seen: 0,
                },
                Some(b'<') => Ending::Xml { close: None, seen: 0 },
                Some(_) => Ending::Opaque,
            };
        }
        match self {
            Ending::Unknown | Ending::Opaque => None,
            Ending::Json { depth, place, seen } => json(buffer, depth, place, seen),
            Ending::Xml { close, seen } => xml(buffer, close, seen),
        }
    }
}

fn json(buffer: &[u8], depth: &mut u32, place: &mut Place, seen: &mut usize) -> Option<usize> {
    for byte in buffer.get(*seen..).unwrap_or_default() {
        *seen += 1;
        *place = match (*place, byte) {
            (Place::InText, b'\\') => Place::AfterBackslash,
            (Place::InText, b'"') => Place::Outside,
            (Place::InText | Place::AfterBackslash, _) => Place::InText,
            (Place::Outside, b'"') => Place::InText,
            (Place::Outside, b'{' | b'[') => {
                *depth = depth.saturating_add(1);
                Place::Outside
            }
            (Place::Outside, b'}' | b']') => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(*seen);
                }
                Place::Outside
            }
            (Place::Outside, _) => Place::Outside,
        };
    }
    None
}

fn xml(buffer: &[u8], close: &mut Option<Vec<u8>>, seen: &mut usize) -> Option<usize> {
    if close.is_none() {
        *close = Some(end_tag(buffer.get(*seen..).unwrap_or_default(), seen)?);
    }
    let tag = close.as_deref()?;
    let rest = buffer.get(*seen..).unwrap_or_default();
    if let Some(at) = rest.windows(tag.len()).position(|window| window == tag) {
        return Some(*seen + at + tag.len());
    }
    *seen += (rest.len() + 1).saturating_sub(tag.len());
    None
}

/// `</name>` of the first element in `rest`; moves `seen` past what comes before it.
fn end_tag(mut rest: &[u8], seen: &mut usize) -> Option<Vec<u8>> {
    loop {
        let at = rest.iter().position(|byte| *byte == b'<')?;
        let name = rest.get(at + 1..)?;
        match name.first()? {
            b'?' | b'!' => {
                *seen += at + 1;
                rest = name;
            }
            _ => {
                let length = name
                    .iter()
                    .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))?;
                let name = name.get(..length).filter(|name| !name.is_empty())?;
                return Some([b"</", name, b">"].concat());
            }
        }
    }
}
