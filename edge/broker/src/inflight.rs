//! Publications not yet acknowledged between a device and the broker, in both directions. It belongs to the session and moves with it.
//!
//! A packet id stays in use until the device is done with it, in whatever order it does.

use crate::{outbox::Delivery, wire::QoS};
use protocol::CommandId;
use std::collections::{HashSet, VecDeque};

/// Commands a device may still answer.
const ASKED: usize = 64;

/// The unacknowledged publications of one session.
#[derive(Debug, Default)]
pub(crate) struct InflightPublishes {
    last: u16,
    sent: VecDeque<UnackedPublish>,
    /// QoS 2 packet ids taken and not yet released by the device: what comes again under them is a repetition.
    received: HashSet<u16>,
    asked: VecDeque<CommandId>,
}

/// A publication to the device that is not settled yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnackedPublish {
    pub(crate) pkid: u16,
    pub(crate) stage: PublishStage,
}

/// How far it got.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PublishStage {
    /// PUBLISH sent; PUBACK or PUBREC is awaited.
    Published(Delivery),
    /// PUBREL sent; PUBCOMP is awaited.
    Released,
}

impl InflightPublishes {
    /// How many publications to the device are unsettled.
    pub(crate) fn len(&self) -> usize {
        self.sent.len()
    }

    /// A packet id for a publication with QoS 1 or 2, which is remembered until settled.
    pub(crate) fn begin(&mut self, delivery: Delivery) -> u16 {
        let pkid = loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.sent.iter().any(|sent| sent.pkid == self.last) {
                break self.last;
            }
        };
        self.sent.push_back(UnackedPublish {
            pkid,
            stage: PublishStage::Published(delivery),
        });
        pkid
    }

    /// The device has a QoS 1 publication, or will not take a QoS 2 one.
    pub(crate) fn acknowledged(&mut self, pkid: u16, qos: QoS) {
        self.sent.retain(|sent| match &sent.stage {
            PublishStage::Published(delivery) => sent.pkid != pkid || delivery.qos != qos,
            PublishStage::Released => true,
        });
    }

    /// The device took a QoS 2 publication: it is not sent again, its id is to be released.
    pub(crate) fn received(&mut self, pkid: u16) {
        if let Some(sent) = self.sent.iter_mut().find(|sent| sent.pkid == pkid) {
            let second = matches!(&sent.stage, PublishStage::Published(delivery) if delivery.qos == QoS::ExactlyOnce);
            if second {
                sent.stage = PublishStage::Released;
            }
        }
    }

    /// The device has released a QoS 2 publication.
    pub(crate) fn completed(&mut self, pkid: u16) {
        self.sent
            .retain(|sent| sent.pkid != pkid || sent.stage != PublishStage::Released);
    }

    /// What to say again after a reconnect, in the order in which it was said.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = &UnackedPublish> {
        self.sent.iter()
    }

    /// Notes a QoS 2 publication from the device. `false`: it was noted before, this is a repetition.
    pub(crate) fn take(&mut self, pkid: u16) -> bool {
        self.received.insert(pkid)
    }

    /// The device is done with a QoS 2 packet id, or its publication was refused.
    pub(crate) fn release(&mut self, pkid: u16) {
        self.received.remove(&pkid);
    }

    /// A command went to the device.
    pub(crate) fn ask(&mut self, command: CommandId) {
        if self.asked.len() >= ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back(command);
    }

    /// Whether the device may still answer a command.
    pub(crate) fn was_asked(&self, command: CommandId) -> bool {
        self.asked.contains(&command)
    }
}
