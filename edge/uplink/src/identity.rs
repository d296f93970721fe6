//! Who this edge is: the file that outlives journal and state, and that no other part of the edge keeps a copy of.
//!
//! It lives outside both stores and survives their loss. A damaged file is an error for people to see; it is never
//! replaced by a new identity, and its secret is in no log, error or `Debug`.

mod file;
mod seed;

pub(crate) use file::{read, write};
pub(crate) use seed::Seed;

use crate::{cloud_url::CloudUrl, history::JournalHistory};
use edge_seal::SealingKey;
use protocol::{
    EdgeId, Epoch, LaneCursors, OrgId, SiteId,
    enrolment::EnrolmentReply,
    key::{PublicKey, SecretKey, to_base64},
    text::{JoinAttempt, SiteName},
};
use serde::{Deserialize, Serialize};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

const KIND: &str = "ostona-identity";

/// Why an identity cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum EdgeIdentityError {
    /// There is none: the edge was never enrolled.
    #[error("there is no identity in {}: enrol this edge first", path.display())]
    Absent {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is not as it was written. Restore it from a copy, or remove it and enrol anew.
    #[error("the identity in {} is damaged: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What does not fit; never its content.
        what: &'static str,
    },
    /// The file is sealed with a key that is not at hand.
    #[error("the identity in {} is sealed with a key that is not at hand: name it ([seal] key), or run this with the unit's credential", path.display())]
    Sealed {
        /// Which file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the identity in {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written; it still holds what it held.
    #[error("cannot write the identity to {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Who this edge is, as on disk.
pub struct EdgeIdentity {
    path: PathBuf,
    record: IdentityRecord,
    key: Arc<SecretKey>,
    seal: Option<SealingKey>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityRecord {
    edge: EdgeId,
    org: OrgId,
    site: SiteId,
    site_name: SiteName,
    cloud: CloudUrl,
    seed: Seed,
    epoch: Epoch,
    /// The counter that the last join gave.
    join: u64,
    /// A join that was sent and not answered yet.
    attempt: Option<JoinAttempt>,
    command_keys: Vec<PublicKey>,
    /// What the journal held when this join was first tried: what came after it was never told to the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<LaneCursors>,
    /// A journal that was restored from a copy goes on under an epoch of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<JournalBranch>,
}

/// Where a journal that was restored from a copy parted from what the cloud has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalBranch {
    /// The epoch that the journal's files name.
    journal: Epoch,
    /// Up to here everything went up under the epoch before.
    after: LaneCursors,
}

impl EdgeIdentity {
    /// Reads the file; `seal` is what it is sealed with, or will be.
    pub fn load(path: &Path, seal: Option<&SealingKey>) -> Result<Self, EdgeIdentityError> {
        let record: IdentityRecord = read(KIND, path, seal)?;
        let key = Arc::new(record.seed.key());
        Ok(Self {
            path: path.to_owned(),
            record,
            key,
            seal: seal.cloned(),
        })
    }

    /// Writes the first version of the file. No journal was begun yet: the epoch is 0.
    pub(crate) fn create(
        path: &Path,
        cloud: CloudUrl,
        seed: Seed,
        enrolled: EnrolmentReply,
        seal: Option<&SealingKey>,
    ) -> Result<Self, EdgeIdentityError> {
        let EnrolmentReply {
            edge,
            org,
            site,
            site_name,
            command_keys,
            now: _,
        } = enrolled;
        let key = Arc::new(seed.key());
        let (epoch, join, attempt) = (Epoch(0), 0, None);
        let record = IdentityRecord {
            edge,
            org,
            site,
            site_name,
            cloud,
            seed,
            epoch,
            join,
            attempt,
            command_keys,
            held: None,
            branch: None,
        };
        write(KIND, path, &record, seal)?;
        Ok(Self {
            path: path.to_owned(),
            record,
            key,
            seal: seal.cloned(),
        })
    }

    /// Begins a new journal: to be called, before the journal is, whenever its directory is found blank.
    pub fn begin_epoch(&mut self) -> Result<Epoch, EdgeIdentityError> {
        self.change(|record| {
            record.epoch = Epoch(record.epoch.0.saturating_add(1));
            (record.held, record.branch) = (None, None);
        })?;
        Ok(self.record.epoch)
    }

    /// This edge.
    pub fn edge(&self) -> EdgeId {
        self.record.edge
    }
    /// Its organisation.
    pub fn org(&self) -> OrgId {
        self.record.org
    }
    /// Its site.
    pub fn site(&self) -> SiteId {
        self.record.site
    }
    /// The site's name, for people.
    pub fn site_name(&self) -> &str {
        self.record.site_name.as_str()
    }
    /// Where its cloud is.
    pub fn cloud(&self) -> &CloudUrl {
        &self.record.cloud
    }
    /// Under which epoch its events go up; 0: no journal was begun.
    pub fn epoch(&self) -> Epoch {
        self.record.epoch
    }
    /// The epoch that its journal's files name: an older one where the journal was restored from a copy.
    pub fn journal_epoch(&self) -> Epoch {
        self.record.branch.map_or(self.record.epoch, |branch| branch.journal)
    }
    /// Up to where its events went up under an epoch before this one.
    pub(crate) fn branched_after(&self) -> LaneCursors {
        self.record.branch.map(|branch| branch.after).unwrap_or_default()
    }
    /// Whose word is the cloud's.
    pub fn command_keys(&self) -> &[PublicKey] {
        &self.record.command_keys
    }
    /// Its own key, public half.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    pub(crate) fn key(&self) -> &Arc<SecretKey> {
        &self.key
    }
    pub(crate) fn join(&self) -> u64 {
        self.record.join
    }

    /// The attempt to join under: the one that was never answered, or a new one, on disk before anything is sent.
    /// `held` is what the journal holds that the cloud may know.
    pub(crate) fn attempt(&mut self, entropy: [u8; 16], held: LaneCursors) -> Result<JoinAttempt, EdgeIdentityError> {
        if let (Some(attempt), Some(_)) = (&self.record.attempt, self.record.held) {
            return Ok(attempt.clone());
        }
        let attempt = self.record.attempt.clone();
        let attempt = attempt.unwrap_or_else(|| JoinAttempt::from(to_base64(&entropy)));
        self.change(|record| {
            record.attempt = Some(attempt.clone());
            record.held.get_or_insert(held);
        })?;
        Ok(attempt)
    }

    /// What the journal held when the join that is not answered yet was first tried.
    pub(crate) fn held(&self) -> LaneCursors {
        self.record.held.unwrap_or_default()
    }

    /// The cloud took the attempt. Where it has other events under the journal's numbers, the journal goes on under the next
    /// epoch, with everything after what it held before this join.
    pub(crate) fn joined(
        &mut self,
        counter: u64,
        keys: &[PublicKey],
        history: JournalHistory,
    ) -> Result<(), EdgeIdentityError> {
        let journal = self.journal_epoch();
        self.change(|record| {
            record.join = counter;
            record.attempt = None;
            if !keys.is_empty() {
                record.command_keys = keys.to_vec();
            }
            let after = record.held.take().unwrap_or_default();
            match history {
                JournalHistory::Same => {}
                JournalHistory::Restored => {
                    record.epoch = Epoch(record.epoch.0.saturating_add(1));
                    record.branch = Some(JournalBranch { journal, after });
                }
            }
        })
    }

    /// The cloud refused the attempt: that is an answer, too.
    pub(crate) fn refused(&mut self) -> Result<(), EdgeIdentityError> {
        self.change(|record| record.attempt = None)
    }

    /// For work on another thread; only one of the two may be kept.
    pub(crate) fn copy(&self) -> Self {
        Self {
            path: self.path.clone(),
            record: self.record.clone(),
            key: Arc::clone(&self.key),
            seal: self.seal.clone(),
        }
    }

    /// Changes memory only after the disk.
    fn change(&mut self, change: impl FnOnce(&mut IdentityRecord)) -> Result<(), EdgeIdentityError> {
        let mut record = self.record.clone();
        change(&mut record);
        write(KIND, &self.path, &record, self.seal.as_ref())?;
        self.record = record;
        Ok(())
    }
}

impl fmt::Debug for EdgeIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeIdentity")
            .field("edge", &self.record.edge)
            .field("key", &self.key.public().id())
            .field("epoch", &self.record.epoch)
            .finish_non_exhaustive()
    }
}
