//! What IAM keeps, under which key and with which index entries.
//!
//! IAM is global: no region in keys. AWS does not tell names apart by case, so a key is the name in lower case, while
//! the record keeps the name as given. Times are Unix milliseconds, policy documents are the texts as given.
//!
//! **Invariant:** whoever comes to rely on a record (attaches a policy, puts a user in a group) writes that record
//! again unchanged in the same batch, and whoever deletes one expects the version at which it saw no reliance. So
//! nothing is deleted while something is being hung on it.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Index of roles, users and groups by the managed policies attached to them; see [`index_key`].
pub(crate) const BY_POLICY: &str = "policy";
/// Index of roles and users by the managed policy that is their boundary; see [`index_key`].
pub(crate) const BY_BOUNDARY: &str = "boundary";
/// Index of users by their groups; see [`index_key`].
pub(crate) const BY_GROUP: &str = "group";
/// Index of access keys by user; see [`index_key`].
pub(crate) const BY_USER: &str = "user";
/// Index of instance profiles by role; see [`index_key`].
pub(crate) const BY_ROLE: &str = "role";

/// Index entries as a put takes them.
pub(crate) type Index = Vec<(&'static str, String)>;

/// Tags: key → value.
pub(crate) type Tags = BTreeMap<String, String>;

/// A record of IAM that has a name.
pub(crate) trait Entity: Serialize + serde::de::DeserializeOwned + Send + Sync {
    /// The record kind.
    const KIND: &'static str;
    /// The word for it in ARNs and in AWS's messages.
    const NOUN: &'static str;

    /// Its name as given.
    fn name(&self) -> &str;

    /// The path it was created under.
    fn path(&self) -> &str;

    /// What it is found by besides its name.
    fn index(&self) -> Index {
        Vec::new()
    }

    /// Its ARN in the account.
    fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:{}{}{}", Self::NOUN, self.path(), self.name())
    }
}

/// The record key of a name.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// The name in an ARN of IAM's: what follows the last slash.
pub(crate) fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The index key under which users of `value` are found. The space, which neither names nor ARNs hold, keeps a name
/// from being found under one that it begins with.
pub(crate) fn index_key(value: &str) -> String {
    format!("{value} ")
}

/// The policies of a role, user or group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Policies {
    /// Inline policies: name → document.
    pub(crate) inline: BTreeMap<String, String>,
    /// ARNs of attached managed policies.
    pub(crate) attached: BTreeSet<String>,
}

impl Policies {
    fn index(&self) -> Index {
        self.attached.iter().map(|arn| (BY_POLICY, index_key(arn))).collect()
    }
}

/// A role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AROA…`.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) description: Option<String>,
    pub(crate) max_session_seconds: i64,
    /// The trust policy.
    pub(crate) trust: String,
    /// ARN of the permissions boundary.
    pub(crate) boundary: Option<String>,
    pub(crate) policies: Policies,
    pub(crate) tags: Tags,
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AIDA…`.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    /// ARN of the permissions boundary.
    pub(crate) boundary: Option<String>,
    /// Names of the groups the user is in.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) policies: Policies,
    pub(crate) tags: Tags,
}

/// A group of users. Its members are the users that name it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AGPA…`.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) policies: Policies,
}

/// A customer managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `ANPA…`.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) description: Option<String>,
    /// Number of the version in force.
    pub(crate) default_version: u64,
    /// The number that the next version gets; numbers are not used twice.
    pub(crate) next_version: u64,
    pub(crate) versions: BTreeMap<u64, PolicyVersion>,
    pub(crate) tags: Tags,
}

/// One version of a customer managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyVersion {
    pub(crate) document: String,
    pub(crate) created_ms: i64,
}

/// A long-lived access key of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) user: String,
    pub(crate) active: bool,
    pub(crate) created_ms: i64,
}

