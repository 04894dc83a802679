//! Keys: finding the identity behind one, making temporary ones, and the administrator's first one.

use crate::Iam;
use crate::access_keys::{self, status};
use crate::entity::{all_by, create, new_id};
use crate::error::internal;
use crate::records::{AccessKey, BY_USER, Entity, Policies, Tags, User, key};
use crate::session::{Sealer, Temporary};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use service::{AwsError, Credential, Ctx, KeyStore, Principal, PrincipalKind};
use std::collections::BTreeSet;
use store::{Batch, Expect};

/// The record that holds the server's secret.
const SECRET_KIND: &str = "iam/secret";
const SECRET_KEY: &str = "sessions";

/// The user that the first start makes.
const ADMINISTRATOR: &str = "administrator";

/// The administrator's key.
#[derive(Clone)]
pub struct Administrator {
    /// The user's name.
    pub user_name: String,
    /// The key's id.
    pub access_key_id: String,
    /// The key's secret.
    pub secret_access_key: String,
}

#[async_trait::async_trait]
impl KeyStore for Iam {
    /// `None` when there is no such key, it is switched off, it and the token do not belong together, or the role or
    /// user behind it is gone (AWS: `InvalidClientTokenId`, `UnrecognizedClientException` or `InvalidAccessKeyId`,
    /// depending on the service).
    async fn credential(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Credential>, AwsError> {
        match session_token {
            Some(token) => self.lookup_temporary(access_key_id, token).await,
            None => self.lookup_permanent(access_key_id).await,
        }
    }
}

impl Iam {
    async fn lookup_permanent(&self, id: &str) -> Result<Option<Credential>, AwsError> {
        let Some(access) = self.directory.access_key(id).await? else { return Ok(None) };
        let user = self.directory.user(&access.user).await?;
        let Some(user) = user.filter(|_| status(&access) == "Active") else { return Ok(None) };
        let principal = Principal::user(&self.account, &user.user.path, &user.user.name);
        Ok(Some(Credential {
            secret: access.secret.clone(),
            session_token: None,
            principal: Principal { access_key_id: Some(access.id.clone()), ..principal },
            expires_ms: None,
        }))
    }

    async fn lookup_temporary(
        &self,
        id: &str,
        token: &str,
    ) -> Result<Option<Credential>, AwsError> {
        let sealer = self.sealer().await?;
        let session = sealer.open(token).filter(|session| session.access_key_id == id);
        let Some(session) = session else { return Ok(None) };
        if self.entity_id(&session.principal).await?.as_ref() != Some(&session.entity_id) {
            return Ok(None);
        }
        Ok(Some(Credential {
            secret: sealer.secret_of(id),
            session_token: Some(token.to_owned()),
            principal: Principal { access_key_id: Some(id.to_owned()), ..session.principal },
            expires_ms: Some(session.expires_ms),
        }))
    }

    /// Unique id of the role, user or account behind a principal; `None` when it is gone or has none.
    pub(crate) async fn entity_id(
        &self,
        principal: &Principal,
    ) -> Result<Option<String>, AwsError> {
        Ok(match &principal.kind {
            PrincipalKind::Root => Some(principal.account.clone()),
            PrincipalKind::User(name) => {
                self.directory.user(name).await?.map(|facts| facts.user.id.clone())
            }
            PrincipalKind::Role { role, .. } => {
                self.directory.role(role).await?.map(|facts| facts.role.id.clone())
            }
            _ => None,
        })
    }

    /// New temporary credentials for a principal.
    ///
    /// # Errors
    /// `AccessDenied` when the role or user behind it is gone.
    pub(crate) async fn issue(
        &self,
        principal: Principal,
        duration_seconds: i64,
    ) -> Result<Temporary, AwsError> {
        let Some(entity_id) = self.entity_id(&principal).await? else {
            let message = format!("There are no temporary credentials for {}", principal.arn);
            return Err(AwsError::fault("AccessDenied", message, 403));
        };
        let lifetime_ms = duration_seconds.max(0).saturating_mul(1000);
        let expires_ms = self.clock.now_ms().saturating_add(lifetime_ms);
        let sealer = self.sealer().await?;
        Ok(sealer.issue(principal, entity_id, expires_ms, &*self.entropy))
    }

