//! `UpdateRole`: changes the description and the longest session of a role.

use crate::Iam;
use crate::entity::{find, save};
use crate::error::Error;
use crate::records::Role;
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut found = find::<Role>(ctx, &input.role_name).await?;
    if let Some(description) = input.description {
        found.value.description = Some(description);
    }
    if let Some(seconds) = input.max_session_duration {
        found.value.max_session_seconds = seconds;
    }
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
