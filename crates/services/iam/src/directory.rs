//! Identities and policies as authorisation reads them: parsed once, read again only when the stored text changed.
//!
//! **Invariant:** nothing here outlives its record. Each answer reads the record and compares its bytes with those
//! that were parsed; only the parsing is saved.

use crate::error::internal;
use crate::managed;
use crate::records::{AccessKey, Carrier, Entity, Group, Policy, Role, User, key, name_in};
use policy::Document;
use serde::de::DeserializeOwned;
use serde_json::Value;
use service::AwsError;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use store::Store;

/// Most entries of a cache; when there are more it starts afresh.
const ENTRIES_MOST: usize = 4096;

/// Where a policy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Inline in a role.
    Role,
    /// Inline in a user.
    User,
    /// Inline in a group.
    Group,
    /// Managed by AWS.
    AwsManaged,
    /// Managed by the customer.
    CustomerManaged,
    /// Given with the question (simulations, sessions).
    Given,
    /// On the resource.
    Resource,
}

/// A parsed policy and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The policy's name, or ARN when managed.
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) document: Arc<Document>,
}

/// A role with its policies parsed.
#[derive(Debug)]
pub(crate) struct RoleFacts {
    pub(crate) role: Role,
    pub(crate) inline: Vec<Source>,
    pub(crate) trust: Arc<Document>,
    /// The service principals that the trust policy names.
    pub(crate) services: Vec<String>,
}

/// A user with its policies parsed.
#[derive(Debug)]
pub(crate) struct UserFacts {
    pub(crate) user: User,
    pub(crate) inline: Vec<Source>,
}

/// A group with its policies parsed.
#[derive(Debug)]
pub(crate) struct GroupFacts {
    pub(crate) group: Group,
    pub(crate) inline: Vec<Source>,
}

/// A customer managed policy with the version in force parsed.
#[derive(Debug)]
struct PolicyFacts {
    policy: Policy,
    document: Arc<Document>,
}

type Cache<T> = Mutex<HashMap<String, (Arc<[u8]>, Arc<T>)>>;

/// Cached, parsed reads.
pub(crate) struct Directory {
    store: Arc<dyn Store>,
    roles: Cache<RoleFacts>,
    users: Cache<UserFacts>,
    groups: Cache<GroupFacts>,
    policies: Cache<PolicyFacts>,
    access_keys: Cache<AccessKey>,
    texts: Mutex<HashMap<String, Arc<Document>>>,
}

static AWS_DOCUMENTS: LazyLock<HashMap<&'static str, Arc<Document>>> = LazyLock::new(|| {
    let parsed = |policy: &'static managed::AwsPolicy| {
        let document = Document::parse(&policy.document)
            .expect("managed_policies.json is written by xtask and tested");
        (policy.arn.as_str(), Arc::new(document))
    };
    managed::aws_policies().map(parsed).collect()
});

