//! `DeleteAlarms`.

use crate::Cloudwatch;
use crate::alarm::{ALARM, find};
use crate::error::Error;
use crate::{history, watch};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    alarm_names: Vec<String>,
}

// AWS: DeleteAlarms: all or none; an alarm that is not there is an error of several, and none of one.
pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut names = input.alarm_names;
    names.sort();
    names.dedup();
    let mut batch = Batch::new();
    let mut gone = Vec::new();
    for name in &names {
        match find(ctx, name).await? {
            Some(found) => {
                let data =
                    json!({"version": "1.0", "type": "Delete", "deletedAlarm": found.value.config});
                let summary = format!("Alarm \"{name}\" deleted");
                history::add(ctx, name, "ConfigurationUpdate", summary, &data, &mut batch).await?;
                gone.push(found.key.clone());
                batch.remove(ALARM, found.key, found.expect);
            }
            None if names.len() > 1 => return Err(Error::NoAlarm),
            None => {}
        }
    }
    let mut reply = Reply::with(json!({}), batch);
    for key in gone {
        reply = reply.cancel(watch::WORK, key);
    }
    Ok(reply)
}
