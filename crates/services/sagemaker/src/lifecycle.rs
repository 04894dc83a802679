//! The way of a job: which statuses follow which, and what each records. Pure.
//!
//! Training: Starting → (Pending) → Downloading → Training → Uploading → Completed; Failed from anywhere; Stopping →
//! (Uploading) → Stopped or MaxRuntimeExceeded. Transform jobs have the same way without secondary statuses shown.
// AWS: API_DescribeTrainingJob, SecondaryStatus and SecondaryStatusTransition.

use crate::records::{Job, Status, Transition};

impl Job {
    /// Enters a secondary status: ends the live transition and begins the next. There is no way back: entering the
    /// present status or an earlier one, as a handler does that runs again, changes nothing.
    pub(crate) fn enter(&mut self, secondary: &str, message: &str, now_ms: i64) {
        if self.status.is_terminal() || rank(secondary) <= rank(&self.secondary) {
            return;
        }
        self.close(now_ms);
        secondary.clone_into(&mut self.secondary);
        self.transitions.push(Transition {
            status: secondary.to_owned(),
            message: message.to_owned(),
            start_ms: now_ms,
            end_ms: None,
        });
        self.modified_ms = now_ms;
    }

    /// Ends the job. A job that has ended stays as it is.
    pub(crate) fn finish(&mut self, status: Status, secondary: &str, message: &str, now_ms: i64) {
        if self.status.is_terminal() {
            return;
        }
        self.enter(secondary, message, now_ms);
        self.close(now_ms);
        self.status = status;
        self.ended_ms = Some(now_ms);
    }

    /// Fails the job for a reason.
    pub(crate) fn fail(&mut self, reason: &str, now_ms: i64) {
        if self.status.is_terminal() {
            return;
        }
        // AWS: FailureReason has at most 1024 characters.
        let reason: String = reason.chars().take(1024).collect();
        self.finish(Status::Failed, "Failed", &reason, now_ms);
        self.grant = None;
        self.failure_reason = Some(reason);
    }

    /// Records that the program of the present attempt runs, and during which boot of the machine that began.
    pub(crate) fn launch(&mut self, boot_id: &str, message: &str, now_ms: i64) {
        if !self.was_launched() {
            self.boot_id = Some(boot_id.to_owned());
        }
        self.enter("Training", message, now_ms);
    }

    /// Whether the program of the present attempt has been started.
    pub(crate) fn was_launched(&self) -> bool {
        let present = self.transitions.iter().rev().take_while(|it| it.status != "Restarting");
        present.into_iter().any(|transition| transition.status == "Training")
    }

    /// Begins the job again from the start, with new ids for the runner.
    // AWS: RetryStrategy: the job goes back to Starting; SecondaryStatus Restarting.
    pub(crate) fn restart(&mut self, message: &str, now_ms: i64) {
        if self.status != Status::InProgress {
            return;
        }
        self.close(now_ms);
        "Restarting".clone_into(&mut self.secondary);
        self.transitions.push(Transition {
            status: "Restarting".to_owned(),
            message: message.to_owned(),
            start_ms: now_ms,
            end_ms: None,
        });
        self.modified_ms = now_ms;
        self.attempt += 1;
        self.grant = None;
        (self.log_offset, self.log_page) = (0, None);
        self.logs.clear();
    }

    /// Asks the job to stop. `false` when it has ended or is stopping already.
    pub(crate) fn stop(&mut self, now_ms: i64) -> bool {
        if self.status != Status::InProgress {
            return false;
        }
        self.enter("Stopping", "Stopping the job", now_ms);
        self.status = Status::Stopping;
        true
    }

    /// Seconds from its start to its end, at least 1, once it has ended.
    pub(crate) fn duration_seconds(&self) -> Option<i64> {
        let (start, end) = (self.started_ms?, self.ended_ms?);
        Some(((end - start + 999) / 1000).max(1))
    }

    fn close(&mut self, now_ms: i64) {
        if let Some(live) = self.transitions.last_mut() {
            live.end_ms.get_or_insert(now_ms);
        }
    }
}

/// The place of a secondary status on a job's way.
fn rank(secondary: &str) -> u8 {
    match secondary {
        "" => 0,
        "Starting" | "Restarting" => 1,
        "Pending" => 2,
        "Downloading" => 3,
        "Training" => 4,
        "Stopping" => 5,
        "Uploading" => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use crate::records::{Job, JobKind, Status};

    fn job() -> Job {
        let mut job = Job::new(JobKind::Training, "us-east-1", "j", "1", 0);
        job.enter("Starting", "Starting the training job", 0);
        job.started_ms = Some(1_000);
        job
    }

    #[test]
    fn an_ended_job_stays_ended() {
        let mut job = job();
        job.enter("Training", "Training", 2_000);
        job.fail("no data", 3_500);
        job.finish(Status::Completed, "Completed", "done", 9_000);
        assert!(!job.stop(9_000));
        assert_eq!(job.status, Status::Failed);
        assert_eq!(job.failure_reason.as_deref(), Some("no data"));
        assert_eq!(job.duration_seconds(), Some(3));
        assert!(job.transitions.iter().all(|t| t.end_ms.is_some()));
    }

    #[test]
    fn entering_twice_records_once() {
        let mut job = job();
        job.enter("Downloading", "Downloading input data", 1);
        job.enter("Downloading", "Downloading input data", 2);
        assert_eq!(job.transitions.len(), 2);
    }

    #[test]
    fn the_boot_is_that_of_the_launch() {
        let mut job = job();
        job.launch("one", "", 1);
        job.launch("two", "", 2);
        assert_eq!(job.boot_id.as_deref(), Some("one"));
        job.restart("the machine was restarted", 3);
        job.launch("two", "", 4);
        assert_eq!(job.boot_id.as_deref(), Some("two"));
    }

    #[test]
    fn there_is_no_way_back() {
        let mut job = job();
        let way = ["Downloading", "Training", "Downloading", "Stopping", "Training", "Uploading"];
        for secondary in way {
            job.enter(secondary, "", 1);
        }
        job.enter("Training", "", 1);
        job.finish(Status::Stopped, "Stopped", "", 2);
        let seen: Vec<&str> = job.transitions.iter().map(|t| t.status.as_str()).collect();
        let kept = ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"];
        assert_eq!(seen, kept);
    }
}
