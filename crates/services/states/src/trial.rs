//! Trying one state: what is asked for, checked as AWS does, and run by the engine.

mod checks;
mod definition;

use crate::error::Error;
use crate::integration::http;
use crate::ops::test_state::{Outcome, Request};
use crate::{arns, execution, integration};
use driver::{TaskFailure, TaskRequest};
use engine::{
    Answer, Data, Entropy, Failure, Identity, MachineKind, ScheduleTask, Standing, Trial,
    TrialReport, TrialSpec, Verdict,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use service::Ctx;
use std::sync::Arc;
use std::time::Duration;

/// How long a state may run.
// AWS: API reference: five minutes, then States.Timeout.
const LONGEST: Duration = Duration::from_mins(5);

/// `mock`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Mock {
    pub(crate) result: Option<String>,
    pub(crate) error_output: Option<MockError>,
    pub(crate) field_validation_mode: Option<String>,
}

/// `errorOutput` of a mock.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MockError {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

/// Tries the state. Answers what came of it, and what keys of effects begin with if it called a service.
pub(crate) async fn run(ctx: &Ctx, input: &Request) -> Result<(Outcome, Option<String>), Error> {
    let (program, name) = definition::read(input)?;
    let state = definition::find(&program, &name)?;
    let mocked = checks::check(ctx, input, &program, state)?;
    let identity = identity(ctx, input)?;
    let reader_items = input.state_configuration.map_item_reader_data.as_deref();
    let spec = TrialSpec {
        state: name.as_str().into(),
        identity: identity.clone(),
        variables: checks::variables(input)?,
        context: input.context.as_deref().map(checks::context).transpose()?,
        retries: input.state_configuration.retrier_retry_count.unwrap_or(0),
        reader_items: reader_items.map(checks::reader_items).transpose()?,
    };
    let trial = Trial::new(&program, spec).ok_or_else(definition::not_found)?;
    let seen = http::Seen::default();
    if input.reveal_secrets {
        http::may_reveal(ctx, &ctx.principal).await?;
    }
    let mut run = Run { ctx, input, identity: Arc::new(identity), trial, asked: false, seen };
    let report = run.finish(mocked).await?;
    let prefix = run.asked.then(|| run.effect_prefix());
    let mut outcome = output(input, report);
    if let ("TRACE", Some(data)) =
        (input.inspection_level.as_deref().unwrap_or_default(), &mut outcome.inspection_data)
    {
        let parts = [("request", run.seen.request), ("response", run.seen.response)];
        data.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))));
    }
    Ok((outcome, prefix))
}

/// The execution that the state's context object shows.
fn identity(ctx: &Ctx, input: &Request) -> Result<Identity, Error> {
    let data = execution::read_input(input.input.as_deref().unwrap_or("{}"))?;
    let (machine, name) = (ctx.uuid(), ctx.uuid());
    if let Some(role_arn) = &input.role_arn {
        arns::require_role(role_arn)?;
    }
    Ok(Identity {
        execution_arn: ctx.arn("states", &format!("express:{machine}:{name}")).into(),
        name: name.into(),
        state_machine_arn: arns::machine(ctx, &machine).into(),
        state_machine_name: machine.into(),
        role_arn: input.role_arn.as_deref().unwrap_or_default().into(),
        state_machine_alias_arn: None,
        state_machine_version_arn: None,
        kind: MachineKind::Express,
        input: data,
        start_ms: ctx.now_ms,
    })
}

/// A trial on its way.
struct Run<'a> {
    ctx: &'a Ctx,
    input: &'a Request,
    identity: Arc<Identity>,
    trial: Trial<'a>,
    /// Whether a service was called.
    asked: bool,
    /// What an HTTP task sent and got.
    seen: http::Seen,
}

