//! Transcripts of executions in virtual time: what is given, what happens, what is asked for.
//!
//! A case is a file in `tests/cases`: a definition, an input, and a transcript. Lines that start
//! with `>` give something to the execution; the lines after it are the events and effects of
//! that turn. `BLESS=1` writes what is found into the files, for a person to review.
//!
//! Every case is also checked for what must hold of all: see [`check`].

use std::fmt::Write as _;
use std::path::Path;

use engine::stored_history::{self, StoredHistory};
use engine::{
    Changes, Data, Detail, Effect, Entropy, Execution, Failure, HistoryEvent, Identity, Input,
    MachineKind, decide,
};

/// A case file, taken apart.
struct Case {
    /// Everything up to the transcript.
    head: String,
    definition: String,
    input: String,
    transcript: String,
}

impl Case {
    fn read(text: &str) -> Self {
        let block = |name: &str| -> String {
            let start = format!("```{name}\n");
            let from = text.find(&start).unwrap_or_else(|| panic!("no {name}")) + start.len();
            let rest = &text[from..];
            rest[..rest.find("\n```").unwrap_or(0)].to_owned()
        };
        let mark = "```transcript\n";
        let head = &text[..text.find(mark).expect("a transcript") + mark.len()];
        Self {
            head: head.to_owned(),
            definition: block("definition"),
            input: block("input"),
            transcript: block("transcript"),
        }
    }
}

fn execution(input: &str) -> Execution {
    Execution::new(Identity {
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:machine:run".into(),
        name: "run".into(),
        state_machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:machine".into(),
        state_machine_name: "machine".into(),
        role_arn: "role".into(),
        state_machine_alias_arn: None,
        state_machine_version_arn: None,
        kind: MachineKind::Standard,
        input: Data::parse(input).expect("the input is JSON"),
        start_ms: 0,
    })
}

/// Reads `[@ms] what key rest` and the time it is given at.
fn given(line: &str, now_ms: &mut i64) -> Input {
    let mut line = line.trim();
    if let Some(rest) = line.strip_prefix('@') {
        let (ms, what) = rest.split_once(' ').expect("a time and an input");
        *now_ms = ms.parse().expect("milliseconds");
        line = what;
    }
    let mut parts = line.splitn(3, ' ');
    let what = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    let rest = parts.next().unwrap_or_default();
    let key = || second.parse().expect("a key");
    let data = || Data::parse(rest).expect("a payload");
    let text = |text: &str| (!text.is_empty()).then(|| text.into());
    match what {
        "start" => Input::Start,
        "submitted" => Input::TaskSubmitted { key: key(), output: data() },
        "succeeded" => Input::TaskSucceeded { key: key(), output: data() },
        "failed" => {
            let (error, cause) = rest.split_once(' ').unwrap_or((rest, ""));
            Input::TaskFailed { key: key(), error: text(error), cause: text(cause) }
        }
        "heartbeat" => Input::TaskHeartbeat { key: key() },
        "taken" => Input::ActivityStarted { key: key(), worker: text(rest) },
        "run-succeeded" => Input::MapRunSucceeded { key: key(), output: data() },
        "run-failed" => {
            let (error, cause) = rest.split_once(' ').unwrap_or((rest, ""));
            Input::MapRunFailed { key: key(), error: text(error), cause: text(cause) }
        }
        "timer" => Input::TimerFired { key: key() },
        "stop" => Input::Stop { error: text(second), cause: text(rest) },
        "timeout" => Input::ExecutionTimedOut,
        "redrive" => Input::Redrive,
        other => panic!("unknown input {other}"),
    }
}

fn failure(failure: &Failure) -> String {
    let part = |part: &Option<std::sync::Arc<str>>| part.as_deref().unwrap_or("-").to_owned();
    format!("{}: {}", part(&failure.error), part(&failure.cause))
}

