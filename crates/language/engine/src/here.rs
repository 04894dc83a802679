//! One state at work: its frame, its fields, and the way data takes through it.

use std::sync::Arc;

use asl::program::{Flow, NumberField, PathField, ResultPath, State, Template, TextField};
use asl::states_error::{DATA_LIMIT_EXCEEDED, StatesError};
use asl::value::{Scope, json_text, type_name};
use asl::{jsonata, program};
use serde_json::{Map, Value};

use crate::context::{Sight, sight};
use crate::data::too_deep;
use crate::fault::{Evaluation, Fault, Halt, Stop};
use crate::frame::Frame;
use crate::history::{Detail, StateType};
use crate::quarantine::Quarantine;
use crate::stage::Stage;
use crate::{Data, FrameId};

/// Most bytes of a payload as JSON text.
// AWS: quotas page: 256 KiB.
const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// Variables on their way into the frame.
pub(crate) type Assigned = Vec<(Arc<str>, Data)>;

/// What becomes of a frame after a state has done its part.
pub(crate) enum Step {
    /// The next state is to be entered.
    Next(usize, Data),
    /// The frame has reached an end.
    End(Data),
    /// The frame waits.
    Wait,
}

/// Result of working on a state.
pub(crate) type Run<T> = Result<T, Stop>;

/// A state at work.
pub(crate) struct Here<'h, 'a> {
    pub(crate) stage: &'h mut Stage<'a>,
    pub(crate) id: FrameId,
    pub(crate) frame: &'h mut Frame,
    pub(crate) state: &'a State,
    pub(crate) sight: Sight,
}

/// What a JSONata field sees besides input and context.
#[derive(Clone, Copy, Default)]
pub(crate) struct Extra<'v> {
    pub(crate) result: Option<&'v Value>,
    pub(crate) error_output: Option<&'v Value>,
}

impl<'h, 'a> Here<'h, 'a> {
    pub(crate) fn new(
        stage: &'h mut Stage<'a>,
        id: FrameId,
        frame: &'h mut Frame,
        state: &'a State,
        token: Option<&str>,
    ) -> Self {
        let sight = sight(stage, frame, state, token, None);
        Self { stage, id, frame, state, sight }
    }

    /// Adds an event to the frame's chain.
    pub(crate) fn event(&mut self, detail: Detail) -> Result<u64, Halt> {
        let id = self.stage.event(self.frame.last_event, detail)?;
        self.frame.last_event = id;
        Ok(id)
    }

    /// Adds an event that the next one does not follow from.
    pub(crate) fn event_aside(&mut self, detail: Detail) -> Result<u64, Halt> {
        self.stage.event(self.frame.last_event, detail)
    }

    /// Makes a task's token visible to the state's fields.
    pub(crate) fn show_token(&mut self, token: &str) {
        self.sight = sight(self.stage, self.frame, self.state, Some(token), None);
    }

    /// The frame waits for something its state cannot wait for.
    pub(crate) fn wrong_phase(&self) -> Quarantine {
        Quarantine::WrongPhase { frame: self.id.0, state: self.frame.state.to_string() }
    }

