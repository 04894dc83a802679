//! `UpdateTrialComponent`: parameters and artefacts are merged, others replaced.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::TRIAL_COMPONENT;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    TRIAL_COMPONENT.update(ctx, input, merge).await
}

/// Members with entries of their own, of which some may be removed.
const MAPS: [&str; 3] = ["Parameters", "InputArtifacts", "OutputArtifacts"];

fn merge(request: &mut Map<String, Value>, mut input: Map<String, Value>) {
    for member in MAPS {
        let removed = input.remove(&format!("{member}ToRemove"));
        let added = input.remove(member);
        let entries = request.entry(member).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(entries) = entries else { continue };
        for name in removed.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
            entries.remove(name);
        }
        if let Some(Value::Object(added)) = added {
            entries.extend(added);
        }
    }
    request.extend(input);
}
