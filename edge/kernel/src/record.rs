//! Recording what happened: facts from devices, screens and the edge itself, and what follows from silence.

use crate::{
    FactEntry, Refusal,
    kernel::Kernel,
    pending_commits::Lanes,
    quotas::{NoticeFate, RecordedAmount, Replay},
    room::RoomClass,
};
use edge_journal::JournalError;
use edge_roster::{AdmitError, DevicePresence, Novelty, Request, Roster};
use protocol::{
    Actor, DeviceId, Epoch, Fact, Lane, LaneCursors, Origin,
    fact::{Audit, DeviceIdentity},
    text::FirmwareVersion,
};

/// Bytes of a lane on disk from which on sent segments are let go soon.
const TRIM_FROM: u64 = 8 << 20;

impl Kernel {
    /// Records entries in order. All are looked at before the first is written, so that a refusal leaves nothing half
    /// done; only a lane that runs full on the way does, and then the same entries may be told again.
    pub(crate) fn record(&mut self, actor: &Actor, entries: Vec<FactEntry>) -> Result<((), Lanes), Refusal> {
        if *actor == Actor::Edge && self.is_added_up(&entries) {
            return Ok(((), Lanes::default()));
        }
        let mut wants = RecordedAmount::default();
        for entry in &entries {
            wants.add(
                entry.fact.lane(),
                1,
                replay_of(&entry.fact, entry.replay, entry.origin.as_ref()),
            );
            edge_roster::admit(&self.apps.roster.state, actor, &entry.fact, entry.origin.as_ref())
                .map_err(|why| admit_refusal(why, &entry.fact))?;
        }
        let mut recorded = RecordedAmount::default();
        let Actor::Device { id } = actor else {
            return self.append_entries(actor, entries, &mut recorded);
        };
        self.renew_lease(id);
        self.take_quota(id, wants)?;
        let result = self.append_entries(actor, entries, &mut recorded);
        self.quotas.charge(id, recorded);
        result
    }

    fn append_entries(
        &mut self,
        actor: &Actor,
        entries: Vec<FactEntry>,
        recorded: &mut RecordedAmount,
    ) -> Result<((), Lanes), Refusal> {
        let mut lanes = Lanes::default();
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
            let replay = replay_of(&entry.fact, entry.replay, entry.origin.as_ref());
            let lane = self.append_at(time, actor, entry)?;
            lanes.add(lane);
            recorded.add(lane, self.buffer.len(), replay);
        }
        Ok(((), lanes))
    }

    /// Whether a device has something left; the first time that it has not is on record.
    fn take_quota(&mut self, device: &DeviceId, wants: RecordedAmount) -> Result<(), Refusal> {
        let checked = self.quotas.check(device, wants, self.clock.up_ms());
        checked.map_err(|exceeded| {
            if exceeded.is_news {
                tracing::warn!(%device, "a device has used up its share");
                let used_up = Fact::Audited(Audit {
                    action: "device.quota.exceeded".into(),
                    entity: Some(device.into()),
                    detail: Some(format!("more in {} s", exceeded.retry_after.as_secs())),
                });
                if self.has_room(RoomClass::Notice) {
                    self.note(used_up);
                }
            }
            exceeded.refusal(device)
        })
    }

    /// Whether a notice of strangers is counted instead of recorded: there were many of late.
    fn is_added_up(&mut self, entries: &[FactEntry]) -> bool {
        let [entry] = entries else { return false };
        is_of_a_stranger(&entry.fact) && self.notices.notice(&entry.fact, self.clock.up_ms()) == NoticeFate::AddedUp
    }

    /// Records what was added up, once there is room.
    fn sum_up_notices(&mut self) {
        if self.has_room(RoomClass::Notice)
            && let Some(sum) = self.notices.sum(self.clock.up_ms())
        {
            self.note(sum);
        }
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
            DevicePresence::Retired => {
                self.leases.forget(device);
                self.quotas.forget(device);
            }
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
        self.sum_up_notices();
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

/// A device's own log told late: recorded once however often it is told, so only its bytes count.
fn replay_of(fact: &Fact, replay: bool, origin: Option<&Origin>) -> Replay {
    if replay && origin.is_some() && fact.lane() == Lane::Facts {
        Replay::Backfill
    } else {
        Replay::Live
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
