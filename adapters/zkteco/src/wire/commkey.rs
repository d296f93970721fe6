//! The comm key as it is proved to the device.
//!
//! This hides the key from nobody who listens: it keeps strangers' tools out, no more.

/// The same in all known clients; travels in the third byte.
const TICKS: u8 = 50;

/// The body of `AUTH`: the key's bits mirrored, plus the session, scrambled, its halves exchanged.
pub(crate) fn token(key: u32, session: u16) -> [u8; 4] {
    let mixed = key.reverse_bits().wrapping_add(u32::from(session));
    let [_, second, third, fourth] = mixed.to_le_bytes();
    [
        third ^ b'S' ^ TICKS,
        fourth ^ b'O' ^ TICKS,
        TICKS,
        second ^ b'K' ^ TICKS,
    ]
}
