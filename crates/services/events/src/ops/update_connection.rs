//! `UpdateConnection`: what is not given stays, secrets too; a new authorisation is tried as for a new connection.

use crate::Events;
use crate::connection::{
    self, AUTHORIZED, AUTHORIZING, CONNECTION, OAUTH, SECRET, Secret, WORK, parameters,
};
use crate::error::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply, WorkItem};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    authorization_type: Option<String>,
    auth_parameters: Option<Value>,
    invocation_connectivity_parameters: Option<Value>,
    kms_key_identifier: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    if input.invocation_connectivity_parameters.is_some() {
        return Err(parameters::private());
    }
    let found = connection::find(ctx, &input.name).await?;
    let mut connection = found.value;
    connection.modified_ms = ctx.now_ms;
    if input.description.is_some() {
        connection.description = input.description;
    }
    if let Some(key) = input.kms_key_identifier {
        connection.other.insert("KmsKeyIdentifier".to_owned(), key.into());
    }
    let mut batch = Batch::new();
    let mut work = None;
    if input.authorization_type.is_some() || input.auth_parameters.is_some() {
        let stored = ctx.records::<Secret>(SECRET).get(&found.key).await?;
        let stays =
            input.authorization_type.as_ref().is_none_or(|t| *t == connection.authorization_type);
        let before = stored.filter(|_| stays).map_or(json!({}), |stored| stored.value.parameters);
        let given = input.auth_parameters.unwrap_or(json!({}));
        let merged = parameters::merged(&before, &given);
        connection.authorization_type =
            input.authorization_type.unwrap_or(connection.authorization_type);
        parameters::check(&connection.authorization_type, &merged)?;
        connection.shown = parameters::shown(&merged);
        connection.state_reason = None;
        if connection.authorization_type == OAUTH {
            AUTHORIZING.clone_into(&mut connection.state);
            work = Some(WorkItem::new(WORK, &found.key, &ctx.region, ctx.now_ms, &Value::Null));
        } else {
            AUTHORIZED.clone_into(&mut connection.state);
            connection.authorized_ms = Some(ctx.now_ms);
        }
        batch.put(SECRET, &found.key, &Secret { parameters: merged, token: None }, Expect::Any);
    }
    batch.put(CONNECTION, &found.key, &connection, found.expect);
    let reply = Reply::with(connection.changed(&connection.state), batch);
    Ok(work.into_iter().fold(reply, Reply::work))
}
