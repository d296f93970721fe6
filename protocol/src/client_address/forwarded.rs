//! The hops that `X-Forwarded-For` and `Forwarded` (RFC 7239) name, read from the right.
//!
//! Read from the right because the right end is our own proxy's: an unclosed quote that a stranger sent swallows nothing.

use core::net::{IpAddr, SocketAddr};

/// The address of a hop: with or without brackets and port. None: obfuscated, unknown, or no address.
pub(super) fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        // A port may be obfuscated, too: `[2001:db8::1]:_hidden`.
        let (address, _) = bracketed.split_once(']')?;
        return address.parse().ok().map(IpAddr::V6);
    }
    let (address, _) = text.split_once(':')?;
    address.parse().ok().map(IpAddr::V4)
}

/// The elements of one `Forwarded` value, the last one first. A comma within quotes is no border.
pub(super) fn elements_from_the_right(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let border = last_border(text, ',');
        rest = border.and_then(|border| text.get(..border));
        text.get(border.map_or(0, |border| border + 1)..)
    })
}

/// The address that an element's `for` names.
pub(super) fn node_of_element(element: &str) -> Option<IpAddr> {
    let mut rest = Some(element);
    while let Some(text) = rest {
        let border = last_border(text, ';');
        let pair = text.get(border.map_or(0, |border| border + 1)..)?;
        if let Some((name, value)) = pair.trim().split_once('=')
            && name.eq_ignore_ascii_case("for")
        {
            let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            return node(unquoted.unwrap_or(value));
        }
        rest = border.and_then(|border| text.get(..border));
    }
    None
}

/// The last `border` that is not within quotes, as seen from the right.
fn last_border(text: &str, border: char) -> Option<usize> {
    let mut quoted = false;
    for (place, letter) in text.char_indices().rev() {
        if letter == '"' {
            let before = text.get(..place).unwrap_or_default();
            let escapes = before.bytes().rev().take_while(|byte| *byte == b'\\').count();
            if escapes % 2 == 0 {
                quoted = !quoted;
            }
        } else if letter == border && !quoted {
            return Some(place);
        }
    }
    None
}
