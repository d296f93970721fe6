//! How a session with a reader begins: who is there, the handshake, and the key of a new reader.
//!
//! A reader that will not be spoken to in secret is not spoken to at all.

use super::{
    exchange::OsdpBus,
    key::BaseKey,
    secure_channel::{MacChain, SessionKeys},
    session::{ExchangeResult, SecureSession, SessionError, frame},
    settings::{Enrolment, ReaderSettings},
    wire::{
        command::OsdpCommand,
        frame::{HandshakeStep, OsdpFrame, Security},
        reply::{ClientCryptogram, Nak, OsdpReply},
    },
};
use adapter_sdk::DriverError;
use subtle::ConstantTimeEq as _;

/// Times a frame of a session goes out before it is given up.
const TRIES: u32 = 3;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The bus is gone.
    #[error("the bus is gone")]
    Bus(#[source] DriverError),
    /// Nobody answers, or not to the end.
    #[error("the reader does not answer")]
    Silent,
    /// It will have no secure channel.
    #[error("the reader refuses the secure channel")]
    Insecure,
    /// It has another key than the one in its settings.
    #[error("the reader has another key")]
    WrongKey,
    /// It has the key that everybody knows.
    #[error("the reader has the key that everybody knows")]
    DefaultKey,
}

/// Which key a handshake is about; its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeySource {
    /// The key that everybody knows.
    Default = 0,
    /// The reader's own.
    Own = 1,
}

/// Begins a session under the reader's own key; during its enrolment it is given that key first where it has none.
pub(super) async fn open_session(
    line: &mut OsdpBus,
    reader: &ReaderSettings,
    enrolment: Enrolment,
) -> Result<SecureSession, Refusal> {
    let refusal = match handshake(line, reader.address, &reader.key, KeySource::Own).await {
        Err(refusal @ (Refusal::Insecure | Refusal::WrongKey | Refusal::DefaultKey)) => refusal,
        greeted => return greeted,
    };
    // A new reader may answer for a key of its own that it does not have. Only the key that everybody knows shows it, and
    // a challenge gives nothing away.
    match challenge(line, reader.address, &BaseKey::default_key(), KeySource::Default).await {
        Ok(_) => {}
        Err(Refusal::Bus(end)) => return Err(Refusal::Bus(end)),
        Err(_) => return Err(refusal),
    }
    match enrolment {
        Enrolment::Closed => Err(Refusal::DefaultKey),
        Enrolment::Open => {
            install_key(line, reader).await?;
            handshake(line, reader.address, &reader.key, KeySource::Own).await
        }
    }
}

/// Asks over a session until there is an answer.
pub(super) async fn demand(
    line: &mut OsdpBus,
    session: &mut SecureSession,
    command: &OsdpCommand,
) -> Result<OsdpReply, Refusal> {
    for _ in 0..TRIES {
        match session.ask(line, command).await {
            Ok(ExchangeResult::Answered(reply)) => return Ok(reply),
            Ok(ExchangeResult::Busy | ExchangeResult::Silent) => {}
            Err(SessionError::Bus(end)) => return Err(Refusal::Bus(end)),
            Err(over @ (SessionError::Left(_) | SessionError::Forged(_) | SessionError::Garbled(_))) => {
                tracing::debug!(error = &over as &dyn std::error::Error, "the session broke off");
                return Err(Refusal::Silent);
            }
        }
    }
    Err(Refusal::Silent)
}

/// Gives the reader its own key, over the key that everybody knows.
async fn install_key(line: &mut OsdpBus, reader: &ReaderSettings) -> Result<(), Refusal> {
    let mut session = handshake(line, reader.address, &BaseKey::default_key(), KeySource::Default).await?;
    let taken = demand(line, &mut session, &OsdpCommand::SetKey(reader.key.clone())).await?;
    if taken == OsdpReply::Ack {
        tracing::info!(address = reader.address, "a reader was given its key");
        Ok(())
    } else {
        tracing::warn!(address = reader.address, ?taken, "a reader does not take its key");
        Err(Refusal::DefaultKey)
    }
}

async fn handshake(
    line: &mut OsdpBus,
    address: u8,
    base: &BaseKey,
    whose: KeySource,
) -> Result<SecureSession, Refusal> {
    let (keys, proof) = challenge(line, address, base, whose).await?;
    let step = Security::Handshake(HandshakeStep::Proof, whose as u8);
    match say(line, &frame(address, 2, step, &OsdpCommand::Proof(proof))).await? {
        (1, OsdpReply::Proved(first_mac)) => Ok(SecureSession::new(address, MacChain::new(keys, first_mac), 3)),
        _ => Err(Refusal::WrongKey),
    }
}

/// Has the reader prove that it has a key: gives the session's keys and our own proof.
async fn challenge(
    line: &mut OsdpBus,
    address: u8,
    base: &BaseKey,
    whose: KeySource,
) -> Result<(SessionKeys, [u8; 16]), Refusal> {
    // Number 0: whatever was before is over. Identification is what every reader answers without a session; the answer is
    // worth nothing but that somebody is there.
    say(line, &frame(address, 0, Security::Plain, &OsdpCommand::Identify)).await?;

    let panel = nonce()?;
    let step = Security::Handshake(HandshakeStep::Challenge, whose as u8);
    let challenge = frame(address, 1, step, &OsdpCommand::Challenge(panel));
    let (key, OsdpReply::Challenged(reader)) = say(line, &challenge).await? else {
        return Err(Refusal::Insecure);
    };
    if whose == KeySource::Own && key == KeySource::Default as u8 {
        return Err(Refusal::DefaultKey);
    }
    let keys = SessionKeys::derive(base, panel);
    if proves(&keys, panel, &reader) {
        let proof = keys.cryptogram(reader.nonce, panel);
        Ok((keys, proof))
    } else {
        Err(Refusal::WrongKey)
    }
}

/// One plain frame and its answer, with the byte of the handshake's step; 0 where there is none.
async fn say(line: &mut OsdpBus, asked: &OsdpFrame) -> Result<(u8, OsdpReply), Refusal> {
    let answer = line.ask(asked).await.map_err(Refusal::Bus)?.ok_or(Refusal::Silent)?;
    let step = match answer.security {
        Security::Handshake(_, step) => step,
        Security::Plain | Security::Sealed { .. } => 0,
    };
    match OsdpReply::parse(answer.code, &answer.body) {
        // It is not ready, or it heard something else than was said: the next try will tell.
        Ok(OsdpReply::Busy | OsdpReply::Nak(Nak::Check | Nak::Sequence)) | Err(_) => Err(Refusal::Silent),
        Ok(reply) => Ok((step, reply)),
    }
}

/// Whether the reader has the key.
fn proves(keys: &SessionKeys, panel: [u8; 8], reader: &ClientCryptogram) -> bool {
    keys.cryptogram(panel, reader.nonce).ct_eq(&reader.cryptogram).into()
}

/// A number that nobody has seen before.
fn nonce() -> Result<[u8; 8], Refusal> {
    let mut nonce = [0; 8];
    let filled = getrandom::fill(&mut nonce);
    let failed = |error| DriverError::Protocol(format!("the system gives no randomness: {error}"));
    filled.map_err(|error| Refusal::Bus(failed(error)))?;
    Ok(nonce)
}
