//! `unknown-bucket`: data in a bucket that the program does not make.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::Language;
use crate::node::{Kind, Node};
use std::collections::HashSet;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unknown-bucket",
    severity: Severity::Note,
    summary: "an S3 address in a bucket that the program does not make",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let own: HashSet<String> = context
        .program
        .resources
        .iter()
        .filter(|resource| resource.is("aws:s3:Bucket") || resource.is("aws:s3:BucketV2"))
        .map(crate::model::Resource::physical_name)
        .collect();
    // What a server was asked for does not tell its buckets.
    if context.program.resources.is_empty() || context.program.language == Language::Server {
        return;
    }
    let mut told = HashSet::new();
    for machine in &context.machines {
        machine.tree.walk(&mut |node: &Node| {
            let Kind::Text(text) = &node.kind else { return };
            let Some(rest) = text.prefix().strip_prefix("s3://") else { return };
            let bucket = rest.split('/').next().unwrap_or_default();
            // A hole right after `s3://` is a reference.
            if bucket.is_empty() || (bucket.len() == rest.len() && !text.holes.is_empty()) || own.contains(bucket) || !told.insert(bucket.to_owned()) {
                return;
            }
            let message = format!("the bucket \"{bucket}\" is not in this program: it must exist, and the job's role must be allowed to use it");
            found.push(Finding::new(&RULE, node.span, message).when(When::FirstRun).says("ValidationException: No S3 objects found under S3 URL … (or AccessDenied)"));
        });
    }
}
