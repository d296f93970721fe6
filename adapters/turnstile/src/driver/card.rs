//! Somebody shows a card: looked up, written down, let through, in that order and within two seconds.
//!
//! Nobody is let through before it is on disk, nor late. No number of a card leaves this file.

use super::{
    Run,
    actuate::opened,
    chronicle::{Promised, Then, Written},
};
use crate::{
    passage::{Input, Refusal, Step},
    reader::{Credential, Ruling, Side, Verdict},
};
use adapter_sdk::{DriverError, Seen};
use protocol::fact::{DenyReason, KeyKind};
use std::time::Duration;
use tokio::time::Instant;

/// From the card to the output; later the gate stays closed.
const PATIENCE: Duration = Duration::from_secs(2);

impl Run<'_> {
    /// A credential was shown at `at`.
    pub(super) async fn shown(
        &mut self,
        reader: usize,
        credential: &Credential,
        at: Instant,
    ) -> Result<(), DriverError> {
        let side = credential.side;
        self.take(Input::Tick).await?;
        let key = match credential.kind {
            KeyKind::Card => self.settings.keys.get(credential.number),
            KeyKind::Qr
            | KeyKind::Pin
            | KeyKind::Face
            | KeyKind::Fingerprint
            | KeyKind::Plate
            | KeyKind::Phone
            | KeyKind::Unknown => None,
        };
        let Some(key) = key else {
            let seen = self
                .meaning()
                .denied(side, credential.kind, None, DenyReason::UnknownKey);
            self.deny(reader, side, seen);
            return Ok(());
        };
        if self.gate.expects(side, &key.person) {
            tracing::debug!(?side, "a card that stays at its reader");
            return Ok(());
        }
        let person = Some(key.person.as_str());
        if let Err(reason) = key.lets(side, self.clock.now()) {
            let seen = self.meaning().denied(side, KeyKind::Card, person, reason);
            self.deny(reader, side, seen);
            return Ok(());
        }
        let until = at + PATIENCE;
        let wish = Input::Promise(
            side,
            Some(key.person.clone()),
            until.saturating_duration_since(self.began),
        );
        let steps = match self.gate.decide(wish, self.now()) {
            Ok(steps) => steps,
            Err(Refusal::Emergency) => {
                tracing::debug!(?side, "a card while the fire alarm has the gate");
                return Ok(());
            }
            Err(Refusal::Busy | Refusal::NotReady | Refusal::Over) => {
                let seen = self.meaning().denied(side, KeyKind::Card, person, DenyReason::Other);
                self.deny(reader, side, seen);
                return Ok(());
            }
        };
        let granted = self.meaning().granted(side, &key.person);
        let promised = steps.iter().find_map(|step| promised(step, reader, until));
        let played = self.play(steps, Instant::now() + super::WRITE).await;
        if let Some(promised) = promised {
            self.chronicle.write_then(granted, Then::Pass(promised));
        }
        played.map_err(|error| error.ending("opening it"))
    }

    /// Something is on disk, or refused: then the house does not know, and the gate stays closed.
    pub(super) async fn written(&mut self, written: Written) -> Result<(), DriverError> {
        match (written.result, written.then) {
            (Ok(()), Then::Nothing) => Ok(()),
            (Ok(()), Then::Show(reader, verdict)) => {
                self.readers.show(reader, verdict);
                Ok(())
            }
            (Ok(()), Then::Pass(promised)) => self.pass(promised).await,
            (Err(refused), then) => {
                if let Then::Pass(Promised { side, reader, .. }) = then {
                    self.show(reader, side, Ruling::Denied);
                }
                Err(DriverError::Outlet(refused))
            }
        }
    }

    async fn pass(&mut self, promised: Promised) -> Result<(), DriverError> {
        let Promised {
            grant,
            side,
            reader,
            until,
        } = promised;
        let Ok(steps) = self.gate.decide(Input::Keep(grant), self.now()) else {
            tracing::info!(?side, "it was written down too late to open");
            self.show(reader, side, Ruling::Denied);
            return self.take(Input::Tick).await;
        };
        let grant = opened(&steps);
        match self.play(steps, until).await {
            Ok(()) => {
                self.show(reader, side, Ruling::Granted);
                self.complain(super::Complaint::Board, None).await
            }
            Err(error) => {
                self.show(reader, side, Ruling::Denied);
                self.could_not(grant, error).await
            }
        }
    }

    /// Nobody waits for a refusal to be on disk; the reader shows it when it is.
    fn deny(&mut self, reader: usize, side: Side, seen: Seen) {
        let ruling = Ruling::Denied;
        self.chronicle
            .write_then(seen, Then::Show(reader, Verdict { side, ruling }));
    }

    fn show(&self, reader: usize, side: Side, ruling: Ruling) {
        self.readers.show(reader, Verdict { side, ruling });
    }
}

fn promised(step: &Step, reader: usize, until: Instant) -> Option<Promised> {
    match step {
        Step::Promised(grant, _) => Some(Promised {
            grant: grant.id,
            side: grant.side,
            reader,
            until,
        }),
        Step::Opened(..)
        | Step::Locked(..)
        | Step::Entered(_)
        | Step::NotEntered(_)
        | Step::Forced(_)
        | Step::Sensed(..)
        | Step::Stuck(_)
        | Step::Freed(_)
        | Step::Emergency
        | Step::Calm(_) => None,
    }
}
