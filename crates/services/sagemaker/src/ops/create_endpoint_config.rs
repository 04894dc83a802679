//! `CreateEndpointConfig`.

use crate::Sagemaker;
use crate::error::Error;
use crate::models;
use crate::nouns::ENDPOINT_CONFIG;
use serde_json::{Map, Value};
use service::{Ctx, Reply};
use std::collections::HashSet;

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let variants = input.get("ProductionVariants").and_then(Value::as_array);
    let mut names = HashSet::new();
    for variant in variants.into_iter().flatten() {
        let name = variant.get("VariantName").and_then(Value::as_str).unwrap_or_default();
        if !names.insert(name) {
            return Err(Error::Validation(format!("Variant names must be unique: {name}.")));
        }
        let Some(model) = variant.get("ModelName") else {
            return Err(Error::Unsupported(
                "refit does not have inference components: every variant needs a ModelName."
                    .to_owned(),
            ));
        };
        let mut named = Map::new();
        named.insert("ModelName".to_owned(), model.clone());
        models::find(ctx, &named).await?;
    }
    if input.contains_key("ShadowProductionVariants") {
        return Err(Error::Unsupported("refit does not have shadow variants.".to_owned()));
    }
    ENDPOINT_CONFIG.create(ctx, input).await
}
