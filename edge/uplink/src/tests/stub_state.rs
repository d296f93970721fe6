//! What the cloud in miniature has, and how it misbehaves.

use protocol::{
    Epoch, Lane, Seq, Timestamp,
    control::{self, CloudMessage, EdgeMessage, LaneTip},
    key::PublicKey,
    text::JoinAttempt,
};
use std::collections::{BTreeMap, VecDeque};

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_763_600_000_000);

/// How the stub behaves, and what it saw.
pub(super) struct StubState {
    pub(super) now: Timestamp,
    pub(super) key: Option<PublicKey>,
    pub(super) counter: u64,
    pub(super) hello: control::HelloVersion,
    pub(super) attempts: Vec<(u64, JoinAttempt)>,
    /// Under which epoch each join came.
    pub(super) epochs: Vec<Epoch>,
    /// What epoch 1 is said to end with.
    pub(super) tips: Vec<LaneTip>,
    pub(super) quarantined: bool,
    /// The next request is told to join again.
    pub(super) rejoin: bool,
    /// The next upgrade is.
    pub(super) rejoin_socket: bool,
    /// Batches always are.
    pub(super) rejoin_for_ever: bool,
    /// The inbox is empty, and says so without waiting.
    pub(super) hasty: bool,
    /// Answers that get lost after the request was acted upon.
    pub(super) lose: u32,
    pub(super) largest: usize,
    pub(super) refuse_batches: bool,
    pub(super) sockets: Sockets,
    pub(super) keys: Vec<String>,
    pub(super) stored: BTreeMap<(Lane, Seq), Vec<u8>>,
    pub(super) heard: Vec<EdgeMessage>,
    pub(super) upgrades: u32,
    pub(super) polls: u32,
    pub(super) say: VecDeque<CloudMessage>,
    pub(super) enrolments: Vec<PublicKey>,
}

/// What becomes of sockets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sockets {
    Open,
    Forbidden,
    /// Accepted, and then nothing is ever said.
    Mute,
}

impl Default for StubState {
    fn default() -> Self {
        Self {
            now: NOW,
            key: None,
            counter: 0,
            hello: control::HelloVersion::LIST,
            attempts: Vec::new(),
            epochs: Vec::new(),
            tips: Vec::new(),
            quarantined: false,
            rejoin: false,
            rejoin_socket: false,
            rejoin_for_ever: false,
            hasty: false,
            lose: 0,
            largest: usize::MAX,
            refuse_batches: false,
            sockets: Sockets::Open,
            keys: Vec::new(),
            stored: BTreeMap::new(),
            heard: Vec::new(),
            upgrades: 0,
            polls: 0,
            say: VecDeque::new(),
            enrolments: Vec::new(),
        }
    }
}
