//! `CreateTopic`: creating a topic that is there with the same attributes answers its ARN.

use crate::Sns;
use crate::attributes::check_topic;
use crate::error::Error;
use crate::records::{TOPIC, Topic};
use crate::tags::{Tag, to_map};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let is_fifo = input.attributes.get("FifoTopic").is_some_and(|value| value == "true");
    let base = if is_fifo { input.name.strip_suffix(".fifo") } else { Some(input.name.as_str()) };
    let is_valid = base.is_some_and(|base| {
        (1..=256).contains(&base.len())
            && base.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
    });
    if !is_valid {
        return Err(Error::Invalid("Topic Name".to_owned()));
    }
    for (name, value) in &input.attributes {
        if name != "FifoTopic" {
            check_topic(name, value)?;
        }
    }
    let arn = ctx.arn("sns", &input.name);
    let answer = json!({"TopicArn": arn});
    if let Some(found) = ctx.records::<Topic>(TOPIC).get(&arn).await? {
        let differs = input
            .attributes
            .iter()
            .any(|(name, value)| found.value.attributes.get(name).is_none_or(|own| own != value));
        if differs {
            return Err(Error::Invalid(
                "Attributes Reason: Topic already exists with different attributes".to_owned(),
            ));
        }
        return Ok(Reply::new(answer));
    }
    let topic = Topic {
        arn: arn.clone(),
        name: input.name,
        attributes: input.attributes,
        tags: to_map(input.tags),
        published: 0,
    };
    let mut batch = Batch::new();
    batch.put(TOPIC, arn, &topic, Expect::Absent);
    Ok(Reply::with(answer, batch))
}
