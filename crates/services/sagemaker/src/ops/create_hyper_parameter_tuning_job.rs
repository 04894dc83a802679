//! `CreateHyperParameterTuningJob`: checks the search, and schedules it.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::{Status, key};
use crate::tags::tag_new;
use crate::tuning;
use crate::tuning::records::{TUNING, Tuning};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply, WorkItem};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    mut input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    tuning::check(&input)?;
    let name = input.get("HyperParameterTuningJobName").and_then(Value::as_str).unwrap_or_default();
    let name = name.to_owned();
    let arn = ctx.arn("sagemaker", &format!("hyper-parameter-tuning-job/{name}"));
    let record_key = key(&ctx.region, &name);
    if ctx.records::<Tuning>(TUNING).get(&record_key).await?.is_some() {
        return Err(Error::JobExists {
            noun: "Hyperparameter tuning job",
            lower: "hyperparameter tuning job",
            arn,
        });
    }
    let definition = input.get("TrainingJobDefinition").and_then(Value::as_object);
    if let Some(definition) = definition {
        jobs::assume(ctx, definition, "RoleArn", &arn).await?;
    }
    let parents = tuning::parents(ctx, &input).await?;
    let seed = input.get("HyperParameterTuningJobConfig").and_then(|it| it["RandomSeed"].as_u64());
    let mut batch = Batch::new();
    tag_new(&mut batch, &arn, input.remove("Tags").as_ref());
    let job = Tuning {
        name,
        region: ctx.region.clone(),
        arn: arn.clone(),
        request: input,
        status: Status::InProgress,
        failure_reason: None,
        created_ms: ctx.now_ms,
        modified_ms: ctx.now_ms,
        ended_ms: None,
        seed: seed.unwrap_or_else(|| ctx.kit.entropy.next_u64()),
        trials: Vec::new(),
        parents,
        is_satisfied: false,
    };
    tuning::put(&mut batch, &job, Expect::Absent);
    let item = WorkItem::new(tuning::WORK, record_key, &ctx.region, ctx.now_ms, &());
    let reply = Reply::with(json!({"HyperParameterTuningJobArn": arn}), batch).work(item);
    Ok(reply.work(tuning::announcement(ctx, &job)))
}
