//! What executions of one state machine have in common: stored once, and named by every execution's record.
//!
//! The id of such a record is made of its content, so the same content always has the same record.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Identity, MachineKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{Batch, Expect, Scan};

use super::Inner;
use super::live::base_machine;
use super::programs::{self, DAY_MS};
use super::record::machine_mark;
use crate::Error;

/// The record kind; the key is the id.
pub(super) const KIND: &str = "states/common";
/// Index: by the definition's use ([`use_key`]) that they live as long as.
pub(super) const BY_DEFINITION: &str = "definition";
/// Different attributes of otherwise equal executions that get a record of their own. Where every execution has other
/// ones, they are part of its own record.
const MOST_ALIKE: usize = 8;
/// Contents kept in memory for a machine.
const MOST_OF_MACHINE: usize = 32;
/// Machines, and records read, that are kept in memory.
const MOST_KEPT: usize = 1024;
/// Records read at a time.
const PAGE: usize = 100;
/// No time at all.
const NEVER: i64 = i64::MIN;
/// Length of an id: 96 bits of a hash.
const ID_BYTES: usize = 12;

/// What executions have in common.
#[derive(Debug)]
pub(crate) struct Common {
    /// The key of its record.
    pub(super) id: Arc<str>,
    pub(super) content: Content,
    /// What stands for the machine in the keys of indexes.
    pub(super) machine_mark: Box<str>,
    /// When its record was last written, Unix milliseconds: known to be durable for a day, as uses of definitions are.
    stored_ms: AtomicI64,
}

/// The record's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) state_machine_arn: Arc<str>,
    pub(super) state_machine_name: Arc<str>,
    pub(super) role_arn: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state_machine_alias_arn: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state_machine_version_arn: Option<Arc<str>>,
    pub(super) kind: MachineKind,
    /// Hash of the definition.
    pub(super) definition: Arc<str>,
    pub(super) attributes: Arc<Value>,
}

impl PartialEq for Common {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Content {
    fn of(identity: &Identity, definition: &Arc<str>, attributes: &Arc<Value>) -> Self {
        Self {
            state_machine_arn: identity.state_machine_arn.clone(),
            state_machine_name: identity.state_machine_name.clone(),
            role_arn: identity.role_arn.clone(),
            state_machine_alias_arn: identity.state_machine_alias_arn.clone(),
            state_machine_version_arn: identity.state_machine_version_arn.clone(),
            kind: identity.kind,
            definition: definition.clone(),
            attributes: attributes.clone(),
        }
    }

    /// Has an execution hold these texts instead of ones of its own.
    pub(super) fn lend(&self, identity: &mut Identity, attributes: &mut Arc<Value>) {
        identity.state_machine_arn = self.state_machine_arn.clone();
        identity.state_machine_name = self.state_machine_name.clone();
        identity.role_arn = self.role_arn.clone();
        identity.state_machine_alias_arn.clone_from(&self.state_machine_alias_arn);
        identity.state_machine_version_arn.clone_from(&self.state_machine_version_arn);
        if *attributes == self.attributes {
            *attributes = self.attributes.clone();
        }
    }

    /// The key of its entry in [`BY_DEFINITION`].
    fn entry(&self) -> String {
        entry(&programs::use_key(&self.definition, base_machine(&self.state_machine_arn)))
    }

    /// Whether everything but the attributes is that of the execution.
    fn is_of(&self, identity: &Identity, definition: &str) -> bool {
        *self.definition == *definition
            && self.role_arn == identity.role_arn
            && self.state_machine_alias_arn == identity.state_machine_alias_arn
            && self.state_machine_version_arn == identity.state_machine_version_arn
            && self.kind == identity.kind
            && self.state_machine_name == identity.state_machine_name
            && self.state_machine_arn == identity.state_machine_arn
    }
}

impl Common {
    fn new(content: Content) -> Arc<Self> {
        let body = serde_json::to_vec(&content).expect("it is plain data and always serialises");
        let id = hex::encode(&Sha256::digest(&body)[..ID_BYTES]);
        let machine_mark = machine_mark(&content.state_machine_arn).into();
        Arc::new(Self { id: id.into(), content, machine_mark, stored_ms: AtomicI64::new(NEVER) })
    }

