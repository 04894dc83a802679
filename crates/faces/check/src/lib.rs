//! What is wrong with a retraining, before it is deployed: where, what AWS would say and when, and what to write instead.
//!
//! A check has three parts. *Front ends* read Pulumi programs (YAML, Python, TypeScript: without running them), definitions and
//! what a server answers into one model of resources whose values know their places. *Rules*, one file each, look at the model.
//! *Renderings* show what they find to people, to programs (JSON) and to code hosts (SARIF).
//!
//! Nothing is run and nobody is asked, so that a program that does not even start shows all its problems at once.
//!
//! ```
//! let options = check::Options { now_ms: 0 };
//! let checked = check::check_text("machine.asl.json", r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true,}}}"#, options);
//! assert_eq!(checked.findings[0].rule, "definition-json");
//! ```

mod allow;
mod context;
mod convert;
mod error;
mod finding;
mod fix;
mod front;
mod machine;
mod model;
mod models;
mod needs;
mod node;
mod project;
mod render;
mod roles;
mod rules;
mod source;
mod text;
mod types;

pub use convert::convert;
pub use error::Error;
pub use finding::{Edit, Finding, Severity, When};
pub use fix::{Fixed, fix};
pub use render::{human, json, sarif};
pub use rules::{RULES, Rule, find as find_rule};
pub use source::{FileId, Position, SourceFile, Sources, Span};

use context::Context;
use model::{Language, Program};
use std::path::{Path, PathBuf};

/// What a check depends on besides the texts.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Now, in Unix milliseconds: the times of firings are told from here.
    pub now_ms: i64,
}

/// What was looked at and found.
#[derive(Debug)]
pub struct Checked {
    /// The texts.
    pub sources: Sources,
    /// What was found, in the order of the texts.
    pub findings: Vec<Finding>,
    /// How many programs.
    pub programs: usize,
    /// How many resources.
    pub resources: usize,
    /// How many definitions.
    pub definitions: usize,
}

impl Checked {
    /// Findings of a severity that nobody allowed.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity && finding.allowed.is_none())
            .count()
    }
}

/// Checks projects, programs and definitions.
///
/// # Errors
/// What cannot be read, or holds nothing to check.
pub fn check(paths: &[PathBuf], options: Options) -> Result<Checked, Error> {
    let mut sources = Sources::default();
    let mut programs = Vec::new();
    for path in paths {
        programs.extend(project::read(&mut sources, path)?);
    }
    Ok(finish(sources, &programs, options))
}

/// Checks one text by the name it would have as a file. Files it refers to are looked for in the working directory.
pub fn check_text(name: &str, text: &str, options: Options) -> Checked {
    let mut sources = Sources::default();
    let path = Path::new(name);
    let program =
        project::read_text(&mut sources, path, text, path.parent().unwrap_or(Path::new("")));
    finish(sources, &[program], options)
}

/// Checks what a server runs. `description` has `stateMachines` (`name`, `arn`, `definition`, `roleArn`, `type`), `rules` (`name`,
/// `scheduleExpression`, `state`, `targets` as EventBridge lists them) and `roles` (`name`, `arn`, `assumeRolePolicy`, `inline` with
/// `name` and `document`, `attached` with ARNs, `policies` with documents by ARN).
pub fn check_server(description: &serde_json::Value, options: Options) -> Checked {
    let mut sources = Sources::default();
    let program = front::server::read(&mut sources, description);
    finish(sources, &[program], options)
}

fn finish(sources: Sources, programs: &[Program], options: Options) -> Checked {
    let mut findings = Vec::new();
    let (mut resources, mut definitions) = (0, 0);
    for program in programs {
        let context = Context::new(&sources, program, options.now_ms);
        let mut found = Vec::new();
        for rule in RULES {
            (rule.check)(&context, &mut found);
        }
        allow::apply(&context, &mut found);
        resources += program.resources.len();
        definitions += context.machines.len();
        findings.extend(found);
    }
    findings.sort_by(|a, b| {
        (a.span, std::cmp::Reverse(a.severity), a.rule).cmp(&(
            b.span,
            std::cmp::Reverse(b.severity),
            b.rule,
        ))
    });
    // What is wrong in a component is told once, however often it is used.
    let is_same = |a: &str, b: &str| a == b || text::without_scopes(a) == text::without_scopes(b);
    findings
        .dedup_by(|a, b| a.rule == b.rule && a.span == b.span && is_same(&a.message, &b.message));
    let programs =
        programs.iter().filter(|program| program.language != Language::Definition).count();
    Checked { sources, findings, programs, resources, definitions }
}
