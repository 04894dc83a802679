//! Algorithms of the account's own: a name for an image and its metrics.

use crate::Sagemaker;
use crate::error::Error;
use crate::images::{Asked, Way};
use crate::nouns::ALGORITHM;
use serde_json::{Map, Value};
use service::Ctx;

/// What `AlgorithmName` of a training job stands for: `TrainingImage` of its specification, whose metrics the request
/// gets unless it has its own. `None`: the request names an image, or a built-in algorithm by its bare name.
pub(crate) async fn resolve(
    service: &Sagemaker,
    ctx: &Ctx,
    input: &mut Map<String, Value>,
) -> Result<Option<Map<String, Value>>, Error> {
    let Some(Value::Object(given)) = input.get_mut("AlgorithmSpecification") else {
        return Ok(None);
    };
    let Some(name) = given.get("AlgorithmName").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(None);
    };
    let own = match ALGORITHM.named(ctx, &name).await {
        Ok(own) => own.value,
        Err(missing @ Error::Validation(_)) => {
            // Bare names of built-in algorithms are understood too.
            let known = service.images.way(&name, Asked::default());
            return if matches!(known, Ok(Way::BuiltIn(_))) { Ok(None) } else { Err(missing) };
        }
        Err(error) => return Err(error),
    };
    let specification = own.request.get("TrainingSpecification").unwrap_or(&Value::Null);
    if let Some(metrics) = specification.get("MetricDefinitions") {
        given.entry("MetricDefinitions").or_insert_with(|| metrics.clone());
    }
    let mut stands_for = Map::new();
    let image = specification.get("TrainingImage").cloned().unwrap_or_default();
    stands_for.insert("TrainingImage".to_owned(), image);
    Ok(Some(stands_for))
}
