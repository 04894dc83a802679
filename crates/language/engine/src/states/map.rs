//! Map: runs its processor for every item.

use asl::program::{Distributed, Map, MapItems, MapMode, NumberField, QueryLanguage};
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
    if let MapMode::Distributed(distributed) = &map.mode
        && here.stage.notes.is_none()
    {
        return super::distributed::begin(here, map, distributed);
    }
    let input = here.input()?;
    here.note_input(&input);
    // AWS: recorded: items that are none hide the other fields.
    let items = items(here, map, &input, false)?;
    let concurrency = concurrency(here, map, &input)?;
    if let MapMode::Distributed(distributed) = &map.mode {
        note_tolerance(here, distributed, &input)?;
    }
    let concurrency = u32::try_from(concurrency).unwrap_or(u32::MAX);
    let concurrency = if concurrency == 0 { MAX_INLINE } else { concurrency.min(MAX_INLINE) };
    let length = items.value().as_array().map_or(0, Vec::len);
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    here.event(Detail::MapStateStarted { length })?;
    let fan_out = FanOut { children: length, concurrency, items: Some(items) };
    here.fan_out(fan_out, &Children::Items { machine: map.processor })
}

/// Writes down how many failures a distributed Map on trial tolerates.
fn note_tolerance(here: &mut Here<'_, '_>, map: &Distributed, input: &Data) -> Run<()> {
    let tolerance = super::distributed::tolerance(here, map, input)?;
    if let Some(count) = tolerance.count {
        here.note_setting("toleratedFailureCount", count);
    }
    if let Some(percentage) = tolerance.percentage {
        // AWS: recorded: a whole number is shown as written.
        let whole = percentage.fract() == 0.0;
        let shown = if whole { Value::from(percentage as u64) } else { Value::from(percentage) };
        here.note_setting("toleratedFailurePercentage", shown);
    }
    Ok(())
}

/// The items as the state's input holds them. `objects`: the entries of an object will do, too.
pub(super) fn items(here: &mut Here<'_, '_>, map: &Map, input: &Data, objects: bool) -> Run<Data> {
    if let MapMode::Distributed(distributed) = &map.mode
        && distributed.reader.is_some()
    {
        let read = here.stage.notes.as_ref().and_then(|notes| notes.reader_items.clone());
        return Ok(read.unwrap_or_else(|| Data::new(Value::Array(Vec::new()))));
    }
    let fits = |value: &Value| value.is_array() || (objects && value.is_object());
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
            if !fits(&value) {
                return Err(here.unexpected_type(expression, "Items", "array", &value));
            }
            return here.payload(value);
        }
        MapItems::Template(template) => {
            let value = here.fill(template, "Items", input.value(), Extra::default())?;
            (here.payload(value)?, "Items", "")
        }
    };
    if fits(value.value()) {
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

/// `MaxConcurrency`; 0 when there is none.
pub(super) fn concurrency(here: &mut Here<'_, '_>, map: &Map, input: &Data) -> Run<u64> {
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
    Ok(wanted)
}
