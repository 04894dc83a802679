//! One run of a program: its calls are answered, its lines shown, until it has ended and everything it asked for is done.

use super::grpc::{Answer, Call, Status};
use super::messages::{
    CheckFailure, DeploymentInfo, Empty, InvokeRequest, InvokeResponse, LogRequest, Named,
    RegisterResourceOutputsRequest, SupportsFeatureRequest, SupportsFeatureResponse, Urn,
};
use super::process::{Child, Event, Line};
use super::values::{Reader, written};
use super::{HostProgram, ORGANIZATION};
use crate::diagnostic::Diagnostic;
use crate::program::Monitor;
use crate::value::{Object, Value};
use futures_util::stream::{FuturesUnordered, StreamExt};
use prost::Message;
use std::collections::{HashSet, VecDeque};
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Features that programs ask for, by their numbers and names. The others answer "no", and the SDKs then refuse with an
/// exception what needs them.
const FEATURES: &[(i32, &str)] = &[(0, "secrets"), (3, "aliasSpecs"), (5, "deletedWith")];
/// How the SDKs begin the exception about a feature that is not there.
const MISSING_FEATURE: &str = "The Pulumi CLI does not support";
/// What SDKs say when a configuration value is missing.
const MISSING_SETTING: &str = "Missing required configuration variable";
/// How often it is looked whether the user wants to stop.
const GLANCE: Duration = Duration::from_millis(100);
/// How long a program that was asked to end may take.
const GRACE: Duration = Duration::from_secs(3);
/// After how long a quiet program is spoken of.
const QUIET: Duration = Duration::from_secs(30);
/// How many of the last lines on standard error are told when nothing else explains a failure.
const LAST_LINES: usize = 20;

/// A run.
pub(super) struct Session<'a> {
    pub(super) monitor: &'a dyn Monitor,
    pub(super) program: &'a HostProgram,
    state: Mutex<State>,
}

/// What is known so far.
#[derive(Default)]
pub(super) struct State {
    /// URNs that could not be made, or were left out for such a one.
    pub(super) failed: HashSet<String>,
    /// No more registrations are taken: a resource failed, and the SDK cannot go on without it.
    pub(super) is_aborted: bool,
    /// The program told what is wrong.
    has_told: bool,
    outputs: Option<Object>,
    last_errors: VecDeque<String>,
}

