//! `plain-secret`: a secret in clear text.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::Language;
use crate::node::{Entry, Kind, Node};
use crate::source::Span;
use std::collections::HashSet;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "plain-secret",
    severity: Severity::Warning,
    summary: "a password, token or key in clear text",
    check,
};

/// Endings of names that hold secrets.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "credentials",
];

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for resource in &context.program.resources {
        look(context, &resource.properties, &mut told, found);
    }
    for machine in &context.machines {
        look(context, &machine.tree, &mut told, found);
    }
}

fn look(context: &Context<'_>, node: &Node, told: &mut HashSet<Span>, found: &mut Vec<Finding>) {
    node.walk(&mut |node| {
        for entry in node.entries() {
            if is_secret(entry) && told.insert(entry.value.span) {
                let message = format!("`{}` is in clear text: it ends up in the state, in logs and in the history of executions", entry.key);
                let mut finding = Finding::new(&RULE, entry.value.span, message);
                finding = match context.program.language {
                    Language::Yaml => finding.correction(format!("{}: {{ fn::secret: ${{{}}} }}", entry.key, entry.key.to_lowercase())),
                    Language::Python => finding.correction(format!("pulumi.Config().require_secret(\"{}\")", entry.key.to_lowercase())),
                    Language::TypeScript => finding.correction(format!("new pulumi.Config().requireSecret(\"{}\")", entry.key.to_lowercase())),
                    _ => finding,
                };
                found.push(finding.when(When::Never));
            }
        }
        if let Kind::Text(text) = &node.kind
            && is_access_key(&text.text)
            && told.insert(node.span)
        {
            found.push(Finding::new(&RULE, node.span, "this looks like an AWS access key").severity(Severity::Error).help("use a role; and have the key replaced, it has been written down"));
        }
    });
}

fn is_secret(entry: &Entry) -> bool {
    let Kind::Text(text) = &entry.value.kind else { return false };
    let Some(value) = text.literal() else { return false };
    let key: String =
        entry.key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let is_reference = value.starts_with("arn:")
        || value.starts_with("$.")
        || value.starts_with("{%")
        || value.starts_with("States.")
        || value.contains("{{");
    NAMES.iter().any(|name| key.ends_with(name))
        && value.len() >= 4
        && !is_reference
        && !entry.key.ends_with(".$")
        && key != "nexttoken"
        && key != "tasktoken"
}

fn is_access_key(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        word.len() == 20
            && (word.starts_with("AKIA") || word.starts_with("ASIA"))
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && !word.contains("EXAMPLE")
    })
}
