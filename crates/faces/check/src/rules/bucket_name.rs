//! `bucket-name`: a bucket name that S3 refuses.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "bucket-name",
    severity: Severity::Error,
    summary: "a bucket or rule name that AWS refuses",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for resource in context
        .program
        .resources
        .iter()
        .filter(|resource| resource.is("aws:s3:Bucket") || resource.is("aws:s3:BucketV2"))
    {
        let Some(given) = resource.get("bucket") else { continue };
        if let Some(why) = given.as_str().and_then(fault) {
            let name = given.as_str().unwrap_or_default();
            found.push(
                Finding::new(&RULE, given.span, format!("\"{name}\" is no bucket name: {why}"))
                    .when(When::Deploy)
                    .says("InvalidBucketName: The specified bucket is not valid."),
            );
        }
    }
    for rule in context.program.of("aws:cloudwatch:EventRule") {
        let Some((node, name)) =
            rule.get("name").and_then(|node| Some((node, Node::as_str(node)?)))
        else {
            continue;
        };
        let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_good) {
            found.push(
                Finding::new(&RULE, node.span, format!("\"{name}\" is no rule name: up to 64 of letters, digits, `.`, `-` and `_`"))
                    .when(When::Deploy)
                    .says("ValidationException: Value at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"),
            );
        }
    }
}

// AWS: general purpose bucket naming rules.
fn fault(name: &str) -> Option<&'static str> {
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !(3..=63).contains(&name.len()) {
        return Some("it takes 3 to 63 characters");
    }
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        return Some("it takes lower case letters only");
    }
    if name.contains('_') {
        return Some("it takes no underscore");
    }
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'))
    {
        return Some("it takes lower case letters, digits, `.` and `-`");
    }
    if !is_edge(name.chars().next()) || !is_edge(name.chars().last()) {
        return Some("it begins and ends with a letter or a digit");
    }
    if name.contains("..") {
        return Some("it takes no two dots in a row");
    }
    let is_address =
        name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    is_address.then_some("it must not look like an IP address")
}