impl Directory {
    /// A directory over the store.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            roles: Cache::default(),
            users: Cache::default(),
            groups: Cache::default(),
            policies: Cache::default(),
            access_keys: Cache::default(),
            texts: Mutex::default(),
        }
    }

    /// The role of that name.
    pub(crate) async fn role(&self, name: &str) -> Result<Option<Arc<RoleFacts>>, AwsError> {
        let facts = self.read(&self.roles, name, |role: Role| {
            Ok(RoleFacts {
                inline: inline(&role, Origin::Role)?,
                trust: Arc::new(parse(&role.trust)?),
                services: services(&role.trust),
                role,
            })
        });
        Ok(facts.await?.filter(|facts| facts.role.name == name))
    }

    /// The user of that name.
    pub(crate) async fn user(&self, name: &str) -> Result<Option<Arc<UserFacts>>, AwsError> {
        let facts = self.read(&self.users, name, |user: User| {
            Ok(UserFacts { inline: inline(&user, Origin::User)?, user })
        });
        Ok(facts.await?.filter(|facts| facts.user.name == name))
    }

    /// The group of that name.
    pub(crate) async fn group(&self, name: &str) -> Result<Option<Arc<GroupFacts>>, AwsError> {
        self.read(&self.groups, name, |group: Group| {
            Ok(GroupFacts { inline: inline(&group, Origin::Group)?, group })
        })
        .await
    }

    /// The long-lived access key of that id.
    pub(crate) async fn access_key(&self, id: &str) -> Result<Option<Arc<AccessKey>>, AwsError> {
        self.read_at(&self.access_keys, AccessKey::KIND, id, Ok).await
    }

    /// The managed policy of that ARN; `None` when it is gone.
    pub(crate) async fn managed(
        &self,
        account: &str,
        arn: &str,
    ) -> Result<Option<Source>, AwsError> {
        if managed::is_aws(arn) {
            return Ok(AWS_DOCUMENTS.get(arn).map(|document| Source {
                id: arn.to_owned(),
                origin: Origin::AwsManaged,
                document: document.clone(),
            }));
        }
        let name = name_in(arn);
        let facts = self.read(&self.policies, name, |policy: Policy| {
            let version = policy.versions.get(&policy.default_version);
            let text = version.ok_or_else(|| damaged("a policy has no version in force"))?;
            Ok(PolicyFacts { document: Arc::new(parse(&text.document)?), policy })
        });
        let facts = facts.await?.filter(|facts| facts.policy.arn(account) == arn);
        Ok(facts.map(|facts| Source {
            id: arn.to_owned(),
            origin: Origin::CustomerManaged,
            document: facts.document.clone(),
        }))
    }

    /// A policy that comes as text.
    ///
    /// # Errors
    /// `MalformedPolicyDocument` when it is none.
    pub(crate) fn text(&self, text: &str) -> Result<Arc<Document>, AwsError> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = texts.get(text) {
            return Ok(document.clone());
        }
        let document = Document::parse(text)
            .map_err(|error| AwsError::new("MalformedPolicyDocument", error.to_string()))?;
        let document = Arc::new(document);
        if texts.len() >= ENTRIES_MOST {
            texts.clear();
        }
        texts.insert(text.to_owned(), document.clone());
        Ok(document)
    }

    /// The entity of that name as `make` reads it.
    async fn read<R: Entity, T>(
        &self,
        cache: &Cache<T>,
        name: &str,
        make: impl FnOnce(R) -> Result<T, AwsError>,
    ) -> Result<Option<Arc<T>>, AwsError> {
        self.read_at(cache, R::KIND, &key(name), make).await
    }

    /// The record of that kind and key as `make` reads it.
    async fn read_at<R: DeserializeOwned, T>(
        &self,
        cache: &Cache<T>,
        kind: &'static str,
        key: &str,
        make: impl FnOnce(R) -> Result<T, AwsError>,
    ) -> Result<Option<Arc<T>>, AwsError> {
        let record = self.store.get(kind, key).await;
        let record = record.map_err(|error| internal(error.to_string()))?;
        let Some(record) = record else { return Ok(None) };
        let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((body, facts)) = lock().get(key)
            && *body == record.body
        {
            return Ok(Some(facts.clone()));
        }
        let value: R = serde_json::from_slice(&record.body)
            .map_err(|error| damaged(&format!("{kind} {key} cannot be read: {error}")))?;
        let facts = Arc::new(make(value)?);
        let mut entries = lock();
        if entries.len() >= ENTRIES_MOST {
            entries.clear();
        }
        entries.insert(key.to_owned(), (record.body, facts.clone()));
        Ok(Some(facts))
    }
}

fn inline<T: Carrier>(record: &T, origin: Origin) -> Result<Vec<Source>, AwsError> {
    let source = |(name, text): (&String, &String)| {
        Ok(Source { id: name.clone(), origin, document: Arc::new(parse(text)?) })
    };
    record.policies().inline.iter().map(source).collect()
}

/// The service principals that a policy names.
fn services(document: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    let statements = match value.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let named = statements.into_iter().filter_map(|one| one.get("Principal")?.get("Service"));
    named
        .flat_map(|names| match names {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            Value::String(name) => vec![name.as_str()],
            _ => Vec::new(),
        })
        .map(str::to_owned)
        .collect()
}

/// A policy that was checked when it was stored.
fn parse(text: &str) -> Result<Document, AwsError> {
    Document::parse(text)
        .map_err(|error| damaged(&format!("a stored policy cannot be read: {error}")))
}

fn damaged(detail: &str) -> AwsError {
    tracing::error!(detail, "stored identity data is damaged");
    internal(detail)
}