/// How a program ended.
pub(super) struct Ended {
    status: Option<ExitStatus>,
    was_stopped: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(monitor: &'a dyn Monitor, program: &'a HostProgram) -> Self {
        Self { monitor, program, state: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers calls until the program has ended, and what it asked for is done.
    pub(super) async fn serve(&self, mut child: Child, mut calls: mpsc::Receiver<Call>) -> Ended {
        let mut working = FuturesUnordered::new();
        let mut ended: Option<Ended> = None;
        let mut stopped_at: Option<Instant> = None;
        let mut last_sign = Instant::now();
        let mut glances = tokio::time::interval(GLANCE);
        loop {
            if ended.is_some() && working.is_empty() {
                break;
            }
            tokio::select! {
                event = child.next(), if ended.is_none() => {
                    last_sign = Instant::now();
                    match event {
                        Event::Line(line) => self.line(&line),
                        Event::Ended(status) => {
                            ended = Some(Ended { status, was_stopped: stopped_at.is_some() });
                            calls.close();
                        }
                    }
                }
                Some(call) = calls.recv() => {
                    last_sign = Instant::now();
                    working.push(self.take(call));
                }
                Some(()) = working.next() => last_sign = Instant::now(),
                _ = glances.tick() => {
                    if self.program.cancel.is_cancelled() && ended.is_none() {
                        let since = *stopped_at.get_or_insert_with(Instant::now);
                        child.kill(since.elapsed() > GRACE);
                    }
                    if last_sign.elapsed() > QUIET && working.is_empty() && ended.is_none() {
                        last_sign = Instant::now();
                        self.monitor.say("the program has been quiet for 30 s; Ctrl-C stops it");
                    }
                }
            }
        }
        // What it started may still hold its output.
        let rest = async {
            while let Some(line) = child.line().await {
                self.line(&line);
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(500), rest).await;
        ended.unwrap_or(Ended { status: None, was_stopped: true })
    }

    fn line(&self, line: &Line) {
        if line.is_error {
            let mut state = self.state();
            if state.last_errors.len() == LAST_LINES {
                state.last_errors.pop_front();
            }
            state.last_errors.push_back(line.text.clone());
        }
        self.program.say(self.monitor, &line.text);
    }

    /// What a run comes to.
    pub(super) fn finish(&self, ended: &Ended) -> Result<(), Box<Diagnostic>> {
        let state = self.state();
        if ended.was_stopped || state.is_aborted {
            return Ok(());
        }
        if ended.status.is_some_and(|status| status.success()) {
            if let Some(outputs) = state.outputs.clone() {
                let is_whole = self.monitor.is_preview() || state.failed.is_empty();
                let known =
                    outputs.into_iter().filter(|(_, value)| is_whole || !value.has_unknown());
                self.monitor.outputs(known.collect());
            }
            return Ok(());
        }
        if state.has_told {
            return Ok(());
        }
        let lines: Vec<&str> = state.last_errors.iter().map(String::as_str).collect();
        let what = describe(ended.status);
        let text = self.program.config.redacted(&lines.join("\n"));
        let is_missing = text.contains("No module named 'pulumi'")
            || text.contains("Cannot find module '@pulumi/pulumi");
        let diagnostic = Diagnostic::error(match text.as_str() {
            "" => format!("the program {what}"),
            text => format!("the program {what}\n{text}"),
        });
        let hint = is_missing.then(|| self.program.project.dependency_hint().to_owned());
        Err(Box::new(diagnostic.maybe_hint(hint)))
    }

    async fn take(&self, call: Call) {
        let Call { method, message, answer } = call;
        let answered = self.answer(&method, &message).await;
        // Whoever asked may be gone.
        let _ = answer.send(answered);
    }

    pub(super) async fn answer(&self, method: &str, message: &[u8]) -> Answer {
        let empty = || Ok(Empty {}.encode_to_vec());
        match method.strip_prefix("/pulumirpc.").unwrap_or(method) {
            "ResourceMonitor/GetDeploymentInfo" => Ok(self.deployment().encode_to_vec()),
            "ResourceMonitor/SupportsFeature" => {
                let SupportsFeatureRequest { id } = decoded(message)?;
                let has_support = FEATURES.iter().any(|(_, name)| *name == id);
                Ok(SupportsFeatureResponse { has_support }.encode_to_vec())
            }
            "ResourceMonitor/RegisterResource" => self.register(decoded(message)?).await,
            "ResourceMonitor/ReadResource" => self.read(decoded(message)?).await,
            "ResourceMonitor/RegisterResourceOutputs" => {
                self.take_outputs(decoded(message)?);
                empty()
            }
            "ResourceMonitor/Invoke" => self.invoke(decoded(message)?).await,
            "ResourceMonitor/SignalAndWaitForShutdown" | "Engine/SetRootResource" => empty(),
            "Engine/GetRootResource" => Ok(Urn { urn: self.program.stack_urn() }.encode_to_vec()),
            "Engine/Log" => {
                self.log(decoded(message)?);
                empty()
            }
            "Engine/RequirePulumiVersion" => empty(),
            other => {
                let name = other.rsplit('/').next().unwrap_or_default();
                let named = Named::decode(message).unwrap_or_default().name;
                Err(Status::unimplemented(match name {
                    "Call" => format!("refit does not call methods of resources (`{named}`)"),
                    "RegisterPackage" => format!("refit deploys no packages but `aws` (`{named}`)"),
                    _ => format!("refit does not support {name} of Pulumi's engine"),
                }))
            }
        }
    }

    fn deployment(&self) -> DeploymentInfo {
        DeploymentInfo {
            project: self.program.project.name.clone(),
            stack: self.program.stack.clone(),
            organization: ORGANIZATION.to_owned(),
            dry_run: self.monitor.is_preview(),
            parallel: i32::try_from(self.program.parallel).unwrap_or(i32::MAX),
            supported_features: FEATURES.iter().map(|(number, _)| *number).collect(),
        }
    }

    fn log(&self, request: LogRequest) {
        let message = self.program.config.redacted(request.message.trim_end());
        match request.severity {
            0 => {}
            1 if request.ephemeral => {}
            1 => message.lines().for_each(|line| self.program.say(self.monitor, line)),
            2 => {
                if self.program.is_news(&message) {
                    self.monitor.remark(Diagnostic::warning(message));
                }
            }
            _ => {
                let mut state = self.state();
                // An SDK that was turned away says so; the reason was told already.
                let is_echo = message.contains("Resource monitor has terminated")
                    && (state.is_aborted || self.program.cancel.is_cancelled());
                state.has_told = true;
                drop(state);
                if !is_echo {
                    let hint = if message.contains(MISSING_FEATURE) {
                        Some("refit stands in for the Pulumi CLI here, and has no such feature")
                    } else if message.contains(MISSING_SETTING) {
                        Some(
                            "here: refit config set KEY VALUE (with --secret for a secret), or --config KEY=VALUE",
                        )
                    } else {
                        None
                    };
                    let hint = hint.map(str::to_owned);
                    self.monitor.report(Diagnostic::error(message).maybe_hint(hint));
                }
            }
        }
    }

    fn take_outputs(&self, request: RegisterResourceOutputsRequest) {
        let directory = self.program.project.entry().0;
        let outputs = Reader::new(&directory).object(request.outputs.unwrap_or_default());
        if request.urn == self.program.stack_urn() {
            self.state().outputs = Some(outputs);
        } else {
            self.monitor.component_outputs(&request.urn, outputs);
        }
    }

    async fn invoke(&self, request: InvokeRequest) -> Answer {
        let directory = self.program.project.entry().0;
        let mut reader = Reader::new(&directory);
        let arguments = reader.object(request.arguments.unwrap_or_default());
        let provider = Some(request.provider.as_str()).filter(|provider| !provider.is_empty());
        let response = match self.monitor.invoke(&request.token, &arguments, provider).await {
            Ok(Value::Unknown) => InvokeResponse { unknown: true, ..InvokeResponse::default() },
            Ok(value) => {
                let is_secret = matches!(value, Value::Secret(_));
                let fields = value.as_object().cloned().unwrap_or_default().into_iter();
                let fields: Object = fields
                    .map(|(name, value)| {
                        (name, if is_secret { Value::secret(value) } else { value })
                    })
                    .collect();
                InvokeResponse { value: Some(written(&fields)), ..InvokeResponse::default() }
            }
            Err(error) => {
                let reason = match error.hint {
                    Some(hint) => format!("{}; {hint}", error.message),
                    None => error.message,
                };
                let failure = CheckFailure { property: String::new(), reason };
                InvokeResponse { failures: vec![failure], ..InvokeResponse::default() }
            }
        };
        Ok(response.encode_to_vec())
    }
}

fn decoded<M: Message + Default>(message: &[u8]) -> Result<M, Status> {
    M::decode(message).map_err(|error| Status::invalid(format!("not a message: {error}")))
}

fn describe(status: Option<ExitStatus>) -> String {
    use std::os::unix::process::ExitStatusExt;
    let Some(status) = status else { return "ended, and nobody knows how".to_owned() };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with the exit code {code}"),
        (None, Some(signal)) => {
            let name = nix::sys::signal::Signal::try_from(signal)
                .map_or_else(|_| signal.to_string(), |signal| signal.as_str().to_owned());
            format!("was ended by the signal {name}")
        }
        (None, None) => "ended".to_owned(),
    }
}
