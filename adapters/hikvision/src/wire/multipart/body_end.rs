//! Where a JSON or XML body ends by its own syntax, looked for as bytes come, each byte once.
//!
//! A body of another kind has no such end; nor is anything checked here beyond nesting: reading it is somebody else's.

/// How far the search for the end has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyEndFinder {
    /// Nothing but white space so far.
    Unknown,
    /// In a JSON object or array.
    Json {
        depth: u32,
        place: JsonPosition,
        seen: usize,
    },
    /// In an XML document; `close` is its root's end tag, once known.
    Xml { close: Option<Vec<u8>>, seen: usize },
    /// Anything else: only the boundary ends it.
    Opaque,
}

/// Where in JSON the search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonPosition {
    Outside,
    InText,
    AfterBackslash,
}

impl BodyEndFinder {
    /// The length of the complete body at the start of `buffer`, where it is complete. Called with ever more of the
    /// same body.
    pub(super) fn find(&mut self, buffer: &[u8]) -> Option<usize> {
        if *self == BodyEndFinder::Unknown {
            *self = match buffer.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => BodyEndFinder::Unknown,
                Some(b'{' | b'[') => BodyEndFinder::Json {
                    depth: 0,
                    place: JsonPosition::Outside,
                    seen: 0,
                },
                Some(b'<') => BodyEndFinder::Xml { close: None, seen: 0 },
                Some(_) => BodyEndFinder::Opaque,
            };
        }
        match self {
            BodyEndFinder::Unknown | BodyEndFinder::Opaque => None,
            BodyEndFinder::Json { depth, place, seen } => json(buffer, depth, place, seen),
            BodyEndFinder::Xml { close, seen } => xml(buffer, close, seen),
        }
    }
}

fn json(buffer: &[u8], depth: &mut u32, place: &mut JsonPosition, seen: &mut usize) -> Option<usize> {
    for byte in buffer.get(*seen..).unwrap_or_default() {
        *seen += 1;
        *place = match (*place, byte) {
            (JsonPosition::InText, b'\\') => JsonPosition::AfterBackslash,
            (JsonPosition::InText, b'"') => JsonPosition::Outside,
            (JsonPosition::InText | JsonPosition::AfterBackslash, _) => JsonPosition::InText,
            (JsonPosition::Outside, b'"') => JsonPosition::InText,
            (JsonPosition::Outside, b'{' | b'[') => {
                *depth = depth.saturating_add(1);
                JsonPosition::Outside
            }
            (JsonPosition::Outside, b'}' | b']') => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(*seen);
                }
                JsonPosition::Outside
            }
            (JsonPosition::Outside, _) => JsonPosition::Outside,
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