fn event_line(event: &HistoryEvent) -> String {
    let rest = match &event.detail {
        Detail::ExecutionStarted { input, .. } => input.text().to_owned(),
        Detail::ExecutionSucceeded { output }
        | Detail::TaskSubmitted { output, .. }
        | Detail::TaskSucceeded { output, .. } => output.text().to_owned(),
        Detail::ExecutionFailed(found)
        | Detail::ExecutionAborted(found)
        | Detail::ExecutionTimedOut(found)
        | Detail::MapRunFailed(found)
        | Detail::TaskFailed { failure: found, .. }
        | Detail::TaskScheduleFailed { failure: found, .. }
        | Detail::TaskSubmitFailed { failure: found, .. }
        | Detail::TaskTimedOut { failure: found, .. } => failure(found),
        Detail::StateEntered { name, input, .. } => format!("{name} {}", input.text()),
        Detail::StateExited { name, output, assigned, .. } => {
            let mut line = format!("{name} {}", output.text());
            for (name, value) in assigned {
                write!(line, " ${name}={}", value.text()).expect("a string takes all");
            }
            line
        }
        Detail::EvaluationFailed { location, cause, .. } => format!("{location}: {cause}"),
        Detail::MapStateStarted { length } => length.to_string(),
        Detail::ExecutionRedriven { count } => count.to_string(),
        Detail::MapIteration { name, index, .. } => format!("{name} {index}"),
        Detail::TaskScheduled { parameters, .. } => parameters.text().to_owned(),
        Detail::TaskStarted { worker, .. } => worker.as_deref().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let line = format!("{} <- {} {} {rest}", event.id, event.previous_event_id, event.type_name());
    line.trim_end().to_owned()
}

fn effect_line(effect: &Effect) -> String {
    match effect {
        Effect::ScheduleTask(task) => {
            let token = if task.task_token.is_some() { " with token" } else { "" };
            format!(
                "! schedule {} {:?} {}:{}{token}",
                task.key, task.kind, task.resource_type, task.resource_name
            )
        }
        Effect::CancelTask { key } => format!("! cancel {key}"),
        Effect::SetTimer { key, due_ms } => format!("! set {key} at {due_ms}"),
        Effect::ClearTimer { key } => format!("! clear {key}"),
        Effect::StartMapRun(run) => format!("! start run {} {}", run.key, run.label),
        Effect::CancelMapRun { key, .. } => format!("! cancel run {key}"),
        Effect::Finish { status, .. } => format!("! finish {}", status.word()),
    }
}

/// Tokens are random; a transcript says only that there is one.
fn without_tokens(line: &str, execution: &Execution) -> String {
    let tokens = execution.outstanding().into_iter().filter_map(|effect| match effect {
        Effect::ScheduleTask(task) => task.task_token,
        _ => None,
    });
    tokens.fold(line.to_owned(), |line, token| line.replace(&*token, "<token>"))
}

/// Runs a case; holds on the way:
///
/// - an execution written and read again goes on the same way, and so does one put together from
///   its written changes;
/// - an input given twice makes no event the second time;
/// - an execution that is over makes no event whatever it is given;
/// - event ids have no gaps and no event follows from a later one.
fn check(case: &Case) -> String {
    let checked = asl::check(&case.definition, asl::Options::default());
    let program = checked.program.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let mut live = execution(&case.input);
    let mut from_changes = live.clone();
    let mut transcript = String::new();
    let mut now_ms = 0;
    let mut inputs = Vec::new();
    let mut last_id = 0;
    for (number, line) in case.transcript.lines().filter(|line| line.starts_with('>')).enumerate() {
        let input = given(&line[1..], &mut now_ms);
        let entropy = || Entropy::from_number(number as u64);
        let written = serde_json::to_string(&live).expect("an execution can be written");
        let read: Execution = serde_json::from_str(&written).expect("and read");
        assert_eq!(read, live, "written and read again");
        let turn = decide(&live, &program, input.clone(), now_ms, &mut entropy()).expect("a turn");
        let again = decide(&read, &program, input.clone(), now_ms, &mut entropy()).expect("a turn");
        assert_eq!(turn, again, "after reading, at {line}");
        for event in &turn.events {
            assert_eq!(event.id, last_id + 1, "ids have no gaps");
            assert!(event.previous_event_id < event.id, "events follow from earlier ones");
            last_id = event.id;
        }
        histories_can_be_read(&turn.events);
        let changes = serde_json::to_string(&turn.changes).expect("changes can be written");
        let changes: Changes = serde_json::from_str(&changes).expect("and read");
        from_changes.apply(changes);
        live.apply(turn.changes.clone());
        assert_eq!(from_changes, live, "put together from changes, at {line}");
        writeln!(transcript, "{line}").expect("a string takes all");
        for line in turn.events.iter().map(event_line).chain(turn.effects.iter().map(effect_line)) {
            let line = without_tokens(&line, &live);
            writeln!(transcript, "{line}").expect("a string takes all");
        }
        let twice = decide(&live, &program, input.clone(), now_ms, &mut entropy()).expect("a turn");
        assert!(twice.events.is_empty(), "twice, at {line}: {:?}", twice.events);
        inputs.push(input);
        if live.progress.status.is_terminal() {
            assert!(live.frames.is_empty() && live.joins.is_empty(), "nothing is left over");
            assert!(live.outstanding().is_empty(), "nothing is waited for");
            for input in inputs.iter().filter(|input| **input != Input::Redrive) {
                let late = decide(&live, &program, input.clone(), now_ms, &mut entropy());
                assert!(late.expect("a turn").changes.is_empty(), "late {input:?}");
            }
        }
    }
    transcript.trim_end().to_owned()
}

/// As they are written now and as they were written once.
fn histories_can_be_read(events: &[HistoryEvent]) {
    let written = serde_json::to_string(&StoredHistory(events)).expect("a history can be written");
    let by_name = serde_json::to_string(events).expect("a history can be written");
    for text in [&written, &by_name] {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = stored_history::deserialize(&mut reader).expect("and read");
        assert_eq!(read, events, "{text}");
    }
    for cut in (0..written.len()).filter(|cut| written.is_char_boundary(*cut)) {
        let mut reader = serde_json::Deserializer::from_str(&written[..cut]);
        assert!(stored_history::deserialize(&mut reader).is_err(), "{}", &written[..cut]);
    }
}

#[test]
fn transcripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let bless = std::env::var_os("BLESS").is_some();
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("a case").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are cases");
    let mut wrong = Vec::new();
    for path in paths {
        let case = Case::read(&std::fs::read_to_string(&path).expect("a case can be read"));
        let found = check(&case);
        if found == case.transcript {
            continue;
        }
        if bless {
            std::fs::write(&path, format!("{}{found}\n```\n", case.head)).expect("written");
        } else {
            wrong.push(format!("{}\nfound\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
