//! Keeping one member of an endpoint: starting its processes, watching them, starting others when one ends.

use super::deploy::new_processes;
use super::records::{Member, Process, Variant};
use super::routes::Live;
use super::{Keeper, log};
use crate::job::{Failure, SWEEP, runner_error};
use crate::serving::{self, Serving, http};
use futures_util::future::{join_all, select_all};
use runner::{Exit, ExitReason, JobState};
use service::{AwsError, WorkItem};
use std::sync::Arc;
use std::time::Duration;

// AWS: your-algorithms-inference-code: a container that does not answer its pings within four minutes fails.
const PATIENCE: Duration = Duration::from_mins(4);
/// A member that has never been ready is given up after so many failures.
const MOST_FAILURES: u32 = 3;
/// The longest pause before processes are started again.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How a member is.
#[derive(Debug, Clone)]
pub(super) enum Health {
    /// It gets ready, for the first time or again.
    Starting,
    /// It answers its pings.
    Ready(Arc<Live>),
    /// It has never been ready and will not be.
    Failed {
        /// Why.
        reason: String,
    },
}

/// How the processes of a member came to their end.
struct Ended {
    was_ready: bool,
    /// Trying again does not help.
    is_final: bool,
    why: String,
}

impl Keeper<'_> {
    /// Keeps the member until it is no longer part of the endpoint; answers its id.
    pub(super) async fn keep(&self, id: String) -> Result<String, AwsError> {
        let mut failures = 0;
        let mut was_ever_ready = false;
        loop {
            let Some(found) = self.load().await? else { return Ok(id) };
            let Some((variant, member)) = found.value.member(&id) else { return Ok(id) };
            // What is in service has been ready once, under another server perhaps.
            was_ever_ready |= found
                .value
                .live
                .as_ref()
                .is_some_and(|fleet| fleet.members().any(|member| member.id == id));
            self.set(&id, Health::Starting);
            let ended = self.serve(&found.value.name, &found.value.arn, variant, member).await?;
            was_ever_ready |= ended.was_ready;
            failures = if ended.was_ready { 1 } else { failures + 1 };
            let is_hopeless = ended.is_final || failures >= MOST_FAILURES;
            tracing::warn!(endpoint = found.value.name, why = ended.why, "an instance ended");
            self.stop_all(member).await?;
            if is_hopeless && !was_ever_ready {
                self.set(&id, Health::Failed { reason: ended.why });
                return self.wait_for_retirement(id).await;
            }
            self.set(&id, Health::Starting);
            let pause = Duration::from_millis(200).saturating_mul(1 << failures.min(16));
            tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
            self.replace(&id, &member.processes).await?;
        }
    }

    /// Waits until the endpoint has given the member up; answers its id.
    async fn wait_for_retirement(&self, id: String) -> Result<String, AwsError> {
        loop {
            let Some(found) = self.load().await? else { return Ok(id) };
            let mut bell = self.ctx.kit.notices.subscribe(&super::bell(&found.value.arn));
            match self.load().await? {
                Some(again) if again.value.member(&id).is_some() => {}
                _ => return Ok(id),
            }
            // An error means that the bell was replaced: look again.
            let _rung = bell.changed().await;
        }
    }

    /// Starts what does not run, and waits until a process ends.
    async fn serve(
        &self,
        name: &str,
        arn: &str,
        variant: &Variant,
        member: &Member,
    ) -> Result<Ended, AwsError> {
        let never = |why: String, is_final| Ended { was_ready: false, is_final, why };
        for (process, container) in member.processes.iter().zip(&variant.containers) {
            match self.start(arn, variant, process, container).await {
                Ok(()) => {}
                Err(failure) if failure.is_passing() => {
                    return Err(runner_error(failure.reason()));
                }
                Err(failure) => return Ok(never(failure.reason().to_owned(), true)),
            }
        }
        let follow = |index: usize| {
            let stream = stream_of(variant, member, index);
            let run_id = member.processes[index].run_id.clone();
            Box::pin(async move {
                log::deliver(self.service, self.ctx, name, &stream, &run_id).await?;
                self.service.runner.wait(&run_id).await.map_err(runner_error)
            })
        };
        let mut first_end = select_all((0..member.processes.len()).map(follow));
        let mut places = Vec::new();
        for process in &member.processes {
            places.push(serving::place(self.service, &process.run_id, process.port).await?);
        }
        let are_ready = join_all(places.iter().map(http::ready));
        tokio::select! {
            biased;
            (exit, _, _) = &mut first_end => {
                return Ok(never(ping_failed(&variant.name, &exit_text(&exit?)), false));
            }
            ready = tokio::time::timeout(PATIENCE, are_ready) => if ready.is_err() {
                return Ok(never(ping_failed(&variant.name, ""), true));
            }
        }
        self.set(&member.id, Health::Ready(Live::new(&member.id, &variant.name, places)));
        let (exit, _, _) = first_end.await;
        Ok(Ended { was_ready: true, is_final: false, why: exit_text(&exit?) })
    }

    /// Starts a process unless it runs.
    async fn start(
        &self,
        arn: &str,
        variant: &Variant,
        process: &Process,
        container: &serde_json::Value,
    ) -> Result<(), Failure> {
        let runner = &self.service.runner;
        let state = runner.state(&process.run_id).await.map_err(Failure::internal)?;
        if state != JobState::Unknown {
            return Ok(());
        }
        let serving =
            Serving { run_id: &process.run_id, port: process.port, role: &variant.role, arn };
        let spec = serving::prepare(self.service, self.ctx, container, &serving).await?;
        runner.start(&spec).await.map_err(Failure::internal)
    }

    /// Ends the processes of the member that still run.
    async fn stop_all(&self, member: &Member) -> Result<(), AwsError> {
        for process in &member.processes {
            match self.service.runner.stop(&process.run_id).await {
                Ok(()) | Err(runner::Error::UnknownJob(_)) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
        Ok(())
    }

    /// Gives the member processes that have not been started yet.
    async fn replace(&self, id: &str, old: &[Process]) -> Result<(), AwsError> {
        let processes = new_processes(self.ctx, &self.key, old.len())?;
        let now_ms = self.ctx.kit.clock.now_ms();
        let sweep = |process: &Process| {
            WorkItem::new(SWEEP, process.run_id.as_str(), &self.ctx.region, now_ms, &())
        };
        let sweeps = old.iter().map(sweep).collect();
        self.update_with(sweeps, |endpoint, _| endpoint.replace(id, &processes)).await
    }
}

/// The log stream of a member's container.
// AWS: inference-pipeline-logs-metrics: variant/instance, and the container's name in a pipeline.
fn stream_of(variant: &Variant, member: &Member, index: usize) -> String {
    if variant.containers.len() == 1 {
        return format!("{}/{}", variant.name, member.id);
    }
    let given = variant.containers.get(index).and_then(|it| it["ContainerHostname"].as_str());
    let name = given.map_or_else(|| format!("container-{}", index + 1), str::to_owned);
    format!("{}/{}/{name}", variant.name, member.id)
}

// AWS: FailureReason of an endpoint whose container does not get ready; refit adds what it knows.
fn ping_failed(variant: &str, more: &str) -> String {
    let text = format!(
        "The primary container for production variant {variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint."
    );
    if more.is_empty() { text } else { format!("{text} {more}") }
}

fn exit_text(exit: &Exit) -> String {
    let how = match &exit.reason {
        ExitReason::SpawnFailed(why) => format!("The program could not be started: {why}"),
        ExitReason::Lost => "The container's supervisor was killed".to_owned(),
        ExitReason::MachineRestarted => "The machine was restarted".to_owned(),
        _ => match exit.shell_code() {
            Some(code) => format!("The container ended with exit code {code}"),
            None => "The container ended".to_owned(),
        },
    };
    let told = exit.stderr_tail.trim();
    let from = told.char_indices().rev().nth(600).map_or(0, |(at, _)| at);
    if told.is_empty() { how } else { format!("{how}: {}", &told[from..]) }
}
