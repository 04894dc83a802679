//! `DeauthorizeConnection`: the secrets are gone, the connection stays.

use crate::Events;
use crate::connection::{self, CONNECTION, DEAUTHORIZED, SECRET};
use crate::error::Error;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = connection::find(ctx, &input.name).await?;
    let mut connection = found.value;
    DEAUTHORIZED.clone_into(&mut connection.state);
    connection.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    batch.put(CONNECTION, &found.key, &connection, found.expect);
    batch.remove(SECRET, &found.key, Expect::Any);
    // AWS: the answer names the way there.
    let reply = Reply::with(connection.changed("DEAUTHORIZING"), batch);
    Ok(reply.cancel(connection::WORK, found.key))
}
