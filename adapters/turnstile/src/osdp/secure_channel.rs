//! The secure channel's arithmetic (SIA OSDP 2.2 Annex D): session keys, cryptograms, and the chain of MACs.
//!
//! Pure: no time, no randomness of its own. A frame that does not fit the chain changes nothing.

use super::{
    key::BaseKey,
    wire::frame::{OsdpFrame, SealMode, Security},
};
use aes::{
    Aes128, Block,
    cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _},
};
use std::fmt;
use subtle::ConstantTimeEq as _;

/// Bytes of a cipher block.
const BLOCK: usize = 16;
/// First byte of padding; zeros follow.
const PADDING: u8 = 0x80;

/// A number of eight bytes that one side makes up for one session.
pub(super) type Nonce = [u8; 8];

/// A frame that is not the next one of this session's other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealError {
    /// The frame is not sealed at all.
    #[error("the frame is not sealed")]
    Unsealed,
    /// Its MAC does not continue the chain.
    #[error("the frame's MAC is wrong")]
    Mac,
    /// What it holds does not decrypt to something padded.
    #[error("the frame's padding is wrong")]
    Padding,
}

/// The keys of one session.
#[derive(Clone)]
pub(super) struct SessionKeys {
    cipher: Aes128,
    mac_front: Aes128,
    mac_last: Aes128,
}

impl SessionKeys {
    /// Derives them (D.4.1): the base key over six bytes of the panel's nonce.
    pub(super) fn derive(base: &BaseKey, panel: Nonce) -> Self {
        let base = Aes128::new(base.bytes().into());
        let [a, b, c, d, e, f, _, _] = panel;
        let key = |second| {
            let plain = [0x01, second, a, b, c, d, e, f, 0, 0, 0, 0, 0, 0, 0, 0];
            Aes128::new(&encrypt(&base, plain).into())
        };
        Self {
            cipher: key(0x82),
            mac_front: key(0x01),
            mac_last: key(0x02),
        }
    }

    /// A cryptogram (D.4.2): both nonces, that of the other side first where the reader proves itself to the panel.
    pub(super) fn cryptogram(&self, first: Nonce, second: Nonce) -> [u8; BLOCK] {
        let mut both = [0; BLOCK];
        for (byte, nonce) in both.iter_mut().zip(first.into_iter().chain(second)) {
            *byte = nonce;
        }
        encrypt(&self.cipher, both)
    }

    /// Where the chain of MACs begins (D.4.3): the panel's cryptogram under both MAC keys. The reader says it; a wrong one
    /// shows with the first MAC after it.
    #[cfg(test)]
    pub(super) fn first_mac(&self, panel_cryptogram: [u8; BLOCK]) -> [u8; BLOCK] {
        encrypt(&self.mac_last, encrypt(&self.mac_front, panel_cryptogram))
    }
}

/// Without the keys.
impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys")
    }
}

/// A session's chain: each frame's MAC begins where that of the frame before it, from the other side, ended.
#[derive(Clone)]
pub(super) struct MacChain {
    keys: SessionKeys,
    last: [u8; BLOCK],
}

impl MacChain {
    /// A chain that begins with what the reader sent as its first MAC (`RMAC_I`).
    pub(super) fn new(keys: SessionKeys, first_mac: [u8; BLOCK]) -> Self {
        Self { keys, last: first_mac }
    }

    /// Seals a frame: its body is encrypted, where it has one, and the chain goes on.
    pub(super) fn seal(&mut self, mut frame: OsdpFrame) -> OsdpFrame {
        let cover = if frame.body.is_empty() {
            SealMode::Mac
        } else {
            frame.body = self.encrypted(&frame.body);
            SealMode::Cipher
        };
        frame.security = Security::Sealed {
            mode: cover,
            mac: [0; 4],
        };
        self.last = self.mac(&frame.covered());
        frame.security = Security::Sealed {
            mode: cover,
            mac: short(self.last),
        };
        frame
    }

    /// Opens a frame of the other side: gives its body, and the chain goes on.
    pub(super) fn open(&mut self, frame: &OsdpFrame) -> Result<Vec<u8>, SealError> {
        let Security::Sealed { mode: cover, mac } = frame.security else {
            return Err(SealError::Unsealed);
        };
        let next = self.mac(&frame.covered());
        if !bool::from(short(next).ct_eq(&mac)) {
            return Err(SealError::Mac);
        }
        let body = match cover {
            SealMode::Mac => frame.body.clone(),
            SealMode::Cipher => self.decrypted(&frame.body).ok_or(SealError::Padding)?,
        };
        self.last = next;
        Ok(body)
    }

    /// The MAC of what a frame covers (D.5): CBC, the last block under a key of its own.
    fn mac(&self, covered: &[u8]) -> [u8; BLOCK] {
        let mut padded = covered.to_vec();
        if !padded.len().is_multiple_of(BLOCK) {
            pad(&mut padded);
        }
        let (blocks, _) = padded.as_chunks::<BLOCK>();
        let Some((end, front)) = blocks.split_last() else {
            return self.last;
        };
        let chained = front.iter().fold(self.last, |chained, block| {
            encrypt(&self.keys.mac_front, xor(chained, *block))
        });
        encrypt(&self.keys.mac_last, xor(chained, *end))
    }

    fn encrypted(&self, body: &[u8]) -> Vec<u8> {
        let mut padded = body.to_vec();
        pad(&mut padded);
        let mut chained = inverted(self.last);
        let (blocks, _) = padded.as_chunks::<BLOCK>();
        let sealed = blocks.iter().map(|block| {
            chained = encrypt(&self.keys.cipher, xor(chained, *block));
            chained
        });
        sealed.flatten().collect()
    }

    fn decrypted(&self, body: &[u8]) -> Option<Vec<u8>> {
        let (blocks, []) = body.as_chunks::<BLOCK>() else {
            return None;
        };
        let mut chained = inverted(self.last);
        let mut plain: Vec<u8> = Vec::with_capacity(body.len());
        for block in blocks {
            plain.extend(xor(chained, decrypt(&self.keys.cipher, *block)));
            chained = *block;
        }
        let end = plain.iter().rposition(|byte| *byte != 0)?;
        (plain.get(end) == Some(&PADDING)).then(|| {
            plain.truncate(end);
            plain
        })
    }
}

/// Without keys and MACs.
impl fmt::Debug for MacChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain")
    }
}

/// The first byte of padding always, then zeros to a whole block (D.4.5).
fn pad(bytes: &mut Vec<u8>) {
    bytes.push(PADDING);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

fn short([a, b, c, d, ..]: [u8; BLOCK]) -> [u8; 4] {
    [a, b, c, d]
}

fn inverted(block: [u8; BLOCK]) -> [u8; BLOCK] {
    block.map(|byte| !byte)
}

fn xor(one: [u8; BLOCK], other: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut both = one;
    for (byte, other) in both.iter_mut().zip(other) {
        *byte ^= other;
    }
    both
}

fn encrypt(key: &Aes128, plain: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block = Block::from(plain);
    key.encrypt_block(&mut block);
    block.into()
}

fn decrypt(key: &Aes128, sealed: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block = Block::from(sealed);
    key.decrypt_block(&mut block);
    block.into()
}
