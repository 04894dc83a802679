//! Map in distributed mode: asks for a map run and waits for its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl::program::{
    ContextUse, Distributed, ItemBatcher, ItemReader, Map, NumberField, PercentageField,
    ResultWriter, StateKind, Template, Transformation,
};
use asl::value::uuid_v4;
use serde_json::Value;

use super::map::{concurrency, items};
use crate::effect::Effect;
use crate::fault::Fault;
use crate::frame::Phase;
use crate::here::{Extra, Here, Run, Step};
use crate::history::{Detail, Failure};
use crate::map_run::{BatcherSpec, MapRun, ReaderSpec, ResultForm, WriterSpec};
use crate::{Data, KeyKind, Tolerance};

/// What has become of a map run.
pub(crate) enum MapRunNews {
    /// It is done, with this output.
    Succeeded(Data),
    /// It failed.
    Failed(Failure),
}

pub(super) fn begin(here: &mut Here<'_, '_>, map: &Map, distributed: &Distributed) -> Run<Step> {
    let input = here.input()?;
    let reader = match &distributed.reader {
        None => None,
        Some(reader) => Some(read(here, reader, &input)?),
    };
    let items = match reader {
        None => Some(items(here, map, &input, true)?),
        Some(_) => None,
    };
    let max_concurrency = concurrency(here, map, &input)?;
    let tolerance = tolerance(here, distributed, &input)?;
    let batcher = match &distributed.batcher {
        None => None,
        Some(batcher) => Some(batch(here, batcher, &input)?),
    };
    let writer = match &distributed.writer {
        None => None,
        Some(writer) => Some(write(here, writer, &input)?),
    };
    let uuid = uuid_v4(here.stage.entropy);
    let label =
        distributed.label.clone().unwrap_or_else(|| uuid_v4(here.stage.entropy).as_str().into());
    let selects = map.item_selector.is_some();
    let shows = selects && here.state.context_use != ContextUse::None;
    let run = MapRun {
        key: here.frame.key(here.id, KeyKind::MapRun),
        map_run_arn: arn(&here.stage.base.identity.state_machine_arn, &label, &uuid),
        label,
        state_name: Arc::clone(&here.frame.state),
        machine: here.frame.machine,
        express: distributed.express,
        definition: Arc::clone(&distributed.definition),
        items,
        reader,
        batcher,
        writer,
        max_concurrency,
        tolerance,
        input: selects.then(|| input.clone()),
        context: shows.then(|| Data::new(here.sight.context.clone())),
        variables: if selects { variables(here) } else { BTreeMap::new() },
        redrive_count: 0,
    };
    // AWS: recorded: items that are read elsewhere are not counted here.
    let length = run.items.as_ref().map_or(0, |items| length(items.value()));
    here.event(Detail::MapStateStarted { length })?;
    here.event(Detail::MapRunStarted { arn: Arc::clone(&run.map_run_arn) })?;
    Ok(wait(here, Box::new(run)))
}

/// Takes a run up again after it failed or was given up: it keeps its ARN and the results it has.
// AWS: redrive page: the event and its details.
pub(crate) fn redrive(here: &mut Here<'_, '_>, mut run: Box<MapRun>) -> Run<Step> {
    run.key = here.frame.key(here.id, KeyKind::MapRun);
    run.redrive_count = run.redrive_count.saturating_add(1);
    let (arn, count) = (Arc::clone(&run.map_run_arn), run.redrive_count);
    here.event(Detail::MapRunRedriven { arn, count })?;
    Ok(wait(here, run))
}

fn wait(here: &mut Here<'_, '_>, run: Box<MapRun>) -> Step {
    here.stage.effects.push(Effect::StartMapRun(run.clone()));
    here.frame.phase = Phase::WaitingMapRun(run);
    Step::Wait
}

/// Goes on with a frame whose map run has ended.
pub(crate) fn news(here: &mut Here<'_, '_>, news: MapRunNews) -> Run<Step> {
    let StateKind::Map(map) = &here.state.kind else { return Err(here.wrong_phase().into()) };
    match news {
        MapRunNews::Succeeded(output) => {
            here.frame.phase = Phase::Ready;
            // AWS: recorded: the exit follows from the start of the run (until 2024 from its end).
            let ended = here.event_aside(Detail::MapRunSucceeded)?;
            here.stage.event(ended, Detail::MapStateSucceeded)?;
            let output = here.within_limit(output)?;
            let work = &map.work;
            here.finish(output, work.result_selector.as_ref(), &work.result_path, work.flow)
        }
        MapRunNews::Failed(failure) => {
            // The frame keeps the run, so that a redrive goes on with it.
            here.event(Detail::MapRunFailed(failure.clone()))?;
            Err(Fault::of(failure).into())
        }
    }
}

/// The ARN of a run of the state machine.
fn arn(state_machine_arn: &str, label: &str, uuid: &str) -> Arc<str> {
    format!("{}/{label}:{uuid}", state_machine_arn.replacen(":stateMachine:", ":mapRun:", 1)).into()
}

/// Every variable that the state can read, inner ones before outer ones of the same name.
fn variables(here: &Here<'_, '_>) -> BTreeMap<Arc<str>, Data> {
    let mut all = BTreeMap::new();
    for scope in here.sight.variables.scopes() {
        for (name, value) in scope.iter() {
            all.entry(Arc::clone(name)).or_insert_with(|| value.clone());
        }
    }
    all
}

