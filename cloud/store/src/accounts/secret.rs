//! What guards an account, as the database holds it. No `Debug` here shows any of it.

use std::fmt;

/// A password's PHC text: argon2id, salt and hash.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountPasswordHash(String);

/// The secret shared with an authenticator app, in base32.
#[derive(Clone, PartialEq, Eq)]
pub struct MfaSecretText(String);

macro_rules! secrets {
    ($($name:ident)*) => {
        $(impl $name {
            /// The text itself.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })*
    };
}
secrets!(AccountPasswordHash MfaSecretText);
