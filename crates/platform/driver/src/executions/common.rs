//! What executions of one state machine have in common: stored once, and named by every execution's record.
//!
//! The id of such a record is made of its content, so the same content always has the same record.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Identity, MachineKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{Batch, Expect};

use super::Inner;
use crate::Error;

/// The record kind; the key is the id.
pub(super) const KIND: &str = "states/common";
/// Different attributes of otherwise equal executions that get a record of their own. Where every execution has other
/// ones, they are part of its own record.
const MOST_ALIKE: usize = 8;
/// Contents kept in memory for a machine.
const MOST_OF_MACHINE: usize = 32;
/// Machines, and records read, that are kept in memory.
const MOST_KEPT: usize = 1024;
/// Length of an id: 96 bits of a hash.
const ID_BYTES: usize = 12;

/// What executions have in common.
#[derive(Debug)]
pub(crate) struct Common {
    /// The key of its record.
    pub(super) id: Arc<str>,
    pub(super) content: Content,
    /// Whether its record is known to be durable.
    is_stored: AtomicBool,
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
        Arc::new(Self { id: id.into(), content, is_stored: AtomicBool::new(false) })
    }

    /// Adds its record to the batch of the first that names it.
    pub(super) fn put(&self, batch: &mut Batch) {
        if !self.is_stored.load(Ordering::Acquire) {
            batch.put(KIND, &*self.id, &self.content, Expect::Any);
        }
    }

    /// A batch that it was put in has been committed.
    pub(super) fn stored(&self) {
        self.is_stored.store(true, Ordering::Release);
    }
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
        let content =
            serde_json::from_slice(&record.body).map_err(|error| unreadable(error.to_string()))?;
        let found = Arc::new(Common { id: id.into(), content, is_stored: AtomicBool::new(true) });
        let mut by_id = lock(&self.commons.by_id);
        if by_id.len() >= MOST_KEPT {
            by_id.clear();
        }
        by_id.insert(found.id.clone(), found.clone());
        Ok(found)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
