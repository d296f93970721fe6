//! A reader's half of the secure channel (SIA OSDP 2.2 Annex D).
//!
//! Written from the standard's own steps, apart from our adapter's.

use super::frame::ReceivedCommand;
use aes::{
    Aes128, Block,
    cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _},
};

/// A key, a cryptogram, a MAC: sixteen bytes.
pub(super) type Block16 = [u8; 16];

/// The key that everybody knows (SCBK-D).
pub(super) const DEFAULT_KEY: Block16 = *b"0123456789:;<=>?";

/// A session, from the challenge on.
#[derive(Clone)]
pub(super) struct Session {
    enc: Aes128,
    mac1: Aes128,
    mac2: Aes128,
    panel: [u8; 8],
    reader: [u8; 8],
    /// The last MAC of either side; none before both have proved themselves.
    last: Option<Block16>,
}

impl Session {
    /// Derives the session's keys from the base key and the panel's nonce.
    pub(super) fn new(base: &Block16, panel: [u8; 8], reader: [u8; 8]) -> Self {
        let [p0, p1, p2, p3, p4, p5, ..] = panel;
        let derived = |kind| {
            let block = [1, kind, p0, p1, p2, p3, p4, p5, 0, 0, 0, 0, 0, 0, 0, 0];
            Aes128::new(&ecb(&Aes128::new(base.into()), block).into())
        };
        Self {
            enc: derived(0x82),
            mac1: derived(1),
            mac2: derived(2),
            panel,
            reader,
            last: None,
        }
    }

    /// What proves the reader.
    pub(super) fn client_cryptogram(&self) -> Block16 {
        self.cryptogram(self.panel, self.reader)
    }

    /// Checks what proves the panel; gives the first MAC.
    pub(super) fn prove(&mut self, server_cryptogram: &[u8]) -> Option<Block16> {
        let expected = self.cryptogram(self.reader, self.panel);
        if expected != server_cryptogram {
            return None;
        }
        let first = ecb(&self.mac2, ecb(&self.mac1, expected));
        self.last = Some(first);
        Some(first)
    }

    /// Checks a command's MAC, and decrypts its body where it is encrypted.
    pub(super) fn open(&mut self, heard: &ReceivedCommand) -> Option<Vec<u8>> {
        let last = self.last?;
        let next = self.mac(last, &heard.covered);
        if heard.mac.len() != 4 || !next.starts_with(&heard.mac) {
            return None;
        }
        let body = match heard.block {
            Some((0x17, _)) => self.decrypt(last, &heard.body)?,
            _ => heard.body.clone(),
        };
        self.last = Some(next);
        Some(body)
    }

    /// Encrypts a reply's body.
    pub(super) fn encrypt(&self, body: &[u8]) -> Vec<u8> {
        let mut padded = body.to_vec();
        padded.push(0x80);
        while !padded.len().is_multiple_of(16) {
            padded.push(0);
        }
        let mut previous = self.last.unwrap_or_default().map(|byte| !byte);
        let mut out = Vec::new();
        for chunk in padded.chunks(16) {
            previous = ecb(&self.enc, xor(previous, chunk));
            out.extend(previous);
        }
        out
    }

    /// Goes on with a reply that covers these bytes: the first bytes of its MAC.
    pub(super) fn sign(&mut self, covered: &[u8]) -> [u8; 4] {
        let next = self.mac(self.last.unwrap_or_default(), covered);
        self.last = Some(next);
        let [a, b, c, d, ..] = next;
        [a, b, c, d]
    }

    fn cryptogram(&self, first: [u8; 8], second: [u8; 8]) -> Block16 {
        let mut block = [0; 16];
        for (byte, nonce) in block.iter_mut().zip(first.into_iter().chain(second)) {
            *byte = nonce;
        }
        ecb(&self.enc, block)
    }

    fn mac(&self, iv: Block16, covered: &[u8]) -> Block16 {
        let mut padded = covered.to_vec();
        if !padded.len().is_multiple_of(16) {
            padded.push(0x80);
        }
        while !padded.len().is_multiple_of(16) {
            padded.push(0);
        }
        let count = padded.len() / 16;
        padded.chunks(16).enumerate().fold(iv, |chained, (number, chunk)| {
            let key = if number + 1 == count { &self.mac2 } else { &self.mac1 };
            ecb(key, xor(chained, chunk))
        })
    }

    fn decrypt(&self, last: Block16, body: &[u8]) -> Option<Vec<u8>> {
        if body.is_empty() || !body.len().is_multiple_of(16) {
            return None;
        }
        let mut previous = last.map(|byte| !byte);
        let mut plain = Vec::new();
        for chunk in body.chunks(16) {
            let sealed: Block16 = chunk.try_into().ok()?;
            let mut block = Block::from(sealed);
            self.enc.decrypt_block(&mut block);
            plain.extend(xor(previous, &block));
            previous = sealed;
        }
        while plain.last() == Some(&0) {
            plain.pop();
        }
        (plain.pop() == Some(0x80)).then_some(plain)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

fn xor(one: Block16, other: &[u8]) -> Block16 {
    let mut both = one;
    for (byte, other) in both.iter_mut().zip(other) {
        *byte ^= other;
    }
    both
}

fn ecb(key: &Aes128, plain: Block16) -> Block16 {
    let mut block = Block::from(plain);
    key.encrypt_block(&mut block);
    block.into()
}
