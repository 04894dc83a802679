//! Map: runs its processor for every item.

use std::borrow::Cow;

use asl::jsonata::Expression;
use asl::path::Path;
use asl::program::{Map, MapItems, MapMode, NumberField, QueryLanguage};
use asl::value::json_text;
use serde_json::Value;

use crate::Data;
use crate::fan_out::Children;
use crate::frame::FanOut;
use crate::here::{Extra, Here, Run, Step, whole_number};
use crate::history::Detail;

/// Most iterations of an inline Map at the same time.
// AWS: Map state page.
const MAX_INLINE: u32 = 40;

pub(super) fn begin(here: &mut Here<'_, '_>, map: &Map) -> Run<Step> {
    if let MapMode::Distributed { .. } = map.mode
        && here.stage.notes.is_none()
    {
        return Err(here.runtime("refit does not run distributed Map states yet".into()));
    }
    let input = here.input()?;
    here.note_input(&input);
    // AWS: recorded: items that are none hide the other fields.
    let items = items(here, map, &input)?;
    let concurrency = concurrency(here, map, &input)?;
    if let MapMode::Distributed { fields, .. } = &map.mode {
        tolerance(here, fields, &input)?;
    }
    let length = items.value().as_array().map_or(0, Vec::len);
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    here.event(Detail::MapStateStarted { length })?;
    let fan_out = FanOut { children: length, concurrency, items: Some(items) };
    here.fan_out(fan_out, &Children::Items { machine: map.processor })
}

/// Writes down how many failures a distributed Map on trial tolerates.
fn tolerance(
    here: &mut Here<'_, '_>,
    fields: &serde_json::Map<String, Value>,
    input: &Data,
) -> Run<()> {
    let settings = [
        ("toleratedFailureCount", "ToleratedFailureCount", "ToleratedFailureCountPath"),
        (
            "toleratedFailurePercentage",
            "ToleratedFailurePercentage",
            "ToleratedFailurePercentagePath",
        ),
    ];
    for (shown, field, by_path) in settings {
        let value = match (fields.get(field), fields.get(by_path).and_then(Value::as_str)) {
            (Some(Value::String(text)), _) => match Expression::extract(text) {
                Some(source) => {
                    let expression = Expression::compile(source)
                        .map_err(|error| here.runtime(error.to_string()))?;
                    here.evaluate(&expression, field, input.value(), Extra::default())?
                }
                None => continue,
            },
            (Some(value), _) => value.clone(),
            (None, Some(text)) => {
                let path = Path::parse(text).map_err(|error| here.runtime(error.to_string()))?;
                let found = path.resolve(by_path, &here.scope(input.value()));
                found.map(Cow::into_owned).map_err(|error| here.fault(error, by_path))?
            }
            (None, None) => continue,
        };
        here.note_setting(shown, value);
    }
    Ok(())
}

fn items(here: &mut Here<'_, '_>, map: &Map, input: &Data) -> Run<Data> {
    if let MapMode::Distributed { fields, .. } = &map.mode
        && fields.contains_key("ItemReader")
    {
        let read = here.stage.notes.as_ref().and_then(|notes| notes.reader_items.clone());
        return Ok(read.unwrap_or_else(|| Data::new(Value::Array(Vec::new()))));
    }
    let (value, field, source) = match &map.items {
        MapItems::Input => (input.clone(), "ItemsPath", "$"),
        MapItems::Path(path) => {
            let found = path
                .get(&here.scope(input.value()))
                .map_err(|error| here.fault(error, "ItemsPath"))?;
            (Data::new(found.clone()), "ItemsPath", path.text())
        }
        MapItems::Expression(expression) => {
            let value = here.evaluate(expression, "Items", input.value(), Extra::default())?;
            if !value.is_array() {
                return Err(here.unexpected_type(expression, "Items", "array", &value));
            }
            return here.payload(value);
        }
        MapItems::Template(template) => {
            let value = here.fill(template, "Items", input.value(), Extra::default())?;
            (here.payload(value)?, "Items", "")
        }
    };
    if value.value().is_array() {
        if here.state.language == QueryLanguage::JsonPath {
            here.note("afterItemsPath", &value);
        }
        return Ok(value);
    }
    if field == "ItemsPath" {
        // AWS: recorded, also that a path into the context object loses its first `$`.
        let source = source.strip_prefix("$$").map_or(source.to_owned(), |rest| format!("${rest}"));
        return Err(here.runtime(format!("Reference path \"{source}\" must point to array.")));
    }
    // UNVERIFIED: AWS's words.
    Err(here.runtime(format!(
        "The field '{field}' must be an array, but was: {}",
        json_text(value.value())
    )))
}

fn concurrency(here: &mut Here<'_, '_>, map: &Map, input: &Data) -> Run<u32> {
    let wanted = match &map.max_concurrency {
        None => 0,
        Some(NumberField::Literal(number)) => *number,
        Some(NumberField::Path(path)) => {
            let found = path
                .resolve("MaxConcurrencyPath", &here.scope(input.value()))
                .map_err(|error| here.fault(error, "MaxConcurrencyPath"))?
                .into_owned();
            // AWS: recorded: a text with a number will do.
            let number =
                whole_number(&found).or_else(|| found.as_str().and_then(|text| text.parse().ok()));
            let Some(number) = number else {
                // AWS: recorded.
                let shown = match &found {
                    Value::String(text) => text.clone(),
                    other => json_text(other),
                };
                return Err(here.runtime(format!(
                    "The MaxConcurrencyPath field refers to value \"{shown}\" which is not a \
                     valid integer: {}",
                    path.text()
                )));
            };
            number
        }
        Some(NumberField::Expression(expression)) => {
            let field = "MaxConcurrency";
            let value = here.evaluate(expression, field, input.value(), Extra::default())?;
            whole_number(&value)
                .ok_or_else(|| here.unexpected_type(expression, field, "integer", &value))?
        }
    };
    here.note_setting("maxConcurrency", wanted);
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    Ok(if wanted == 0 { MAX_INLINE } else { wanted.min(MAX_INLINE) })
}
