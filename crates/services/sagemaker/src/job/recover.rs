//! What a new server does about jobs before it runs any, and what is left to do after one has ended.

use crate::Sagemaker;
use crate::job::{WORK, record_of, runner_error, spec};
use crate::records::Job;
use runner::JobState;
use runner::resources::Grant;
use service::{AwsError, Ctx, WorkItem, WorkOutcome};

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
        match service.runner.state(&job.run_id).await.map_err(runner_error)? {
            JobState::Starting | JobState::Running { .. } => {
                let grant = job.grant.clone().unwrap_or_else(|| Grant {
                    id: job.run_id.clone(),
                    resources: spec::wanted(&job),
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
        service.places.request(&job.run_id, spec::wanted(&job));
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
        Ok(()) => Ok(WorkOutcome::done()),
        Err(runner::Error::StillRunning(_)) => {
            service.runner.stop(&item.key).await.map_err(runner_error)?;
            Ok(WorkOutcome::again(item, ctx.now_ms + DYING_MS))
        }
        Err(error) => Err(runner_error(error)),
    }
}
