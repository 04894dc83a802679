//! What a new server does about jobs before it runs any, and what is left to do after one has ended.

use crate::Sagemaker;
use crate::job::{WORK, hosts, record_of, runner_error, spec};
use crate::records::Job;
use runner::JobState;
use runner::resources::Grant;
use service::{AwsError, Ctx, WorkItem, WorkOutcome};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Work kind of a folder to delete; the key is the runner's id of a job that has ended.
pub(crate) const SWEEP: &str = "sagemaker/sweep";

/// How long a job that should not run any more is given to die.
const DYING_MS: i64 = 5_000;

/// Counts in the jobs that run and queues the others in the order they were made, so that nobody overtakes and the
/// machine is not given away twice.
pub(crate) async fn recover(service: &Sagemaker, ctx: &Ctx) -> Result<(), AwsError> {
    let mut waiting = Vec::new();
    for item in ctx.records::<WorkItem>("work").all(&format!("{WORK}:")).await? {
        let Ok((kind, key)) = record_of(&item.value) else { continue };
        // A record that cannot be read is that job's trouble, and its handler says so.
        let Ok(Some(found)) = ctx.records::<Job>(kind.records()).get(&key).await else { continue };
        let job = found.value;
        let hosts = hosts::hosts(&job);
        let Some(first) = hosts.first() else { continue };
        let mut state = JobState::Unknown;
        for host in &hosts {
            let found = service.runner.state(&host.run_id).await.unwrap_or_else(|error| {
                // What cannot be looked at may run: its place is kept, and its handler says what is wrong.
                tracing::error!(id = host.run_id, %error, "the state of a job cannot be read");
                JobState::Starting
            });
            match found {
                running @ (JobState::Starting | JobState::Running { .. }) => state = running,
                ended @ JobState::Exited(_) if state == JobState::Unknown => state = ended,
                JobState::Unknown | JobState::Exited(_) => {}
            }
        }
        match state {
            JobState::Starting | JobState::Running { .. } => {
                let grant = job.grant.clone().unwrap_or_else(|| Grant {
                    id: first.run_id.clone(),
                    resources: spec::wanted(service, &job),
                    gpu_indices: Vec::new(),
                    note: None,
                });
                service.places.restore(grant);
            }
            JobState::Unknown if !job.was_launched() => waiting.push(job),
            JobState::Unknown | JobState::Exited(_) => {}
        }
    }
    waiting.sort_by(|a, b| (a.created_ms, &a.name).cmp(&(b.created_ms, &b.name)));
    for job in waiting {
        if let Some(first) = hosts::hosts(&job).first() {
            service.places.request(&first.run_id, spec::wanted(service, &job));
        }
    }
    Ok(())
}

/// Deletes the folder of a job that has ended.
pub(crate) async fn sweep(
    service: &Sagemaker,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    match service.runner.remove(&item.key).await {
        Ok(()) => {
            tidy_environments(service, ctx.now_ms);
            Ok(WorkOutcome::done())
        }
        Err(runner::Error::StillRunning(_)) => {
            service.runner.stop(&item.key).await.map_err(runner_error)?;
            Ok(WorkOutcome::again(item, ctx.now_ms + DYING_MS))
        }
        Err(error) => Err(runner_error(error)),
    }
}

/// How often environments are looked through, and how long one is kept that nobody uses.
const TIDY_EVERY_MS: i64 = 24 * 3_600_000;
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// Deletes, beside everything else, the Python environments that nobody has used for long.
fn tidy_environments(service: &Sagemaker, now_ms: i64) {
    let last_ms = service.tidied_ms.load(Ordering::Relaxed);
    if now_ms - last_ms < TIDY_EVERY_MS {
        return;
    }
    service.tidied_ms.store(now_ms, Ordering::Relaxed);
    let (environments, jobs) = (service.environments.clone(), service.jobs.clone());
    tokio::spawn(async move {
        match environments.sweep(&jobs, UNUSED).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "unused Python environments were deleted"),
            Err(error) => tracing::warn!(%error, "unused Python environments cannot be deleted"),
        }
    });
}
