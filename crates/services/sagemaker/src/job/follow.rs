//! While a job runs: its log and checkpoints are delivered, and it is told to stop when somebody asks.

use super::checkpoints::{self, Checkpoints};
use super::hosts::Host;
use super::{Failure, Run, is_failure, log, processing, runner_error, stop_bell};
use crate::records::Job;
use runner::{Exit, ExitReason};
use service::AwsError;
use std::convert::Infallible;
use std::time::Duration;

/// Wait between attempts to tell a job that it is to stop.
const TELLING_AGAIN: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Sees to it that a job that is asked to stop while it runs is told, however often that fails.
    async fn heed_stop(&self, job: &Job) -> Infallible {
        let mut bell = self.ctx.kit.notices.subscribe(&stop_bell(job));
        loop {
            let told = match self.stopped(&mut bell).await {
                Ok(()) => self.stop_hosts().await,
                Err(error) => Err(error),
            };
            match told {
                Ok(()) => std::future::pending::<()>().await,
                Err(error) => {
                    tracing::warn!(job = job.name, %error, "a job could not be told to stop; tried again");
                    tokio::time::sleep(TELLING_AGAIN).await;
                }
            }
        }
    }

    /// Delivers the job's logs and checkpoints while it runs; answers how its hosts ended.
    pub(super) async fn follow(&self, job: &Job) -> Result<Vec<Exit>, AwsError> {
        tokio::select! {
            ended = self.follow_to_the_end(job) => ended,
            never = self.heed_stop(job) => match never {},
        }
    }

    async fn follow_to_the_end(&self, job: &Job) -> Result<Vec<Exit>, AwsError> {
        let following = futures_util::future::try_join(
            futures_util::future::try_join_all(
                self.hosts.iter().map(|host| self.follow_host(host)),
            ),
            self.give_back(),
        );
        if processing::is_continuous(job) {
            let uploading = processing::upload_continuously(self, job);
            return tokio::select! {
                ended = following => Ok(ended?.0),
                never = uploading => match never {},
            };
        }
        let Ok(Some(mut checkpoints)) = Checkpoints::of(job) else { return Ok(following.await?.0) };
        tokio::pin!(following);
        loop {
            tokio::select! {
                ended = &mut following => {
                    let exits = ended?.0;
                    // Who was overtaken by the end of its machine or its supervisor may have been writing.
                    let is_torn = |exit: &Exit| {
                        matches!(exit.reason, ExitReason::Lost | ExitReason::MachineRestarted)
                    };
                    if !exits.iter().any(is_torn) {
                        self.save(job, &mut checkpoints, true).await;
                    }
                    return Ok(exits);
                }
                () = tokio::time::sleep(checkpoints::PAUSE) => {
                    self.save(job, &mut checkpoints, false).await;
                }
            }
        }
    }

    /// Keeps the hosts' checkpoints. What cannot be stored is the log's matter: the job itself may still end well.
    async fn save(&self, job: &Job, checkpoints: &mut Checkpoints, is_last: bool) {
        for host in &self.hosts {
            let saved = async {
                let principal = self.principal(job).await?;
                let folder = self.service.runner.prepare(&host.run_id).await;
                let folder = folder.map_err(Failure::internal)?;
                checkpoints.save(self.service, &principal, &folder, is_last).await
            };
            if let Err(failure) = saved.await {
                tracing::warn!(
                    job = job.name,
                    reason = failure.reason,
                    "checkpoints are not stored"
                );
            }
        }
    }

    /// Delivers the log of a host; when it fails the other hosts have nothing to wait for.
    async fn follow_host(&self, host: &Host) -> Result<Exit, AwsError> {
        let runner = &self.service.runner;
        let mut delivery = log::Delivery::open(self, host).await?;
        while runner.wait_log(&host.run_id, delivery.offset()).await.map_err(runner_error)? {
            delivery.deliver(self).await?;
        }
        let exit = runner.wait(&host.run_id).await.map_err(runner_error)?;
        if is_failure(&exit) && self.hosts.len() > 1 {
            self.stop_hosts().await?;
        }
        Ok(exit)
    }

    /// Gives the machine back as soon as the processes have ended, whatever is left to be delivered.
    async fn give_back(&self) -> Result<(), AwsError> {
        for host in &self.hosts {
            self.service.runner.wait(&host.run_id).await.map_err(runner_error)?;
        }
        self.service.places.release(self.id());
        Ok(())
    }
}