/// An instance profile. Nothing in refit runs on EC2; programs that delete roles ask for them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AIPA…`.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    /// Name of its role.
    pub(crate) role: Option<String>,
    pub(crate) tags: Tags,
}

impl AccessKey {
    /// The record kind.
    pub(crate) const KIND: &'static str = "iam/access-key";

    /// What it is found by besides its id.
    pub(crate) fn index(&self) -> Index {
        vec![(BY_USER, index_key(&key(&self.user)))]
    }
}

impl Entity for Role {
    const KIND: &'static str = "iam/role";
    const NOUN: &'static str = "role";

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn index(&self) -> Index {
        let mut index = self.policies.index();
        index.extend(self.boundary.iter().map(|arn| (BY_BOUNDARY, index_key(arn))));
        index
    }
}

impl Entity for User {
    const KIND: &'static str = "iam/user";
    const NOUN: &'static str = "user";

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn index(&self) -> Index {
        let mut index = self.policies.index();
        index.extend(self.boundary.iter().map(|arn| (BY_BOUNDARY, index_key(arn))));
        index.extend(self.groups.iter().map(|group| (BY_GROUP, index_key(&key(group)))));
        index
    }
}

impl Entity for Group {
    const KIND: &'static str = "iam/group";
    const NOUN: &'static str = "group";

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn index(&self) -> Index {
        self.policies.index()
    }
}

impl Entity for Policy {
    const KIND: &'static str = "iam/policy";
    const NOUN: &'static str = "policy";

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }
}

impl Entity for InstanceProfile {
    const KIND: &'static str = "iam/instance-profile";
    const NOUN: &'static str = "instance-profile";

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn index(&self) -> Index {
        self.role.iter().map(|role| (BY_ROLE, index_key(&key(role)))).collect()
    }
}

/// A record that carries policies: a role, user or group.
pub(crate) trait Carrier: Entity {
    /// Most characters of all inline policies together, white space not counted.
    // AWS: IAM quotas, "IAM and STS character limits".
    const INLINE_CHARACTERS: usize;
    /// Its name in the message about that quota.
    const PLURAL_QUOTA: &'static str;

    /// Its policies.
    fn policies(&self) -> &Policies;

    /// Its policies.
    fn policies_mut(&mut self) -> &mut Policies;
}

/// A record that has tags.
pub(crate) trait Tagged: Entity {
    /// Its tags.
    fn tags(&self) -> &Tags;

    /// Its tags.
    fn tags_mut(&mut self) -> &mut Tags;
}

/// A record that may have a permissions boundary: a role or user.
pub(crate) trait Bounded: Entity {
    /// Its boundary's ARN.
    fn boundary_mut(&mut self) -> &mut Option<String>;
}

macro_rules! carrier {
    ($record:ty, $characters:literal, $quota:literal) => {
        impl Carrier for $record {
            const INLINE_CHARACTERS: usize = $characters;
            const PLURAL_QUOTA: &'static str = $quota;

            fn policies(&self) -> &Policies {
                &self.policies
            }

            fn policies_mut(&mut self) -> &mut Policies {
                &mut self.policies
            }
        }
    };
}

macro_rules! tagged {
    ($record:ty) => {
        impl Tagged for $record {
            fn tags(&self) -> &Tags {
                &self.tags
            }

            fn tags_mut(&mut self) -> &mut Tags {
                &mut self.tags
            }
        }
    };
}

macro_rules! bounded {
    ($record:ty) => {
        impl Bounded for $record {
            fn boundary_mut(&mut self) -> &mut Option<String> {
                &mut self.boundary
            }
        }
    };
}

carrier!(Role, 10240, "PoliciesPerRole");
carrier!(User, 2048, "PoliciesPerUser");
carrier!(Group, 5120, "PoliciesPerGroup");
tagged!(Role);
tagged!(User);
tagged!(Policy);
tagged!(InstanceProfile);
bounded!(Role);
bounded!(User);