fn filled(
    here: &mut Here<'_, '_>,
    template: Option<&Template>,
    field: &str,
    input: &Data,
) -> Run<Data> {
    let Some(template) = template else {
        return Ok(Data::new(Value::Object(serde_json::Map::new())));
    };
    let filled = here.fill(template, field, input.value(), Extra::default())?;
    here.payload(filled)
}

fn number(
    here: &mut Here<'_, '_>,
    field: Option<&NumberField>,
    name: &str,
    input: &Data,
) -> Run<Option<u64>> {
    let Some(field) = field else { return Ok(None) };
    if let NumberField::Path(path) = field {
        let by_path = format!("{name}Path");
        let found = path
            .resolve(&by_path, &here.scope(input.value()))
            .map_err(|error| here.fault(error, &by_path))?;
        // AWS: recorded: a text with a number will do.
        if let Some(number) = found.as_str().and_then(|text| text.parse().ok()) {
            return Ok(Some(number));
        }
    }
    here.seconds(field, name, input.value()).map(Some)
}

fn read(here: &mut Here<'_, '_>, reader: &ItemReader, input: &Data) -> Run<ReaderSpec> {
    let field = format!("ItemReader/{}", here.arguments_field());
    let arguments = filled(here, reader.arguments.as_ref(), &field, input)?;
    let max_items = number(here, reader.max_items.as_ref(), "MaxItems", input)?;
    let config = reader.config.clone();
    Ok(ReaderSpec {
        resource: Arc::clone(&reader.resource),
        lists: reader.lists,
        arguments,
        input_type: config.input_type.map(|kind| kind.word().into()),
        flatten: config.flatten,
        csv_headers: config.csv_headers,
        csv_delimiter: config.csv_delimiter,
        items_pointer: config.items_pointer.map(Into::into),
        athena: config.athena,
        // AWS: ItemReader page: 0 is as if it were not there.
        max_items: max_items.filter(|most| *most > 0),
    })
}

fn batch(here: &mut Here<'_, '_>, batcher: &ItemBatcher, input: &Data) -> Run<BatcherSpec> {
    let max_items = number(here, batcher.max_items.as_ref(), "MaxItemsPerBatch", input)?;
    let max_bytes = number(here, batcher.max_bytes.as_ref(), "MaxInputBytesPerBatch", input)?;
    let batch_input = match &batcher.batch_input {
        None => None,
        Some(template) => Some(filled(here, Some(template), "ItemBatcher/BatchInput", input)?),
    };
    Ok(BatcherSpec { max_items, max_bytes, batch_input })
}

fn write(here: &mut Here<'_, '_>, writer: &ResultWriter, input: &Data) -> Run<WriterSpec> {
    let field = format!("ResultWriter/{}", here.arguments_field());
    let exports = writer.resource.is_some();
    let arguments =
        if exports { Some(filled(here, writer.arguments.as_ref(), &field, input)?) } else { None };
    let form = match writer.transformation {
        Some(Transformation::None) => ResultForm::None,
        Some(Transformation::Compact) => ResultForm::Compact,
        Some(Transformation::Flatten) => ResultForm::Flatten,
        None if exports => ResultForm::None,
        None => ResultForm::Compact,
    };
    Ok(WriterSpec { arguments, form, lines: writer.lines })
}

/// How many failures the state tolerates.
pub(super) fn tolerance(
    here: &mut Here<'_, '_>,
    map: &Distributed,
    input: &Data,
) -> Run<Tolerance> {
    let count = number(here, map.tolerated_count.as_ref(), "ToleratedFailureCount", input)?;
    let percentage = match &map.tolerated_percentage {
        None => None,
        Some(field) => Some(percentage(here, field, input)?),
    };
    Ok(Tolerance { count, percentage })
}

fn percentage(here: &mut Here<'_, '_>, field: &PercentageField, input: &Data) -> Run<f64> {
    let name = "ToleratedFailurePercentage";
    let (value, shown) = match field {
        PercentageField::Literal(number) => return Ok(*number),
        PercentageField::Path(path) => {
            let by_path = format!("{name}Path");
            let found = path
                .resolve(&by_path, &here.scope(input.value()))
                .map_err(|error| here.fault(error, &by_path))?
                .into_owned();
            (found, by_path)
        }
        PercentageField::Expression(expression) => {
            let value = here.evaluate(expression, name, input.value(), Extra::default())?;
            if !value.is_number() {
                return Err(here.unexpected_type(expression, name, "number", &value));
            }
            (value, name.to_owned())
        }
    };
    // AWS: recorded: a text with a number will do.
    let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match number.filter(|number| (0.0..=100.0).contains(number)) {
        Some(number) => Ok(number),
        // UNVERIFIED: AWS's words.
        None => Err(here.runtime(format!(
            "The {shown} field must be a number between 0 and 100, but was: {value}"
        ))),
    }
}

fn length(items: &Value) -> u32 {
    let length = match items {
        Value::Array(items) => items.len(),
        Value::Object(entries) => entries.len(),
        _ => 0,
    };
    u32::try_from(length).unwrap_or(u32::MAX)
}
