//! As much XML as a terminal with little memory reads: the text between a tag and its end.
//!
//! Namespace prefixes and attributes are skipped; nothing is unescaped, and entities mean nothing here.

/// Namespace of most firmwares.
pub(super) const VER20: &str = "http://www.isapi.org/ver20/XMLSchema";

/// The text of the first element of that name.
pub(super) fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    elements(body, name).next()
}

/// The inner text of each element of that name, where they do not nest.
pub(super) fn elements<'a>(body: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mut rest = body;
    let name = name.to_owned();
    std::iter::from_fn(move || {
        loop {
            let (_, tail) = rest.split_once('<')?;
            let (tag, inner) = tail.split_once('>')?;
            rest = inner;
            let bare = tag.split([' ', '\n', '\r', '\t', '/']).next().unwrap_or_default();
            if bare.rsplit(':').next() == Some(name.as_str()) {
                let end = inner.find(&format!("</{bare}>"))?;
                let (text, after) = inner.split_at(end);
                rest = after;
                return Some(text.trim());
            }
        }
    })
}

/// An answer of ISAPI's own kind.
pub(super) fn response_status(code: u8, text: &str, detail: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResponseStatus version=\"2.0\" xmlns=\"{VER20}\">\n\
         <requestURL></requestURL>\n<statusCode>{code}</statusCode>\n<statusString>{text}</statusString>\n\
         <subStatusCode>{detail}</subStatusCode>\n</ResponseStatus>\n"
    )
}
