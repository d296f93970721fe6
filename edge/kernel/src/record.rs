//! Recording what happened: facts from devices, screens and the edge itself, and what follows from silence.

use crate::{FactEntry, Refusal, kernel::Kernel, pending_commits::Lanes, room::RoomClass};
use edge_journal::JournalError;
use edge_roster::{AdmitError, DevicePresence, Novelty, Request, Roster};
use protocol::{Actor, DeviceId, Epoch, Fact, Lane, LaneCursors, fact::DeviceIdentity, text::FirmwareVersion};

/// Bytes of a lane on disk from which on sent segments are let go soon.
const TRIM_FROM: u64 = 8 << 20;

impl Kernel {
    /// Records entries in order. All are looked at before the first is written, so that a refusal leaves nothing half
    /// done; only a lane that runs full on the way does, and then the same entries may be told again.
    pub(crate) fn record(&mut self, actor: &Actor, entries: Vec<FactEntry>) -> Result<((), Lanes), Refusal> {
        let mut lanes = Lanes::default();
        for entry in &entries {
            edge_roster::admit(&self.apps.roster.state, actor, &entry.fact, entry.origin.as_ref())
                .map_err(|why| admit_refusal(why, &entry.fact))?;
        }
        if let Actor::Device { id } = actor {
            self.renew_lease(id);
        }
        let time = self.event_time();
        for entry in entries {
            // Once more: an entry may repeat the one before it.
            let novelty = edge_roster::admit(&self.apps.roster.state, actor, &entry.fact, entry.origin.as_ref());
            if novelty.map_err(|why| admit_refusal(why, &entry.fact))? == Novelty::Known {
                continue;
            }
            if entry.fact.lane() == Lane::Facts {
                self.take_room(room_class(actor, &entry.fact))?;
            }
            lanes.add(self.append_at(time, actor, entry)?);
        }
        Ok(((), lanes))
    }

    /// A device was heard: its lease is good again, and it is online if it was not.
    pub(crate) fn renew_lease(&mut self, device: &DeviceId) {
        let Some(known) = self.apps.roster.state.device(device) else {
            return;
        };
        match known.presence {
            // Last words of a device that was taken off.
            DevicePresence::Retired => {}
            DevicePresence::Online | DevicePresence::Degraded { .. } => self.leases.renew(device, self.clock.up_ms()),
            DevicePresence::New | DevicePresence::Offline { .. } => {
                self.leases.renew(device, self.clock.up_ms());
                if let Err(refusal) = self.decide_own::<Roster>(Request::LeaseRenewed(device.clone())) {
                    tracing::error!(%device, %refusal, "that a device is back could not be recorded");
                }
            }
        }
    }

    pub(crate) fn presence(
        &mut self,
        device: &DeviceId,
        presence: DevicePresence,
        fw: Option<FirmwareVersion>,
    ) -> Result<(), Refusal> {
        match presence {
            DevicePresence::Online | DevicePresence::Degraded { .. } if self.is_on_the_roster(device) => {
                self.leases.renew(device, self.clock.up_ms());
            }
            DevicePresence::Retired => self.leases.forget(device),
            DevicePresence::New
            | DevicePresence::Online
            | DevicePresence::Degraded { .. }
            | DevicePresence::Offline { .. } => {}
        }
        let device = device.clone();
        self.decide_own::<Roster>(Request::Presence { device, presence, fw })
            .map(|_| ())
    }

    fn is_on_the_roster(&self, device: &DeviceId) -> bool {
        let device = self.apps.roster.state.device(device);
        device.is_some_and(|device| device.presence != DevicePresence::Retired)
    }

    pub(crate) fn enlist(&mut self, found: DeviceIdentity, lease_ms: Option<u64>) -> Result<(), Refusal> {
        self.leases.set_term(found.device.clone(), lease_ms);
        self.decide_own::<Roster>(Request::Enlist(found)).map(|_| ())
    }

    pub(crate) fn advance(&mut self, epoch: Epoch, have: LaneCursors) {
        if epoch != self.journal.epoch() {
            return;
        }
        self.journal.advance(have);
        if Lane::ALL.iter().any(|lane| self.journal.usage(*lane).bytes > TRIM_FROM) {
            self.waiting.want_snapshots();
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self) -> Result<(), JournalError> {
        let up_ms = self.clock.up_ms();
        self.rate.turn(up_ms);
        for fact in edge_roster::leases_expired(&self.apps.roster.state, &self.leases, up_ms) {
            // Where there is no room for one there is none for the others; the next tick tries again.
            if let Err(refusal) = self.append_own(fact) {
                tracing::warn!(%refusal, "silent devices cannot be recorded");
                break;
            }
        }
        self.tick_apps();
        self.look_at_room()?;
        self.trim_telemetry()
    }

    /// Records one of the edge's own facts that nobody waits for.
    pub(crate) fn note(&mut self, fact: Fact) {
        let name = fact.name();
        if let Err(refusal) = self.append_own(fact) {
            tracing::error!(name, %refusal, "a fact of the edge could not be recorded");
        }
    }
}

/// Whose room a fact takes that is only recorded.
fn room_class(actor: &Actor, fact: &Fact) -> RoomClass {
    match actor {
        Actor::Device { .. } => RoomClass::Notice,
        Actor::Edge if is_of_a_stranger(fact) => RoomClass::Notice,
        Actor::Edge => RoomClass::Ending,
        Actor::Cloud { .. } | Actor::Person { .. } | Actor::Account { .. } => RoomClass::Work,
    }
}

/// What anybody can have recorded as often as they like.
fn is_of_a_stranger(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::AuthFailed(_) | Fact::AuthLocked(_) | Fact::DeviceDiscovered(_) | Fact::Audited(_)
    )
}

fn admit_refusal(why: AdmitError, fact: &Fact) -> Refusal {
    match why {
        AdmitError::UnknownDevice(device) => Refusal::UnknownDevice(device),
        AdmitError::NotYours(device) => Refusal::NotYours {
            device,
            name: fact.name(),
        },
    }
}
