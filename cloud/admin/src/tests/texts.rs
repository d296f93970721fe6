//! Texts that come from outside: whatever they are, they are read or refused, and what is read writes itself back.

use crate::{cursor::Cursor, target::DeviceRef, token::Token, totp::MfaSecret};
use cloud_store::accounts::LoginName;
use proptest::prelude::*;
use protocol::CommandId;

fn read_all(text: &str) {
    if let Ok(target) = text.parse::<DeviceRef>() {
        assert_eq!(target.to_string().parse(), Ok(target));
    }
    if let Ok(token) = text.parse::<Token>() {
        assert_eq!(token.expose(), text);
    }
    if let Ok(login) = text.parse::<LoginName>() {
        assert_eq!(login.as_str(), text.to_ascii_lowercase());
    }
    if let Ok(cursor) = text.parse::<Cursor<u64>>() {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
    let _ = text.parse::<Cursor<CommandId>>();
    let _ = MfaSecret::from_base32(text);
}

#[test]
fn fuzz_texts_from_outside() {
    bolero::check!().for_each(|bytes: &[u8]| read_all(&String::from_utf8_lossy(bytes)));
}

proptest! {
    #[test]
    fn what_looks_right_is_read_or_refused(
        text in "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9-]{0,64})|(ost_[A-Za-z0-9_-]{40,46})|([0-9]{0,20}\\.[0-9a-f-]{0,36})|([A-Za-z0-9._@-]{0,70})"
    ) {
        read_all(&text);
    }
}