    /// Adds its record to the batch of the first of a day that names it; answers the time that [`Common::stored`] is to
    /// be told then.
    pub(super) fn put(&self, batch: &mut Batch, now_ms: i64) -> Option<i64> {
        let stored_ms = self.stored_ms.load(Ordering::Acquire);
        if (stored_ms..stored_ms.saturating_add(DAY_MS)).contains(&now_ms) {
            return None;
        }
        let index = vec![(BY_DEFINITION, self.content.entry())];
        batch.put_indexed(KIND, &*self.id, &self.content, index, Expect::Any);
        Some(now_ms)
    }

    /// A batch that it was put in at this time has been committed.
    pub(super) fn stored(&self, put_ms: i64) {
        self.stored_ms.fetch_max(put_ms, Ordering::AcqRel);
    }
}

/// What entries of the contents begin with that go with the use of a definition.
fn entry(use_key: &str) -> String {
    format!("{use_key}\n")
}

/// Those in use lately.
#[derive(Default)]
pub(super) struct Commons {
    by_machine: Mutex<HashMap<Arc<str>, Vec<Arc<Common>>>>,
    by_id: Mutex<HashMap<Arc<str>, Arc<Common>>>,
}

impl Commons {
    /// What a new execution has in common with others; its attributes may be other ones.
    pub(super) fn of(
        &self,
        identity: &Identity,
        definition: &Arc<str>,
        attributes: &Arc<Value>,
    ) -> Arc<Common> {
        let mut machines = lock(&self.by_machine);
        if let Some(known) = machines.get_mut(&identity.state_machine_arn) {
            let mut alike = 0;
            for common in known.iter().rev() {
                if common.content.is_of(identity, definition) {
                    alike += 1;
                    if alike >= MOST_ALIKE || common.content.attributes == *attributes {
                        return common.clone();
                    }
                }
            }
            if known.len() >= MOST_OF_MACHINE {
                known.remove(0);
            }
        } else if machines.len() >= MOST_KEPT {
            machines.clear();
        }
        let common = Common::new(Content::of(identity, definition, attributes));
        machines.entry(identity.state_machine_arn.clone()).or_default().push(common.clone());
        common
    }
}

impl Inner {
    /// What the records with this id have in common.
    pub(super) async fn common(&self, id: &str) -> Result<Arc<Common>, Error> {
        if let Some(found) = lock(&self.commons.by_id).get(id) {
            return Ok(found.clone());
        }
        let unreadable = |detail: String| Error::Unreadable { key: id.to_owned(), detail };
        let record = self.store.get(KIND, id).await?;
        let record = record.ok_or_else(|| unreadable("it is missing".to_owned()))?;
        let content: Content =
            serde_json::from_slice(&record.body).map_err(|error| unreadable(error.to_string()))?;
        let machine_mark = machine_mark(&content.state_machine_arn).into();
        let stored_ms = AtomicI64::new(NEVER);
        let found = Arc::new(Common { id: id.into(), content, machine_mark, stored_ms });
        let mut by_id = lock(&self.commons.by_id);
        if by_id.len() >= MOST_KEPT {
            by_id.clear();
        }
        by_id.insert(found.id.clone(), found.clone());
        Ok(found)
    }
}

impl Inner {
    /// Adds the removal of what executions had in common that a definition's use, which goes, was of.
    pub(super) async fn forget_commons(
        &self,
        use_key: &str,
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let prefix = entry(use_key);
        let mut after: Option<String> = None;
        loop {
            let scan = Scan {
                index: Some(BY_DEFINITION),
                after: after.as_deref(),
                ..Scan::of(KIND, &prefix, PAGE)
            };
            let page = self.store.scan(scan).await?;
            for found in page.records {
                // Written again with every day's first start: one in between is noticed.
                batch.remove(KIND, found.key, Expect::Version(found.version));
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Has contents that were written before there was [`BY_DEFINITION`] found by it.
    pub(super) async fn index_commons(&self) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let page = Scan { after: after.as_deref(), ..Scan::of(KIND, "", PAGE) };
            let page = self.store.scan(page).await?;
            let mut batch = Batch::new();
            for found in page.records {
                let Ok(content) = serde_json::from_slice::<Content>(&found.body) else { continue };
                let (index, expect) =
                    (vec![(BY_DEFINITION, content.entry())], Expect::Version(found.version));
                batch.put_indexed(KIND, found.key, &content, index, expect);
            }
            if !batch.is_empty() {
                self.store.commit(batch).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
