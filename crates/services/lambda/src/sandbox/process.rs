//! One process of a function.

use super::api::{Answer, Api, Invocation};
use super::output::Output;
use super::{Outcome, error_payload};
use crate::Lambda;
use crate::error::Error;
use crate::records::Function;
use crate::runtime::{launch, machine_environment};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Instant, timeout};

/// How long credentials last; a process is renewed before.
const CREDENTIAL_SECONDS: i64 = 3600;
const OLDEST: Duration = Duration::from_mins(50);
/// How long a process may take to get ready, besides the invocation's own time.
// AWS: runtimes: the init phase has 10 seconds.
const INIT: Duration = Duration::from_secs(10);

/// A process that serves invocations of one function revision.
pub(super) struct Sandbox {
    pub(super) revision_id: String,
    api: Api,
    child: Child,
    group: Group,
    output: Output,
    log_stream: String,
    started: Instant,
    is_warm: bool,
    is_broken: bool,
}

impl Sandbox {
    /// Starts a process for the function as it is now.
    pub(super) async fn start(
        ctx: &Ctx,
        service: &Lambda,
        function: &Function,
    ) -> Result<Self, Error> {
        let code = service.folder.join(&function.code_folder);
        let launch = launch(&service.interpreters, function, &service.folder, &code).await?;
        let failed = |error: std::io::Error| {
            Error::Service(format!("{} cannot be started: {error}", launch.program.display()))
        };
        let api = Api::open().await.map_err(failed)?;
        let day = jiff::Timestamp::from_millisecond(ctx.now_ms).unwrap_or_default();
        let id = ctx.uuid().replace('-', "");
        let log_stream = format!("{}/[$LATEST]{id}", day.strftime("%Y/%m/%d"));
        let mut command = Command::new(&launch.program);
        let group = Group::start().map_err(failed)?;
        command
            .args(&launch.arguments)
            .current_dir(&code)
            .env_clear()
            .envs(machine_environment())
            .envs(environment(service, function, &api, &code, &log_stream))
            .envs(credentials(ctx, function).await?)
            .envs(variables(function))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(group.id.as_raw())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(failed)?;
        let pipes = [
            child.stdout.take().map(ChildStdout::into_owned_fd),
            child.stderr.take().map(ChildStderr::into_owned_fd),
        ];
        let pipes = pipes.into_iter().flatten().collect::<io::Result<_>>().map_err(failed)?;
        let output = Output::of(pipes).map_err(failed)?;
        let started = Instant::now();
        let revision_id = function.revision_id.clone();
        Ok(Self {
            revision_id,
            api,
            child,
            group,
            output,
            log_stream,
            started,
            is_warm: false,
            is_broken: false,
        })
    }

    /// Whether it can serve another invocation.
    pub(super) fn is_usable(&mut self) -> bool {
        let is_alive = matches!(self.child.try_wait(), Ok(None));
        is_alive && !self.is_broken && self.started.elapsed() < OLDEST
    }

    /// Runs one invocation to its end, whatever that is, and delivers its log.
    pub(super) async fn invoke(
        &mut self,
        ctx: &Ctx,
        function: &Function,
        payload: Vec<u8>,
    ) -> Outcome {
        let is_first = !self.is_warm;
        let limit = Duration::from_secs(function.number("Timeout", 3));
        let id = &ctx.request_id;
        let init_error = if is_first { self.get_ready(id).await } else { None };
        let began = Instant::now();
        self.output.line(&format!("START RequestId: {id} Version: $LATEST"));
        let deadline_ms = ctx.kit.clock.now_ms() + limit.as_millis() as i64;
        let invocation = Invocation {
            request_id: id.clone(),
            deadline_ms,
            function_arn: function.arn.clone(),
            payload,
        };
        let (payload, failed) = if let Some(error) = init_error {
            (error, true)
        } else if let Ok(answer) = timeout(limit, self.exchange(invocation)).await {
            answer
        } else {
            self.is_broken = true;
            self.group.kill();
            let text = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
            self.output.line(&format!("{id} {text}"));
            let now = jiff::Timestamp::from_millisecond(ctx.kit.clock.now_ms());
            let now = now.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            (error_payload("Sandbox.Timedout", &format!("{now} {id} {text}")), true)
        };
        self.is_warm = true;
        self.output.catch_up();
        self.output.line(&format!("END RequestId: {id}"));
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        let memory = function.number("MemorySize", 128);
        self.output.line(&format!(
            "REPORT RequestId: {id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {} ms\tMemory Size: {memory} MB",
            milliseconds.ceil()
        ));
        let log_tail = self.deliver_log(ctx, function, is_first).await;
        Outcome { payload, failed, log_tail }
    }

    /// Waits until the process has loaded the function, or its time for that is over: then it has the invocation's own.
    /// `Some`: why it cannot serve.
    async fn get_ready(&mut self, id: &str) -> Option<Vec<u8>> {
        let outcome = timeout(INIT, async {
            tokio::select! {
                biased;
                answer = self.api.answers.recv() => match answer {
                    Some(Answer::InitError(payload)) => Some(payload),
                    _ => None,
                },
                ready = self.api.ready.wait_for(|ready| *ready) => {
                    ready.err().map(|_| error_payload("Runtime.ExitError", "the process is gone"))
                }
                status = self.child.wait() => {
                    // What it reported just before it ended says more.
                    match self.api.answers.try_recv() {
                        Ok(Answer::InitError(payload)) => Some(payload),
                        _ => Some(exited(id, status)),
                    }
                }
            }
        });
        let error = outcome.await.unwrap_or_default();
        self.is_broken |= error.is_some();
        error
    }

