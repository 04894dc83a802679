//! `CreateConnection`.

use crate::Events;
use crate::connection::{
    AUTHORIZED, AUTHORIZING, CONNECTION, Connection, OAUTH, SECRET, Secret, WORK, key, parameters,
};
use crate::error::Error;
use serde::Deserialize;
use serde_json::{Map, Value};
use service::{Ctx, Reply, WorkItem};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    authorization_type: String,
    auth_parameters: Value,
    invocation_connectivity_parameters: Option<Value>,
    kms_key_identifier: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    parameters::check(&input.authorization_type, &input.auth_parameters)?;
    if input.invocation_connectivity_parameters.is_some() {
        return Err(parameters::private());
    }
    let key = key(&ctx.region, &input.name);
    if ctx.records::<Connection>(CONNECTION).get(&key).await?.is_some() {
        return Err(Error::ConnectionExists(input.name));
    }
    let id = ctx.uuid();
    let suffix = ctx.kit.entropy.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 6);
    let is_oauth = input.authorization_type == OAUTH;
    let secret = format!("secret:events!connection/{}/{id}-{suffix}", input.name);
    let kept = input.kms_key_identifier.map(|key| ("KmsKeyIdentifier".to_owned(), key.into()));
    let connection = Connection {
        arn: ctx.arn("events", &format!("connection/{}/{id}", input.name)),
        secret_arn: ctx.arn("secretsmanager", &secret),
        name: input.name,
        region: ctx.region.clone(),
        description: input.description,
        authorization_type: input.authorization_type,
        state: if is_oauth { AUTHORIZING } else { AUTHORIZED }.to_owned(),
        state_reason: None,
        shown: parameters::shown(&input.auth_parameters),
        created_ms: ctx.now_ms,
        modified_ms: ctx.now_ms,
        authorized_ms: (!is_oauth).then_some(ctx.now_ms),
        other: kept.into_iter().collect::<Map<_, _>>(),
    };
    let mut batch = Batch::new();
    batch.put(CONNECTION, &key, &connection, Expect::Absent);
    let secret = Secret { parameters: input.auth_parameters, token: None };
    batch.put(SECRET, &key, &secret, Expect::Any);
    let mut output = connection.changed(&connection.state);
    if let Some(members) = output.as_object_mut() {
        members.remove("LastAuthorizedTime");
    }
    let reply = Reply::with(output, batch);
    if !is_oauth {
        return Ok(reply);
    }
    Ok(reply.work(WorkItem::new(WORK, key, &ctx.region, ctx.now_ms, &Value::Null)))
}
