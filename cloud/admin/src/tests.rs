//! Passwords, tokens, codes, roles and cursors on their own; use cases are tested through the relay's assembly.

mod passwords;
mod texts;
