//! `ListTrainingJobsForHyperParameterTuningJob`.

use crate::Sagemaker;
use crate::error::Error;
use crate::tuning;
use crate::tuning::records::Trial;
use serde_json::{Map, Value, json};
use service::{Ctx, PageToken, Reply, page_size};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let tuning = tuning::find(ctx, &input).await?.value;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let is_wanted =
        |trial: &&Trial| text("StatusEquals").is_none_or(|wanted| wanted == trial.status.word());
    let mut trials: Vec<&Trial> = tuning.trials.iter().filter(is_wanted).collect();
    match text("SortBy") {
        Some("CreationTime") => trials.sort_by_key(|trial| trial.created_ms),
        Some("Status") => trials.sort_by_key(|trial| trial.status.word()),
        Some("FinalObjectiveMetricValue") => {
            // AWS: jobs that did not return an objective are not listed.
            trials.retain(|trial| trial.objective.is_some());
            trials.sort_by(|a, b| {
                a.objective.partial_cmp(&b.objective).unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        _ => trials.sort_by(|a, b| a.job.cmp(&b.job)),
    }
    if text("SortOrder") == Some("Descending") {
        trials.reverse();
    }
    let size = page_size(input.get("MaxResults").and_then(Value::as_i64), 10, 100);
    let mut asked = input.clone();
    asked.remove("NextToken");
    asked.remove("MaxResults");
    let question = Value::Object(asked).to_string();
    let token = PageToken { question: &question };
    let from = token.read(text("NextToken"), "ValidationException")?;
    let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or(0);
    let page = trials.iter().skip(from).take(size).map(|trial| tuning::trial(&tuning, trial));
    let page: Vec<Value> = page.collect();
    let next = from.saturating_add(size);
    let next = (next < trials.len()).then(|| token.make(&next.to_string()));
    Ok(Reply::new(json!({"TrainingJobSummaries": page, "NextToken": next})))
}
