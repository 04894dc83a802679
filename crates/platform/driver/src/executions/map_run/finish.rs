//! The end of a run: what is left is stopped, results are collected or exported, the outcome is made durable.

use std::borrow::Cow;
use std::sync::Arc;

use asl::timestamp::format_milliseconds;
use engine::{Data, Failure, MachineKind, ResultForm, Status};
use serde_json::{Map, Value, json};
use store::Batch;

use super::super::{ExecutionRecord, Inner};
use super::read::{Child, Children};
use super::record::Outcome;
use super::run::{Broken, Change, RunLive};
use crate::Error;
use crate::map_port::Results;

/// Most bytes of a Map's result.
// AWS: quotas page: 256 KiB.
const MAX_RESULT_BYTES: usize = 256 * 1024;

impl Inner {
    /// Ends a run whose children are done, or that broke. Answers nothing when the server goes down.
    pub(super) async fn finish_run(
        self: &Arc<Self>,
        run: &Arc<RunLive>,
        broken: Option<Broken>,
    ) -> Result<Option<Outcome>, Error> {
        let (mut status, failure) = match broken {
            Some(Broken::Down) => return Ok(None),
            None => (Status::Succeeded, None),
            Some(Broken::Failed(failure)) => (Status::Failed, Some(failure)),
            Some(Broken::Cancelled) => (Status::Aborted, Some(Failure::default())),
        };
        if failure.is_some() {
            self.stop_children(run).await;
        }
        let made = match status {
            // Nobody waits for its results.
            Status::Aborted => Ok(Data::new(Value::Null)),
            _ => self.results(run, failure.is_some()).await,
        };
        let outcome = match (failure, made) {
            (Some(failure), _) => Outcome::Failure(failure),
            (None, Ok(output)) => Outcome::Output(output),
            (None, Err(Broken::Down)) => return Ok(None),
            (None, Err(Broken::Failed(failure))) => {
                status = Status::Failed;
                Outcome::Failure(failure)
            }
            (None, Err(Broken::Cancelled)) => {
                status = Status::Aborted;
                Outcome::Failure(Failure::default())
            }
        };
        let (changes, mut progress) = {
            let mut state = run.lock();
            // Those that came while results were written: it was still running.
            (state.take_over_changes(), state.progress.clone())
        };
        progress.status = status;
        progress.stop_ms = Some(self.clock.now_ms().max(progress.start_ms));
        progress.outcome = Some(outcome.clone());
        if run.run().export().is_some() && status == Status::Succeeded {
            progress.results_written = progress.items;
        }
        let mut batch = Batch::new();
        progress.put(&mut batch);
        self.commit_surely(batch).await?;
        changes.into_iter().for_each(Change::done);
        let mut state = run.lock();
        state.progress = progress;
        // Too late; who sent them hears so.
        state.changes.clear();
        drop(state);
        Ok(Some(outcome))
    }

    /// The Map's result: the results of its children, or where they have been exported to.
    async fn results(self: &Arc<Self>, run: &Arc<RunLive>, failed: bool) -> Result<Data, Broken> {
        let Some(_) = run.run().export() else {
            return if failed { Ok(Data::new(Value::Null)) } else { self.collect(run).await };
        };
        let mut results = self.handler().open_results(run.plan.request()).await?;
        let mut children = Children::new(&run.family);
        while let Some(child) = children.next(self).await? {
            let status = child.status();
            for result in forms(child, run.run().form())? {
                results.add(status, result.as_bytes()).await?;
            }
        }
        if failed {
            self.pending(run, &mut *results).await?;
        }
        Ok(results.finish().await?)
    }

    /// Adds the children that would still have been started.
    // AWS: ResultWriter page: the file of pending executions. UNVERIFIED: what is in it.
    async fn pending(&self, run: &Arc<RunLive>, results: &mut dyn Results) -> Result<(), Broken> {
        let Some(items) = &run.run().items else { return Ok(()) };
        let admitted = usize::try_from(run.lock().progress.items).unwrap_or(usize::MAX);
        if let Value::Array(items) = items.value() {
            for item in items.iter().skip(admitted) {
                let pending = json!({ "Input": item.to_string() }).to_string();
                results.add(Status::Running, pending.as_bytes()).await?;
            }
        }
        Ok(())
    }

    /// All results in one array.
    async fn collect(self: &Arc<Self>, run: &RunLive) -> Result<Data, Broken> {
        let mut all = "[".to_owned();
        let mut children = Children::new(&run.family);
        while let Some(child) = children.next(self).await? {
            for result in forms(child, run.run().form())? {
                if all.len() > 1 {
                    all.push(',');
                }
                all.push_str(&result);
                if all.len() >= MAX_RESULT_BYTES {
                    return Err(Broken::Failed(too_large(&run.run().state_name)));
                }
            }
        }
        all.push(']');
        let key = run.run().map_run_arn.to_string();
        Ok(Data::parse(&all).map_err(|e| Error::Unreadable { key, detail: e.to_string() })?)
    }
}

// AWS: recorded for a Pass state. UNVERIFIED for a Map.
fn too_large(state: &str) -> Failure {
    Failure {
        error: Some("States.DataLimitExceeded".into()),
        cause: Some(
            format!(
                "The state/task '{state}' returned a result with a size exceeding the maximum \
                 number of bytes service limit."
            )
            .into(),
        ),
    }
}

/// What of a child's result is kept, as JSON texts.
// AWS: ResultWriter page: of a child that failed, everything.
fn forms(child: Child<'_>, form: ResultForm) -> Result<Vec<String>, Error> {
    if child.status() != Status::Succeeded || form == ResultForm::None {
        return Ok(vec![facts(&child.record()?).to_string()]);
    }
    let output = child.output().map_or_else(|| "null".to_owned(), Cow::into_owned);
    if form == ResultForm::Flatten && output.starts_with('[') {
        let record = child.record()?;
        let members = record.output.as_ref().and_then(|output| output.value().as_array());
        return Ok(members.into_iter().flatten().map(Value::to_string).collect());
    }
    Ok(vec![output])
}

/// A child's result with facts about the execution.
// AWS: ResultWriter page: the members and their order.
fn facts(record: &ExecutionRecord) -> Value {
    let identity = &record.identity;
    let mut facts = Map::new();
    let mut add = |name: &str, value: Value| {
        facts.insert(name.to_owned(), value);
    };
    if let Some(cause) = &record.cause {
        add("Cause", (&**cause).into());
    }
    if let Some(error) = &record.error {
        add("Error", (&**error).into());
    }
    add("ExecutionArn", (&*identity.execution_arn).into());
    add("Input", identity.input.text().into());
    add("InputDetails", json!({ "Included": true }));
    add("Name", (&*identity.name).into());
    if let Some(output) = &record.output {
        add("Output", output.text().into());
        add("OutputDetails", json!({ "Included": true }));
    }
    add("RedriveCount", record.redrive_count.into());
    let redrivable = record.status != Status::Succeeded && identity.kind == MachineKind::Standard;
    add("RedriveStatus", if redrivable { "REDRIVABLE" } else { "NOT_REDRIVABLE" }.into());
    if !redrivable {
        let reason = format!("Execution is {} and cannot be redriven", record.status.word());
        add("RedriveStatusReason", reason.into());
    }
    add("StartDate", format_milliseconds(identity.start_ms).into());
    add("StateMachineArn", (&*identity.state_machine_arn).into());
    add("Status", record.status.word().into());
    if let Some(stop_ms) = record.stop_ms {
        add("StopDate", format_milliseconds(stop_ms).into());
    }
    Value::Object(facts)
}