    /// Hands the invocation over and waits for its answer, or for the process's end.
    async fn exchange(&mut self, invocation: Invocation) -> (Vec<u8>, bool) {
        let id = invocation.request_id.clone();
        if self.api.invocations.send(invocation).await.is_err() {
            self.is_broken = true;
            return (error_payload("Runtime.ExitError", "the process is gone"), true);
        }
        loop {
            tokio::select! {
                biased;
                answer = self.api.answers.recv() => match answer {
                    Some(Answer::Response(of, payload)) if of == id => return (payload, false),
                    Some(Answer::Error(of, payload)) if of == id => return (payload, true),
                    Some(Answer::InitError(payload)) => {
                        self.is_broken = true;
                        return (payload, true);
                    }
                    Some(_) => {}
                    None => {
                        self.is_broken = true;
                        return (error_payload("Runtime.ExitError", "the process is gone"), true);
                    }
                },
                status = self.child.wait() => {
                    self.is_broken = true;
                    return (exited(&id, status), true);
                }
            }
        }
    }

    /// Sends the invocation's log to CloudWatch Logs. A log that cannot be delivered is no reason to fail.
    async fn deliver_log(&self, ctx: &Ctx, function: &Function, is_first: bool) -> Vec<u8> {
        let (lines, tail) = self.output.take();
        let mut made_again = false;
        let now_ms = ctx.kit.clock.now_ms();
        let events: Vec<Value> =
            lines.iter().map(|line| json!({"timestamp": now_ms, "message": line})).collect();
        let group = function.log_group();
        let target = json!({"logGroupName": group, "logStreamName": self.log_stream});
        let mut put = target.clone();
        put["logEvents"] = Value::from(events);
        let calls = [
            ("CreateLogGroup", json!({"logGroupName": group})),
            ("CreateLogStream", target),
            ("PutLogEvents", put),
        ];
        let mut left = if is_first { &calls[..] } else { &calls[2..] };
        while let Some(((operation, input), rest)) = left.split_first() {
            left = rest;
            let principal = Principal::platform(ctx.account());
            let answered = ctx.call_as(principal, "logs", operation, input.clone(), None).await;
            match answered {
                Err(AwsError { code, .. }) if code == "ResourceAlreadyExistsException" => {}
                // Somebody has deleted the group or the stream meanwhile.
                Err(AwsError { code, .. })
                    if code == "ResourceNotFoundException" && !is_first && !made_again =>
                {
                    (made_again, left) = (true, &calls[..]);
                }
                Err(error) => {
                    tracing::warn!(function = function.name, %error, "a function's log cannot be delivered");
                }
                Ok(_) => {}
            }
        }
        tail
    }
}

/// The process group of a sandbox. Its leader is a shell that waits for this server to close its standard input and then
/// ends the whole group: so nothing of a function outlives the server, however that ends. While the leader has not been
/// waited for, no other group can get its number.
struct Group {
    id: Pid,
    _leader: Child,
}

impl Group {
    fn start() -> io::Result<Self> {
        let leader = Command::new("/bin/sh")
            .args(["-c", "read nothing; kill -9 0"])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = leader.id().and_then(|id| i32::try_from(id).ok());
        let id = id.ok_or_else(|| io::Error::other("a function's process group has ended"))?;
        Ok(Self { id: Pid::from_raw(id), _leader: leader })
    }

    fn kill(&self) {
        let _gone_already = killpg(self.id, Signal::SIGKILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How Lambda says that a process ended before it answered.
// AWS: Runtime.ExitError: `exit status 1`, `signal: killed`.
fn exited(id: &str, status: io::Result<ExitStatus>) -> Vec<u8> {
    let how = match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(0), _) => {
                let text =
                    format!("RequestId: {id} Error: Runtime exited without providing a reason");
                return error_payload("Runtime.ExitError", &text);
            }
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(9)) => "signal: killed".to_owned(),
            (None, signal) => format!("signal: {}", signal.unwrap_or_default()),
        },
        Err(error) => error.to_string(),
    };
    let text = format!("RequestId: {id} Error: Runtime exited with error: {how}");
    error_payload("Runtime.ExitError", &text)
}

/// What Lambda tells a function by its environment.
// AWS: configuration-envvars.
fn environment(
    service: &Lambda,
    function: &Function,
    api: &Api,
    code: &std::path::Path,
    log_stream: &str,
) -> Vec<(String, String)> {
    let runtime = function.text("Runtime").unwrap_or_default();
    [
        ("AWS_LAMBDA_RUNTIME_API", api.address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.number("MemorySize", 128).to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
        ("AWS_EXECUTION_ENV", format!("AWS_Lambda_{runtime}")),
        ("AWS_REGION", function.region.clone()),
        ("AWS_DEFAULT_REGION", function.region.clone()),
        ("AWS_ENDPOINT_URL", service.endpoint.clone()),
        ("LAMBDA_TASK_ROOT", code.display().to_string()),
        ("_HANDLER", function.text("Handler").unwrap_or_default().to_owned()),
        ("HOME", "/tmp".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The function's own variables.
fn variables(function: &Function) -> Vec<(String, String)> {
    let variables = function.configuration.get("Environment").and_then(|e| e.get("Variables"));
    let variables = variables.and_then(Value::as_object).into_iter().flatten();
    variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Credentials of the function's role.
async fn credentials(ctx: &Ctx, function: &Function) -> Result<Vec<(String, String)>, Error> {
    let role = function.text("Role").unwrap_or_default();
    let session: String = function.name.chars().take(64).collect();
    let principal =
        ctx.kit.caller().assume_for(role, "lambda.amazonaws.com", &session, &function.arn).await?;
    Ok(ctx.kit.authoriser().credentials(&principal, CREDENTIAL_SECONDS).await?)
}
