//! An execution's history as lines: the states of its top level, their jobs and notifications.

use super::jobs::Jobs;
use super::screen::{BAD, DIM, GOOD, Screen, duration_text};
use serde_json::Value;

/// What has been told so far.
#[derive(Default)]
pub(crate) struct Story {
    /// How many Parallel and Map states are open: their inner states are not told one by one.
    depth: u32,
    /// The open state of the top level and when it was entered.
    open: Option<(String, f64)>,
    /// Iterations of the open Map that are done.
    iterations: u32,
    /// The notification that is being published: subject and message.
    message: Option<(String, String)>,
    jobs: Jobs,
}

impl Story {
    /// The jobs that the execution has started.
    pub(crate) fn jobs(&mut self) -> &mut Jobs {
        &mut self.jobs
    }

    /// Whether the event ends a state that had jobs.
    pub(crate) fn ends_a_job(&self, event: &Value) -> bool {
        let kind = event["type"].as_str().unwrap_or_default();
        let is_end = kind.ends_with("StateExited")
            || matches!(kind, "TaskFailed" | "TaskSubmitFailed" | "TaskTimedOut");
        is_end && !self.jobs.is_empty()
    }

    /// Tells one event.
    pub(crate) fn tell(&mut self, event: &Value, screen: &mut Screen) {
        let kind = event["type"].as_str().unwrap_or_default();
        let time = event["timestamp"].as_f64().unwrap_or_default();
        match kind {
            "MapStateStarted" | "ParallelStateStarted" => {
                self.depth += 1;
                self.iterations = 0;
            }
            "MapIterationSucceeded" if self.depth == 1 => self.iterations += 1,
            "MapStateSucceeded"
            | "MapStateFailed"
            | "MapStateAborted"
            | "ParallelStateSucceeded"
            | "ParallelStateFailed"
            | "ParallelStateAborted" => {
                self.depth = self.depth.saturating_sub(1);
            }
            "TaskScheduled" => self.scheduled(&event["taskScheduledEventDetails"]),
            "TaskFailed"
            | "TaskSubmitFailed"
            | "TaskTimedOut"
            | "LambdaFunctionFailed"
            | "ActivityFailed"
            | "ActivityScheduleFailed" => {
                Self::failed(event, screen);
            }
            _ if self.depth > 0 => {}
            "TaskSucceeded" => {
                if let Some((subject, message)) = self.message.take() {
                    screen.line(format!("  {GOOD}✉{GOOD:#} {subject}: {message}"));
                }
            }
            _ if kind.ends_with("StateEntered") => {
                let name = event["stateEnteredEventDetails"]["name"].as_str().unwrap_or_default();
                self.open = Some((name.to_owned(), time));
                screen.passing(format!("  {DIM}▸ {name}{DIM:#}"));
            }
            _ if kind.ends_with("StateExited") => self.exited(time, screen),
            _ => {}
        }
    }

    fn exited(&mut self, time: f64, screen: &mut Screen) {
        let Some((name, entered)) = self.open.take() else { return };
        let took = duration_text(((time - entered) * 1000.0).round() as i64);
        let items = match std::mem::take(&mut self.iterations) {
            0 => String::new(),
            count => format!("{DIM}, {count} items{DIM:#}"),
        };
        screen.line(format!("  {GOOD}✓{GOOD:#} {name:<20} {DIM}{took}{DIM:#}{items}"));
    }

    fn scheduled(&mut self, details: &Value) {
        let resource = details["resource"].as_str().unwrap_or_default();
        let parameters = details["parameters"].as_str().unwrap_or_default();
        let parameters: Value = serde_json::from_str(parameters).unwrap_or(Value::Null);
        if resource.starts_with("createTrainingJob") {
            self.jobs.add(&parameters["TrainingJobName"], "/aws/sagemaker/TrainingJobs");
        } else if details["resourceType"] == "sns" && resource == "publish" {
            let text = |member: &str| parameters[member].as_str().unwrap_or_default().to_owned();
            self.message = Some((text("Subject"), text("Message")));
        }
    }

    fn failed(event: &Value, screen: &mut Screen) {
        let Some(details) = event.as_object().and_then(|members| {
            members.iter().find(|(name, _)| name.ends_with("EventDetails")).map(|(_, value)| value)
        }) else {
            return;
        };
        let error = details["error"].as_str().unwrap_or("failed");
        let cause: String =
            details["cause"].as_str().unwrap_or_default().chars().take(400).collect();
        screen.line(format!("  {BAD}✗ {error}{BAD:#} {cause}"));
    }
}