    /// The name of the field with a request, in the state's language.
    pub(crate) fn arguments_field(&self) -> &'static str {
        match self.state.language {
            program::QueryLanguage::JsonPath => "Parameters",
            program::QueryLanguage::Jsonata => "Arguments",
        }
    }

    /// A failure of the interpreter in a field of this state.
    pub(crate) fn fault(&self, error: StatesError, field: &str) -> Stop {
        if self.stage.notes.is_some() {
            // AWS: recorded for `ItemsPath`: in a trial the cause does not name the state.
            return Fault::plain(&error.error, error.cause).into();
        }
        Fault::of_state(error, self.frame, field).into()
    }

    /// Writes down what the data of a state on trial has become.
    pub(crate) fn note(&mut self, name: &'static str, data: &Data) {
        if let Some(notes) = &mut self.stage.notes {
            notes.seen.insert(name.to_owned(), data.text().into());
        }
    }

    /// Writes down a setting of a state on trial.
    pub(crate) fn note_setting(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(notes) = &mut self.stage.notes {
            notes.seen.insert(name.to_owned(), value.into());
        }
    }

    /// Writes down the input after `InputPath`, which JSONata has not.
    pub(crate) fn note_input(&mut self, input: &Data) {
        if self.state.language == program::QueryLanguage::JsonPath {
            self.note("afterInputPath", input);
        }
    }

    /// Writes down the request, or what stands for it.
    pub(crate) fn note_arguments(&mut self, arguments: &Data) {
        let name = match self.state.language {
            program::QueryLanguage::JsonPath => "afterParameters",
            program::QueryLanguage::Jsonata => "afterArguments",
        };
        self.note(name, arguments);
    }

    /// A `States.Runtime` failure in this state.
    pub(crate) fn runtime(&self, cause: String) -> Stop {
        self.fault(StatesError::runtime(cause), "")
    }

    /// The state's input after `InputPath`.
    pub(crate) fn input(&self) -> Run<Data> {
        let raw = self.frame.input.clone();
        self.through(&self.state.input_path, "InputPath", raw)
    }

    /// What leaves the state, after `OutputPath`.
    pub(crate) fn output(&self, data: Data) -> Run<Data> {
        self.through(&self.state.output_path, "OutputPath", data)
    }

    fn through(&self, path: &PathField, field: &str, data: Data) -> Run<Data> {
        match path {
            PathField::Whole => Ok(data),
            PathField::Nothing => Ok(Data::new(Value::Object(Map::new()))),
            PathField::Path(path) => {
                let found = path
                    .resolve_field(field, &self.scope(data.value()))
                    .map_err(|error| self.fault(error, field))?;
                Ok(Data::new(found.into_owned()))
            }
        }
    }

    pub(crate) fn scope<'v>(&'v self, input: &'v Value) -> Scope<'v> {
        Scope { input, context: &self.sight.context, variables: &self.sight.variables }
    }

    /// Fills a template in.
    pub(crate) fn fill(
        &mut self,
        template: &Template,
        field: &str,
        input: &Value,
        extra: Extra<'_>,
    ) -> Run<Value> {
        let filled = match template {
            Template::Payload(template) => {
                let Sight { context, variables } = &self.sight;
                let scope = Scope { input, context, variables };
                template.eval(&scope, self.stage.entropy)
            }
            Template::Jsonata(template) => {
                let mut frame = jsonata_frame(&self.sight, self.stage, input, extra);
                template.eval(field, &mut frame)
            }
        };
        filled.map_err(|error| self.fault(error, field))
    }

    /// Evaluates an expression.
    pub(crate) fn evaluate(
        &mut self,
        expression: &jsonata::Expression,
        field: &str,
        input: &Value,
        extra: Extra<'_>,
    ) -> Run<Value> {
        let mut frame = jsonata_frame(&self.sight, self.stage, input, extra);
        expression.evaluate(field, &mut frame).map_err(|error| self.fault(error, field))
    }

    /// An expression gave a value of the wrong type.
    // AWS: recorded for `Items`.
    pub(crate) fn unexpected_type(
        &self,
        expression: &jsonata::Expression,
        field: &str,
        expected: &str,
        value: &Value,
    ) -> Stop {
        let cause = format!(
            "The JSONata expression '{}' specified for the field '{field}' returned an unexpected \
             result type. Expected '{expected}', but was '{}' for value: {}",
            expression.source(),
            type_name(value),
            json_text(value)
        );
        self.fault(StatesError::query_evaluation(cause), field)
    }

    /// A JSONata value that was computed well but cannot be used.
    // AWS: recorded for `Timestamp`: unlike a failed expression it follows from the entry.
    pub(crate) fn unusable(&self, field: &str, cause: String) -> Stop {
        if self.stage.notes.is_some() {
            return self.fault(StatesError::query_evaluation(cause), field);
        }
        let mut fault = Fault::of_state(StatesError::query_evaluation(cause), self.frame, field);
        fault.evaluation =
            Some(Evaluation { location: field.into(), previous_event: self.frame.last_event });
        fault.into()
    }

    /// A text field; `name` is without `Path`.
    pub(crate) fn text(&mut self, field: &TextField, name: &str, input: &Value) -> Run<Arc<str>> {
        let by_path = format!("{name}Path");
        let value = match field {
            TextField::Literal(text) => return Ok(Arc::clone(text)),
            TextField::Path(path) => path
                .resolve(&by_path, &self.scope(input))
                .map(std::borrow::Cow::into_owned)
                .map_err(|error| self.fault(error, &by_path))?,
            TextField::Intrinsic(intrinsic) => {
                let Sight { context, variables } = &self.sight;
                let scope = Scope { input, context, variables };
                intrinsic
                    .eval(&scope, self.stage.entropy)
                    .map(std::borrow::Cow::into_owned)
                    .map_err(|error| self.fault(error, &by_path))?
            }
            TextField::Expression(expression) => {
                let value = self.evaluate(expression, name, input, Extra::default())?;
                let Value::String(text) = value else {
                    return Err(self.unexpected_type(expression, name, "string", &value));
                };
                return Ok(text.into());
            }
        };
        match value {
            Value::String(text) => Ok(text.into()),
            // UNVERIFIED: AWS's words.
            other => Err(self.runtime(format!(
                "The {by_path} field refers to a value that is not a string: {}",
                json_text(&other)
            ))),
        }
    }

    /// A number of seconds; `name` is without `Path`.
    pub(crate) fn seconds(&mut self, field: &NumberField, name: &str, input: &Value) -> Run<u64> {
        match field {
            NumberField::Literal(seconds) => Ok(*seconds),
            NumberField::Path(path) => {
                let by_path = format!("{name}Path");
                let text = path.text();
                let found = path
                    .resolve_field(&by_path, &self.scope(input))
                    .map_err(|error| match name {
                        // AWS: as an independent emulator's authors recorded it.
                        "Seconds" => StatesError::runtime(format!(
                            "The SecondsPath parameter does not reference an input value: {text}"
                        )),
                        _ => error,
                    })
                    .map_err(|error| self.fault(error, &by_path))?
                    .into_owned();
                match found.as_i64() {
                    Some(seconds) => u64::try_from(seconds).map_err(|_| {
                        // AWS: recorded for SecondsPath, as is the next.
                        self.runtime(format!(
                            "The {by_path} parameter references a negative value: {text} == {found}"
                        ))
                    }),
                    None => Err(self.runtime(format!(
                        "The {by_path} parameter cannot be parsed as a long value: {text} == {found}"
                    ))),
                }
            }
            NumberField::Expression(expression) => {
                let value = self.evaluate(expression, name, input, Extra::default())?;
                whole_number(&value)
                    .ok_or_else(|| self.unexpected_type(expression, name, "integer", &value))
            }
        }
    }

    /// Variables of an `Assign`, evaluated with the variables as they are.
    pub(crate) fn assign(
        &mut self,
        assign: Option<&program::Assign>,
        field: &str,
        input: &Value,
        extra: Extra<'_>,
    ) -> Run<Assigned> {
        let Some(assign) = assign else { return Ok(Vec::new()) };
        let Value::Object(values) = self.fill(assign, field, input, extra)? else {
            return Ok(Vec::new());
        };
        let mut assigned = Vec::with_capacity(values.len());
        for (name, value) in values {
            assigned.push((Arc::from(name), self.payload(value)?));
        }
        Ok(assigned)
    }

    /// Makes a payload of a value, within the limits.
    pub(crate) fn payload(&self, value: Value) -> Run<Data> {
        if too_deep(&value) {
            // Deeper than the JSON reader goes: it could be stored but not read back.
            return Err(self.runtime(format!(
                "The payload is nested deeper than {} levels",
                crate::MAX_DEPTH
            )));
        }
        self.within_limit(Data::new(value))
    }

    /// Checks the size of a payload.
    pub(crate) fn within_limit(&self, data: Data) -> Run<Data> {
        // AWS: recorded for a Pass state.
        within_limit(data, &self.frame.state)
    }

    /// The way from a state's result to its end: `ResultSelector`, `Assign`, `ResultPath`,
    /// `OutputPath`; or JSONata's `Assign` and `Output`.
    pub(crate) fn finish(
        &mut self,
        result: Data,
        selector: Option<&asl::template::PayloadTemplate>,
        result_path: &ResultPath,
        flow: Flow,
    ) -> Run<Step> {
        let (output, assigned) = match self.state.language {
            program::QueryLanguage::JsonPath => {
                let result = match selector {
                    None => result,
                    Some(selector) => self.select(selector, &result)?,
                };
                // AWS: recorded: only states that have these fields show them.
                let shown = !matches!(
                    self.state.kind,
                    program::StateKind::Succeed | program::StateKind::Wait(_)
                );
                if shown {
                    self.note("afterResultSelector", &result);
                }
                let assign = self.state.assign.as_ref();
                let assigned = self.assign(assign, "Assign", result.value(), Extra::default())?;
                let combined = self.combine(result, result_path)?;
                if shown {
                    self.note("afterResultPath", &combined);
                }
                (self.output(combined)?, assigned)
            }
            program::QueryLanguage::Jsonata => {
                let extra = Extra { result: Some(result.value()), error_output: None };
                self.jsonata_output(extra, result.clone())?
            }
        };
        self.exit(output, assigned, flow)
    }

    fn select(&mut self, selector: &asl::template::PayloadTemplate, result: &Data) -> Run<Data> {
        let Sight { context, variables } = &self.sight;
        let scope = Scope { input: result.value(), context, variables };
        let selected = selector
            .eval(&scope, self.stage.entropy)
            .map_err(|error| self.fault(error, "ResultSelector"))?;
        self.payload(selected)
    }

    /// JSONata's `Assign` and `Output` of the state; without `Output` the output is `otherwise`.
    pub(crate) fn jsonata_output(
        &mut self,
        extra: Extra<'_>,
        otherwise: Data,
    ) -> Run<(Data, Assigned)> {
        let input = self.frame.input.clone();
        let state = self.state;
        let assigned = self.assign(state.assign.as_ref(), "Assign", input.value(), extra)?;
        let output = match &state.output {
            None => otherwise,
            Some(output) => {
                let output = self.fill(output, "Output", input.value(), extra)?;
                self.payload(output)?
            }
        };
        Ok((output, assigned))
    }

    /// Puts a result into the state's raw input, as `ResultPath` says.
    pub(crate) fn combine(&self, result: Data, result_path: &ResultPath) -> Run<Data> {
        match result_path {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(self.frame.input.clone()),
            ResultPath::At(path) => {
                let raw = self.frame.input.value().clone();
                let combined = path
                    .insert(raw, result.value().clone())
                    .map_err(|error| self.fault(error, "ResultPath"))?;
                self.payload(combined)
            }
        }
    }

    /// Leaves the state.
    pub(crate) fn exit(&mut self, output: Data, assigned: Assigned, flow: Flow) -> Run<Step> {
        let output = self.within_limit(output)?;
        if !assigned.is_empty() {
            let variables = Arc::make_mut(&mut self.frame.variables);
            variables.extend(assigned.iter().cloned());
        }
        self.event(Detail::StateExited {
            state_type: state_type(self.state),
            name: Arc::clone(&self.frame.state),
            output: output.clone(),
            assigned,
        })?;
        Ok(match flow {
            Flow::Next(index) => Step::Next(index, output),
            Flow::End => Step::End(output),
        })
    }
}

