//! `refit check DIR|FILE...`: everything that is wrong with a retraining, before it is deployed.

mod server;

use crate::background::connect;
use crate::grammar::{Check, Deny, Global};
use crate::home::Home;
use crate::report::{Done, Failure};
use anstyle::{AnsiColor, Style};
use check::{Checked, Finding, Options, Severity, When};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default();

/// Rules whose findings the plan of a project in YAML tells itself, at the same place.
const TOLD_BY_PLAN: &[&str] = &[
    "program-syntax",
    "unknown-name",
    "required-property",
    "definition-json",
    "states-language",
    "schedule-expression",
];

/// Checks, prints, and fails when there is an error.
pub(crate) fn run(global: &Global, arguments: &Check) -> Done {
    if arguments.rules {
        return Ok(rules(global));
    }
    let began = Instant::now();
    let checked = if arguments.server {
        let home = Home::locate(global.data.as_deref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let description =
            runtime.block_on(async { server::describe(&connect(&home).await?).await })?;
        runtime.shutdown_background();
        check::check_server(&description, options())
    } else {
        match look(arguments) {
            Ok(checked) => checked,
            Err(error) => {
                // Nothing was checked: that is the command line's fault, not the program's.
                Failure::from(error).print(global.json);
                return Ok(ExitCode::from(2));
            }
        }
    };
    let checked = if arguments.fix { fix(arguments, checked)? } else { checked };
    if arguments.sarif {
        anstream::println!("{:#}", check::sarif(&checked, env!("CARGO_PKG_VERSION")));
    } else if global.json {
        anstream::println!("{}", check::json(&checked));
    } else {
        for finding in shown(&checked, arguments.all) {
            anstream::println!("{}\n", painted(&checked, finding));
        }
        anstream::println!("{} in {:.2} s", summary(&checked), began.elapsed().as_secs_f64());
    }
    let denied = match arguments.deny {
        None => 0,
        Some(Deny::Warnings) => checked.count(Severity::Warning),
        Some(Deny::Notes) => checked.count(Severity::Warning) + checked.count(Severity::Note),
    };
    let is_good = checked.count(Severity::Error) + denied == 0;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options() -> Options {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Options { now_ms: now.as_millis() as i64 }
}

fn look(arguments: &Check) -> Result<Checked, check::Error> {
    if arguments.paths.is_empty() {
        return check::check(&[Path::new(".").to_owned()], options());
    }
    check::check(&arguments.paths, options())
}

/// Corrects what can be corrected, and looks again: a correction may uncover something.
fn fix(arguments: &Check, mut checked: Checked) -> Result<Checked, Failure> {
    for _ in 0..4 {
        let fixed = check::fix(&checked.sources, &checked.findings)?;
        if fixed.is_empty() {
            break;
        }
        for file in &fixed {
            let noun = if file.findings == 1 { "finding" } else { "findings" };
            anstream::eprintln!("fixed    {} ({} {noun})", file.path.display(), file.findings);
        }
        checked = look(arguments)?;
    }
    Ok(checked)
}

fn shown(checked: &Checked, all: bool) -> impl Iterator<Item = &Finding> {
    checked.findings.iter().filter(move |finding| all || finding.allowed.is_none())
}

/// The finding with its first line's severity in colour.
fn painted(checked: &Checked, finding: &Finding) -> String {
    let text = check::human(checked, finding);
    let style = match finding.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Note => NOTE,
    };
    let label = format!("{}[{}]", finding.severity.word(), finding.rule);
    text.replacen(&label, &format!("{style}{label}{style:#}"), 1)
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn summary(checked: &Checked) -> String {
    let allowed = checked.findings.iter().filter(|finding| finding.allowed.is_some()).count();
    let mut parts = vec![
        count(checked.count(Severity::Error), "error"),
        count(checked.count(Severity::Warning), "warning"),
        count(checked.count(Severity::Note), "note"),
    ];
    if allowed > 0 {
        parts.push(format!("{allowed} allowed"));
    }
    let looked = [(checked.resources, "resource"), (checked.definitions, "definition")];
    let looked: Vec<String> =
        looked.iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(*n, word)).collect();
    format!(
        "{}: {}",
        if looked.is_empty() { "nothing deployed".to_owned() } else { looked.join(", ") },
        parts.join(", ")
    )
}

fn rules(global: &Global) -> ExitCode {
    if global.json {
        let all: Vec<_> = check::RULES
            .iter()
            .map(|rule| serde_json::json!({"id": rule.id, "severity": rule.severity.word(), "summary": rule.summary}))
            .collect();
        anstream::println!("{}", serde_json::Value::from(all));
    } else {
        for rule in check::RULES {
            anstream::println!("{:<22} {:<8} {}", rule.id, rule.severity.word(), rule.summary);
        }
    }
    ExitCode::SUCCESS
}

/// What AWS refuses when it is deployed and refit does not: its own server needs no rule to hear of a job's end.
const REFUSED_BY_AWS_ALONE: [&str; 1] = ["sync-permission"];

/// What findings do to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// They are told.
    Open,
    /// Those that a deployment to refit cannot survive stop it.
    Here,
    /// Those that a deployment to AWS cannot survive stop it.
    Aws,
}

impl Gate {
    /// Errors that show only when it runs are told and deployed: whoever looks for them will find them there.
    fn stops(self, finding: &Finding) -> bool {
        let is_at_once = matches!(finding.when, When::Start | When::Deploy);
        match self {
            Self::Open => false,
            Self::Here => is_at_once && !REFUSED_BY_AWS_ALONE.contains(&finding.rule),
            Self::Aws => is_at_once,
        }
    }
}

/// What `up` and `preview` say before they do anything: the same findings.
///
/// # Errors
/// The errors found, when one of them stops at the gate.
pub(crate) fn before(directory: &Path, json: bool, gate: Gate) -> Result<(), Failure> {
    // What cannot be read at all is told by the plan.
    let Ok(checked) = check::check(&[directory.to_owned()], options()) else { return Ok(()) };
    let is_yaml = |finding: &Finding| {
        let path = &checked.sources.file(finding.span.file).path;
        path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    let told: Vec<&Finding> = shown(&checked, false)
        .filter(|finding| finding.severity > Severity::Note)
        .filter(|finding| !(is_yaml(finding) && TOLD_BY_PLAN.contains(&finding.rule)))
        .collect();
    let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) =
        told.into_iter().partition(|finding| finding.severity == Severity::Error);
    if !json {
        for finding in &warnings {
            anstream::eprintln!("{}\n", painted(&checked, finding));
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    if errors.iter().any(|finding| gate.stops(finding)) {
        let what = count(errors.len(), "error");
        let failure = Failure::new(format!("{what} found before anything was changed"))
            .hint("--no-check deploys all the same; `refit: allow RULE because REASON` in a comment allows one");
        return Err(errors
            .iter()
            .fold(failure, |failure, finding| failure.detail(painted(&checked, finding))));
    }
    for finding in errors.iter().filter(|_| !json) {
        anstream::eprintln!("{}\n", painted(&checked, finding));
    }
    Ok(())
}
