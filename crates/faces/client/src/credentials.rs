//! Whose calls they are: fixed keys, or those that AWS's standard chain finds.
//!
//! The chain is that of AWS's SDKs: the environment, a web identity, the shared files' profile (keys, assumed roles,
//! processes), a container's and an instance's own role. What is temporary is fetched again before it ends.

mod fetch;
mod profile;

use crate::endpoint::Endpoints;
use crate::identity::Identity;
use crate::transport::Transport;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;
use wire::sigv4::Credentials;

/// Temporary credentials are fetched again this long before they end.
const REFRESH_BEFORE_MS: i64 = 5 * 60 * 1000;

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing in the chain has any.
    #[error(
        "there are no AWS credentials in the environment, the shared files, a container's or an instance's role"
    )]
    None,
    /// A named profile is in neither file.
    #[error("there is no profile {profile} in {files}")]
    NoProfile {
        /// The profile.
        profile: String,
        /// The files that were read.
        files: String,
    },
    /// A profile that cannot be used as it is.
    #[error("profile {profile}: {why}")]
    Profile {
        /// The profile.
        profile: String,
        /// What is wrong with it.
        why: String,
    },
    /// A process, file or service that should give credentials did not.
    #[error("{from} gave no credentials: {why}")]
    Source {
        /// Where they should come from.
        from: String,
        /// What happened.
        why: String,
    },
}

impl CredentialsError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Profile { why, .. } if why.contains("IAM Identity Center") => {
                "sign in with `aws sso login`, then run: eval \"$(aws configure export-credentials --format env)\""
            }
            _ => {
                "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
            }
        }
    }
}

/// What of a process's surroundings the chain looks at.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The user's home directory, with `.aws/`.
    pub home: Option<PathBuf>,
}

impl Surroundings {
    /// This process's own.
    pub fn of_this_process() -> Self {
        let readable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(readable).collect(),
            home: std::env::home_dir(),
        }
    }

    /// A variable that is set to something.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The region that the environment or the profile names.
    pub fn region(&self, profile: Option<&str>) -> Option<String> {
        let from_environment =
            self.variable("AWS_REGION").or_else(|| self.variable("AWS_DEFAULT_REGION"));
        from_environment.map(str::to_owned).or_else(|| profile::region(self, profile))
    }
}

/// How the standard chain is asked.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// Where to look.
    pub surroundings: Surroundings,
    /// A profile that was named on purpose: it wins over keys in the environment.
    pub profile: Option<String>,
    /// A role to assume with what was found.
    pub assume_role_arn: Option<String>,
}

/// Gives credentials for each call.
#[derive(Clone)]
pub(crate) struct CredentialSource(Arc<Source>);

impl std::fmt::Debug for CredentialSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CredentialSource")
    }
}

impl PartialEq for CredentialSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[expect(clippy::large_enum_variant, reason = "a client has one, behind a pointer")]
enum Source {
    Fixed(Credentials),
    Chain { plan: profile::Plan, sts: fetch::Sts, kept: Mutex<Option<Temporary>> },
}

/// Credentials and when they end.
#[derive(Debug, Clone)]
struct Temporary {
    credentials: Credentials,
    /// Unix milliseconds; `None` is never.
    ends_ms: Option<i64>,
}

impl CredentialSource {
    /// The same keys for ever.
    pub(crate) fn fixed(credentials: Credentials) -> Self {
        Self(Arc::new(Source::Fixed(credentials)))
    }

    /// What the standard chain finds. Roles are assumed at `endpoints`.
    pub(crate) fn chain(
        chain: &Chain,
        endpoints: Endpoints,
        region: &str,
        transport: Transport,
    ) -> Result<Self, CredentialsError> {
        let mut plan = profile::plan(&chain.surroundings, chain.profile.as_deref())?;
        if let Some(role_arn) = &chain.assume_role_arn {
            plan = profile::Plan::Role(profile::Role {
                role_arn: role_arn.clone(),
                session_name: "refit".to_owned(),
                external_id: None,
                duration_seconds: None,
                source: Box::new(plan),
            });
        }
        let sts = fetch::Sts {
            endpoints,
            region: region.to_owned(),
            transport,
            surroundings: chain.surroundings.clone(),
        };
        Ok(Self(Arc::new(Source::Chain { plan, sts, kept: Mutex::default() })))
    }

    /// Whether it follows the chain.
    pub(crate) fn is_chain(&self) -> bool {
        matches!(*self.0, Source::Chain { .. })
    }

    /// Those of somebody else, found from here; none where the keys are fixed.
    pub(crate) fn as_identity(
        &self,
        identity: &Identity,
    ) -> Result<Option<Self>, CredentialsError> {
        let Source::Chain { sts, .. } = self.0.as_ref() else { return Ok(None) };
        let begin = match (&identity.keys, &identity.profile) {
            (Some(keys), _) => profile::Plan::Keys(keys.clone()),
            (None, Some(name)) => profile::plan(&sts.surroundings, Some(name))?,
            (None, None) => profile::Plan::Other(self.clone()),
        };
        let plan = identity.roles.iter().fold(begin, |source, role| {
            let session_name = role.session_name.clone();
            profile::Plan::Role(profile::Role {
                role_arn: role.arn.clone(),
                session_name: session_name.unwrap_or_else(|| "refit".to_owned()),
                external_id: role.external_id.clone(),
                duration_seconds: role.duration_seconds,
                source: Box::new(source),
            })
        });
        Ok(Some(Self(Arc::new(Source::Chain { plan, sts: sts.clone(), kept: Mutex::default() }))))
    }

    /// Forgets temporary credentials, so that the next call fetches new ones; false when there are no others to be had.
    pub(crate) async fn forget(&self) -> bool {
        match self.0.as_ref() {
            Source::Fixed(_) => false,
            Source::Chain { kept, .. } => {
                let is_temporary = |kept: &Temporary| kept.ends_ms.is_some();
                kept.lock().await.take_if(|kept| is_temporary(kept)).is_some()
            }
        }
    }

    /// Credentials for a call now.
    pub(crate) async fn get(&self) -> Result<Credentials, CredentialsError> {
        let (plan, sts, kept) = match self.0.as_ref() {
            Source::Fixed(credentials) => return Ok(credentials.clone()),
            Source::Chain { plan, sts, kept } => (plan, sts, kept),
        };
        let mut kept = kept.lock().await;
        let is_good = |temporary: &Temporary| {
            temporary.ends_ms.is_none_or(|ends| ends - REFRESH_BEFORE_MS > crate::now_ms())
        };
        if let Some(temporary) = kept.as_ref().filter(|temporary| is_good(temporary)) {
            return Ok(temporary.credentials.clone());
        }
        let fresh = fetch::fetch(plan, sts).await?;
        let credentials = fresh.credentials.clone();
        *kept = Some(fresh);
        Ok(credentials)
    }
}
