//! Connections: how other people's servers are authorised to be called.
//!
//! What a connection is and what it keeps secret are two records. Descriptions are made of the first alone.

pub(crate) mod parameters;
pub(crate) mod token;

use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Access, Arn, AwsError, ConnectionParameters, Ctx, Found};

/// Record kind of [`Connection`]; the key is `region/name`.
pub(crate) const CONNECTION: &str = "events/connection";
/// Record kind of [`Secret`]; the key is the connection's.
pub(crate) const SECRET: &str = "events/connection-secret";
/// Work kind of fetching the first token; the key is the connection's.
pub(crate) const WORK: &str = "events/authorise";

pub(crate) const AUTHORIZED: &str = "AUTHORIZED";
pub(crate) const AUTHORIZING: &str = "AUTHORIZING";
pub(crate) const DEAUTHORIZED: &str = "DEAUTHORIZED";
pub(crate) const OAUTH: &str = "OAUTH_CLIENT_CREDENTIALS";

/// A connection without its secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Connection {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) authorization_type: String,
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) secret_arn: String,
    /// `AuthParameters` as described.
    pub(crate) shown: Value,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) authorized_ms: Option<i64>,
    /// `KmsKeyIdentifier`, kept as given.
    pub(crate) other: Map<String, Value>,
}

/// What a connection keeps secret. Has no `Debug`, so that no log shows it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secret {
    /// `AuthParameters` as given.
    pub(crate) parameters: Value,
    pub(crate) token: Option<token::Token>,
}

impl Connection {
    pub(crate) fn key(&self) -> String {
        key(&self.region, &self.name)
    }

    /// What the operations that change a connection answer, with the state as it is called on the way there.
    pub(crate) fn changed(&self, state: &str) -> Value {
        json!({
            "ConnectionArn": self.arn,
            "ConnectionState": state,
            "CreationTime": seconds(self.created_ms),
            "LastModifiedTime": seconds(self.modified_ms),
            "LastAuthorizedTime": self.authorized_ms.map(seconds),
        })
    }

    /// As listed.
    pub(crate) fn listed(&self) -> Map<String, Value> {
        let Value::Object(mut members) = self.changed(&self.state) else { return Map::new() };
        members.insert("Name".to_owned(), json!(self.name));
        members.insert("StateReason".to_owned(), json!(self.state_reason));
        members.insert("AuthorizationType".to_owned(), json!(self.authorization_type));
        members.retain(|_, member| !member.is_null());
        members
    }

    /// As described.
    pub(crate) fn described(&self) -> Value {
        let mut members = self.listed();
        members.insert("Description".to_owned(), json!(self.description));
        members.insert("SecretArn".to_owned(), json!(self.secret_arn));
        members.insert("AuthParameters".to_owned(), self.shown.clone());
        members.extend(self.other.clone());
        Value::Object(members)
    }
}

/// Unix seconds.
pub(crate) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// A connection's record key.
pub(crate) fn key(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// The connection of that name, or AWS's refusal.
pub(crate) async fn find(ctx: &Ctx, name: &str) -> Result<Found<Connection>, Error> {
    let found = ctx.records::<Connection>(CONNECTION).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(|| Error::NoConnection(name.to_owned()))
}

/// The connection of an ARN.
pub(crate) async fn find_arn(ctx: &Ctx, arn: &str) -> Result<Found<Connection>, Error> {
    let absent = || Error::NoConnection(arn.to_owned());
    let parsed = Arn::parse(arn).map_err(|_| absent())?;
    let name = parsed.resource.strip_prefix("connection/").and_then(|rest| rest.split('/').next());
    let key = key(&parsed.region, name.ok_or_else(absent)?);
    let found = ctx.records::<Connection>(CONNECTION).get(&key).await?;
    // A connection that was deleted and made again is another one.
    found.filter(|found| found.value.arn == arn).ok_or_else(absent)
}

/// The secrets of a connection.
pub(crate) async fn secret(ctx: &Ctx, connection: &Connection) -> Result<Found<Secret>, Error> {
    let found = ctx.records::<Secret>(SECRET).get(&connection.key()).await?;
    found.ok_or_else(|| not_authorized(connection))
}

fn not_authorized(connection: &Connection) -> Error {
    Error::NotAuthorized {
        state: connection.state.clone(),
        reason: connection.state_reason.clone(),
    }
}

/// What the connection adds to a request that the context's principal makes.
// AWS: call-https-apis: what a role needs for an HTTP task.
pub(crate) async fn retrieve(
    ctx: &Ctx,
    arn: &str,
    renew: bool,
) -> Result<ConnectionParameters, Error> {
    require(ctx, "events:RetrieveConnectionCredentials", arn).await?;
    let connection = find_arn(ctx, arn).await?.value;
    for action in ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"] {
        require(ctx, action, &connection.secret_arn).await?;
    }
    credentials(ctx, &connection, renew).await
}

/// The same for EventBridge itself.
pub(crate) async fn credentials(
    ctx: &Ctx,
    connection: &Connection,
    renew: bool,
) -> Result<ConnectionParameters, Error> {
    if connection.state != AUTHORIZED {
        return Err(not_authorized(connection));
    }
    let secret = secret(ctx, connection).await?;
    let bearer = if connection.authorization_type == OAUTH {
        Some(token::current(ctx, connection, &secret, renew).await?)
    } else {
        None
    };
    Ok(parameters::of(&secret.value.parameters, bearer.as_deref()))
}

async fn require(ctx: &Ctx, action: &str, resource: &str) -> Result<(), AwsError> {
    if ctx.principal.is_unlimited() {
        return Ok(());
    }
    let access = Access {
        principal: &ctx.principal,
        action,
        resource,
        context: Vec::new(),
        resource_policy: None,
    };
    ctx.kit.authoriser().authorise(&access).await
}
