//! Runs one recorded execution in virtual time.

use std::collections::BTreeMap;

use engine::{Data, Effect, Entropy, Execution, Identity, Input, Key, MachineKind, Status, decide};
use serde_json::Value;

use crate::map_run;

/// First parts of the recordings' own ARNs.
const HERE: &str = "arn:<partition>:states:<region>:111111111111:";

/// What became of an execution.
pub(crate) struct Outcome {
    pub(crate) execution: Option<Execution>,
    pub(crate) events: Vec<Value>,
    pub(crate) trouble: Option<String>,
}

impl Outcome {
    pub(crate) fn status(&self) -> &'static str {
        self.execution.as_ref().map_or("INVALID", |execution| execution.progress.status.word())
    }

    /// The history for a person to read.
    pub(crate) fn render(&self) -> String {
        let lines: Vec<String> = self.events.iter().map(|event| format!("  {event}")).collect();
        lines.join("\n")
    }
}

/// The recordings hold placeholders for everything local, so the execution gets them as its own.
fn identity(row: &Value, input: &str) -> Identity {
    let express = row["definition_type"] == "EXPRESS";
    Identity {
        execution_arn: [HERE, "execution:<ArnPart_0idx>:<ExecArnPart_0idx>"].concat().into(),
        name: "<ExecArnPart_0idx>".into(),
        state_machine_arn: [HERE, "stateMachine:<ArnPart_0idx>"].concat().into(),
        state_machine_name: "<ArnPart_0idx>".into(),
        role_arn: "snf_role_arn".into(),
        state_machine_alias_arn: None,
        state_machine_version_arn: None,
        kind: if express { MachineKind::Express } else { MachineKind::Standard },
        input: Data::parse(input).expect("a recorded input is JSON"),
        start_ms: start_ms(row),
    }
}

/// When the recording was made, Unix milliseconds: waits for fixed times depend on it.
fn start_ms(row: &Value) -> i64 {
    let text = row["recorded_date"].as_str().unwrap_or_default();
    let (date, time) = text.split_once(", ").unwrap_or_default();
    let mut parts = date.splitn(3, '-');
    let (day, month, year) =
        (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    asl::timestamp::Timestamp::parse(&format!("{year}-{month}-{day}T{time}Z"))
        .map_or(1_700_000_000_000, |at| at.seconds * 1000)
}

pub(crate) fn replay(row: &Value) -> Outcome {
    let definition = text_of(&row["definition"]);
    let input = match &row["input"] {
        Value::Null => "{}".to_owned(),
        given => text_of(given),
    };
    let express = row["definition_type"] == "EXPRESS";
    let checked = asl::check(&definition, asl::Options::of(express));
    let Some(program) = checked.program else {
        let first = checked.diagnostics.first().map(ToString::to_string);
        return Outcome { execution: None, events: Vec::new(), trouble: first };
    };
    let mut execution = Execution::new(identity(row, &input));
    let mut outcome = Outcome { execution: None, events: Vec::new(), trouble: None };
    let mut now_ms = execution.identity.start_ms;
    let mut entropy = Entropy::from_number(1);
    let mut timers: BTreeMap<Key, i64> = BTreeMap::new();
    let mut answers = vec![Input::Start];
    let mut news = News::of(row);
    let recorded_events = row["expected_history_events"].as_array().map_or(0, Vec::len);
    for _ in 0..1000 {
        let input = match answers.pop() {
            Some(answer) => answer,
            // Recorded while it was running.
            None if outcome.events.len() == recorded_events => break,
            None => match timers.iter().min_by_key(|(_, due_ms)| **due_ms) {
                Some((key, due_ms)) => {
                    now_ms = now_ms.max(*due_ms);
                    Input::TimerFired { key: *key }
                }
                None => break,
            },
        };
        if let Input::TimerFired { key } = &input {
            timers.remove(key);
        }
        let turn = match decide(&execution, &program, input, now_ms, &mut entropy) {
            Ok(turn) => turn,
            Err(broken) => {
                outcome.trouble = Some(broken.to_string());
                break;
            }
        };
        outcome.events.extend(turn.events.iter().map(engine::HistoryEvent::to_aws));
        execution.apply(turn.changes);
        for effect in turn.effects {
            match effect {
                Effect::SetTimer { key, due_ms } => {
                    timers.insert(key, due_ms);
                }
                Effect::ClearTimer { key } => {
                    timers.remove(&key);
                }
                Effect::ScheduleTask(task) => answers.extend(news.answer(task.key)),
                Effect::StartMapRun(run) => {
                    answers.push(map_run::carry_out(&execution.identity, &program, &run, now_ms));
                }
                Effect::CancelTask { .. } | Effect::CancelMapRun { .. } | Effect::Finish { .. } => {
                }
            }
        }
        if execution.progress.status != Status::Running {
            break;
        }
    }
    outcome.execution = Some(execution);
    outcome
}

/// What the recording says became of its tasks, in order.
struct News(std::vec::IntoIter<Value>);

impl News {
    fn of(row: &Value) -> Self {
        let events = row["expected_history_events"].as_array().cloned().unwrap_or_default();
        let of_tasks = |event: &Value| {
            let word = event["type"].as_str().unwrap_or_default();
            let task = word.starts_with("Task") || word.starts_with("Activity");
            let ours = ["Entered", "Exited", "Scheduled", "TaskStarted"];
            task && !ours.iter().any(|end| word.ends_with(end))
        };
        Self(events.into_iter().filter(of_tasks).collect::<Vec<_>>().into_iter())
    }

    /// What became of the next task; the last comes first, as the answers are a stack.
    fn answer(&mut self, key: Key) -> Vec<Input> {
        let mut answers = Vec::new();
        for event in self.0.by_ref() {
            let word = event["type"].as_str().unwrap_or_default();
            let mut fields = event.as_object().into_iter().flatten();
            let details = fields
                .find(|(name, _)| name.ends_with("Details"))
                .map(|(_, value)| value.clone())
                .unwrap_or_default();
            let text = |name: &str| match &details[name] {
                Value::Null => None,
                value => Some(text_of(value).into()),
            };
            let output = || match &details["output"] {
                Value::String(text) => Data::parse(text).expect("a recorded output is JSON"),
                value => Data::new(value.clone()),
            };
            let done = !word.ends_with("Started") && !word.ends_with("Submitted");
            answers.insert(
                0,
                match word {
                    "ActivityStarted" => Input::ActivityStarted { key, worker: text("workerName") },
                    "TaskSubmitted" => Input::TaskSubmitted { key, output: output() },
                    _ if word.ends_with("Succeeded") => {
                        Input::TaskSucceeded { key, output: output() }
                    }
                    _ => Input::TaskFailed { key, error: text("error"), cause: text("cause") },
                },
            );
            if done {
                break;
            }
        }
        answers
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