fn jsonata_frame<'v>(
    sight: &'v Sight,
    stage: &'v mut Stage<'_>,
    input: &'v Value,
    extra: Extra<'v>,
) -> jsonata::Frame<'v> {
    jsonata::Frame {
        input,
        context: &sight.context,
        result: extra.result,
        error_output: extra.error_output,
        variables: &sight.variables,
        now_ms: stage.now_ms,
        random: &mut *stage.entropy,
        limits: jsonata::Limits::default(),
    }
}

/// A number that is whole and not negative, however it is written.
pub(crate) fn whole_number(value: &Value) -> Option<u64> {
    let Value::Number(number) = value else { return None };
    u64::try_from(asl::value::number_is_integer(number)?).ok()
}

/// The word of a state's type in its events.
pub(crate) fn state_type(state: &State) -> StateType {
    use asl::program::StateKind as Kind;
    match state.kind {
        Kind::Pass(_) => StateType::Pass,
        Kind::Task(_) => StateType::Task,
        Kind::Choice(_) => StateType::Choice,
        Kind::Wait(_) => StateType::Wait,
        Kind::Parallel(_) => StateType::Parallel,
        Kind::Map(_) => StateType::Map,
        Kind::Succeed => StateType::Succeed,
        Kind::Fail(_) => StateType::Fail,
    }
}

/// Checks the size of a payload that `who`, a state or what a task calls, has made.
pub(crate) fn within_limit(data: Data, who: &str) -> Run<Data> {
    if data.text().len() <= MAX_PAYLOAD_BYTES {
        return Ok(data);
    }
    let cause = format!(
        "The state/task '{who}' returned a result with a size exceeding the maximum number of \
         bytes service limit."
    );
    Err(Fault::plain(DATA_LIMIT_EXCEEDED, cause).into())
}