    /// The sealer with the server's secret, which the first use makes.
    async fn sealer(&self) -> Result<&Sealer, AwsError> {
        if let Some(sealer) = self.sealer.get() {
            return Ok(sealer);
        }
        let secret = match self.stored_secret().await? {
            Some(secret) => secret,
            None => self.make_secret().await?,
        };
        let bytes = STANDARD.decode(secret).ok().and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(|| internal("the server's secret is damaged"))?;
        Ok(self.sealer.get_or_init(|| Sealer::new(bytes)))
    }

    async fn stored_secret(&self) -> Result<Option<String>, AwsError> {
        let record = self.store.get(SECRET_KIND, SECRET_KEY).await;
        let record = record.map_err(|error| storage_error(&error))?;
        Ok(record.and_then(|record| serde_json::from_slice(&record.body).ok()))
    }

    async fn make_secret(&self) -> Result<String, AwsError> {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        let secret = STANDARD.encode(bytes);
        let mut batch = Batch::new();
        batch.put(SECRET_KIND, SECRET_KEY, &secret, Expect::Absent);
        match self.store.commit(batch).await {
            Ok(()) => Ok(secret),
            Err(store::Error::Conflict { .. }) => {
                let other = self.stored_secret().await?;
                other.ok_or_else(|| internal("the server's secret is damaged"))
            }
            Err(error) => Err(storage_error(&error)),
        }
    }

    /// The administrator's key. The first start makes a user `administrator` who may do everything, and a key; later
    /// starts find them. When the user has no working key (any more), a new one is made.
    ///
    /// # Errors
    /// `LimitExceeded` when the user has two keys that are switched off; `InternalFailure` when storage fails.
    pub async fn administrator(&self, ctx: &Ctx) -> Result<Administrator, AwsError> {
        let kind = AccessKey::KIND;
        let user = ctx.records::<User>(User::KIND).get(ADMINISTRATOR).await?;
        let keys = all_by::<AccessKey>(ctx, kind, BY_USER, &key(ADMINISTRATOR)).await;
        let keys = keys.map_err(AwsError::from)?;
        let full = keys.len() >= access_keys::ACCESS_KEYS_MOST;
        let working = keys.into_iter().map(|found| found.value).find(|key| key.active);
        if user.is_some()
            && let Some(key) = working
        {
            return Ok(Administrator::of(key));
        }
        if full {
            let most = access_keys::ACCESS_KEYS_MOST;
            return Err(crate::entity::exceeded("AccessKeysPerUser", most).into());
        }
        let mut batch = Batch::new();
        if user.is_none() {
            create(&mut batch, &new_administrator(ctx));
        }
        let key = access_keys::new(ctx, ADMINISTRATOR);
        access_keys::create(&mut batch, &key);
        self.store.commit(batch).await.map_err(|error| storage_error(&error))?;
        Ok(Administrator::of(key))
    }
}

impl Administrator {
    fn of(key: AccessKey) -> Self {
        Self { user_name: key.user, access_key_id: key.id, secret_access_key: key.secret }
    }
}

fn new_administrator(ctx: &Ctx) -> User {
    let everything = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    User {
        name: ADMINISTRATOR.to_owned(),
        path: "/".to_owned(),
        id: new_id(ctx, "AIDA"),
        created_ms: ctx.now_ms,
        boundary: None,
        groups: BTreeSet::new(),
        policies: Policies { attached: BTreeSet::from([everything]), ..Policies::default() },
        tags: Tags::new(),
    }
}

fn storage_error(error: &store::Error) -> AwsError {
    tracing::error!(%error, "storage failed");
    internal(error.to_string())
}