impl Run<'_> {
    fn entropy(&self) -> Entropy {
        let mut seed = [0; 32];
        self.ctx.kit.entropy.fill(&mut seed);
        Entropy::from_seed(seed)
    }

    fn effect_prefix(&self) -> String {
        format!("{}#", self.identity.execution_arn)
    }

    async fn finish(&mut self, mocked: Option<Answer>) -> Result<TrialReport, Error> {
        let mut entropy = self.entropy();
        let mut standing =
            self.trial.begin(self.ctx.now_ms, &mut entropy).map_err(|broken| fault(&broken))?;
        loop {
            let answer = match (&standing, &mocked) {
                (Standing::Done(report), _) => return Ok(report.clone()),
                (Standing::Children { count }, Some(mock)) => {
                    checks::children(self.input, self.trial.state(), *count, mock)?
                }
                (Standing::Task(_), Some(mock)) => mock.clone(),
                (Standing::Task(task), None) => self.carry_out(task.clone()).await,
                (Standing::Wait { due_ms }, _) => match self.wait(*due_ms).await {
                    Ok(()) => Answer::TimeIsUp,
                    Err(failure) => Answer::Failed(failure),
                },
                (Standing::Children { .. }, None) => return Err(checks::not_without_mock()),
            };
            let now_ms = self.ctx.kit.clock.now_ms();
            standing =
                self.trial.answer(answer, now_ms, &mut entropy).map_err(|broken| fault(&broken))?;
        }
    }

    async fn wait(&self, due_ms: i64) -> Result<(), Failure> {
        let ms = due_ms.saturating_sub(self.ctx.kit.clock.now_ms()).max(0);
        let wanted = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        tokio::time::sleep(wanted.min(LONGEST)).await;
        if wanted > LONGEST { Err(timeout()) } else { Ok(()) }
    }

    async fn carry_out(&mut self, task: Box<ScheduleTask>) -> Answer {
        self.asked = true;
        let own = task.timeout_seconds.map(Duration::from_secs).filter(|own| *own <= LONGEST);
        let request = TaskRequest {
            execution: self.identity.clone(),
            attributes: Arc::new(Value::Null),
            effect_key: format!("{}{}", self.effect_prefix(), task.key),
            is_stored: true,
            submitted: false,
            task,
        };
        let (kit, reveal, seen) = (&self.ctx.kit, self.input.reveal_secrets, &mut self.seen);
        let is_http = http::is_named_by(&request.task.resource_type, &request.task.resource_name);
        let performing = async {
            if is_http {
                http::invoke(kit, &request, reveal, seen).await.map(Data::new)
            } else {
                integration::perform_once(kit, &request).await
            }
        };
        match tokio::time::timeout(own.unwrap_or(LONGEST), performing).await {
            Ok(Ok(result)) => Answer::Result(result),
            Ok(Err(TaskFailure { error, cause })) => Answer::Failed(Failure { error, cause }),
            Err(_) if own.is_some() => Answer::TimeIsUp,
            Err(_) => Answer::Failed(timeout()),
        }
    }
}

fn timeout() -> Failure {
    Failure { error: Some("States.Timeout".into()), cause: None }
}

fn fault(broken: &engine::Quarantine) -> Error {
    tracing::error!(%broken, "a state could not be tried");
    Error::Other(service::AwsError::fault("InternalFailure", broken.to_string(), 500))
}

/// What the operation answers.
fn output(input: &Request, report: TrialReport) -> Outcome {
    let text = |data: &Data| Some(data.text().to_owned());
    let name = |next: Option<Arc<str>>| next.map(|name| name.to_string());
    let (mut output, failure) = match report.verdict {
        Verdict::Succeeded { output, next } => {
            let output = text(&output);
            (
                Outcome {
                    output,
                    next_state: name(next),
                    status: "SUCCEEDED",
                    ..Outcome::default()
                },
                Failure::default(),
            )
        }
        Verdict::Caught { failure, output, next } => {
            let output = text(&output);
            let status = "CAUGHT_ERROR";
            (Outcome { output, next_state: name(next), status, ..Outcome::default() }, failure)
        }
        Verdict::Retriable(failure) => {
            (Outcome { status: "RETRIABLE", ..Outcome::default() }, failure)
        }
        Verdict::Failed(failure) => (Outcome { status: "FAILED", ..Outcome::default() }, failure),
    };
    output.error = failure.error.map(|text| text.to_string());
    output.cause = failure.cause.map(|text| text.to_string());
    if matches!(input.inspection_level.as_deref(), Some("DEBUG" | "TRACE")) {
        let mut seen = Map::new();
        seen.insert("input".to_owned(), input.input.as_deref().unwrap_or("{}").into());
        seen.extend(report.inspection);
        if !report.variables.is_empty() {
            let variables = report.variables.iter();
            let all: Map<String, Value> =
                variables.map(|(name, value)| (name.to_string(), value.value().clone())).collect();
            seen.insert("variables".to_owned(), Value::Object(all).to_string().into());
        }
        output.inspection_data = Some(seen);
    }
    output
}
