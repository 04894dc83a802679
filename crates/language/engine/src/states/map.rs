//! Map: runs its processor for every item.

use asl::program::{Map, MapItems, MapMode, NumberField};
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
    if let MapMode::Distributed { .. } = map.mode {
        return Err(here.runtime("refit does not run distributed Map states yet".into()));
    }
    let input = here.input()?;
    let concurrency = concurrency(here, map, &input)?;
    let items = items(here, map, &input)?;
    let length = items.value().as_array().map_or(0, Vec::len);
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    here.event(Detail::MapStateStarted { length })?;
    let fan_out = FanOut { children: length, concurrency, items: Some(items) };
    here.fan_out(fan_out, &Children::Items { machine: map.processor })
}

fn items(here: &mut Here<'_, '_>, map: &Map, input: &Data) -> Run<Data> {
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
        return Ok(value);
    }
    // UNVERIFIED: AWS's words.
    Err(here.runtime(format!(
        "Reference path \"{source}\" of the field '{field}' must point to array, but was: {}",
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
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    Ok(if wanted == 0 { MAX_INLINE } else { wanted.min(MAX_INLINE) })
}
