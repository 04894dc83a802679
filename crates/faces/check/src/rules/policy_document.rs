//! `policy-document`: a policy that IAM refuses when it is stored.
//!
//! Only what is sure is told: a part that is not known is taken as right, and so is what may have more in it than was read.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::{Entry, Kind, Node, Text};
use crate::source::Span;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "policy-document",
    severity: Severity::Error,
    summary: "a policy that IAM refuses: no JSON, unknown or missing elements, actions and principals that are none",
    check,
};

/// What a policy is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Who may assume a role.
    Trust,
    /// What a role, user or group may do.
    Identity,
    /// Who may do what with the resource it belongs to.
    Resource,
}

/// Types, the property with the policy, what it is for.
const PLACES: &[(&str, &str, Use)] = &[
    ("aws:iam:Role", "assumeRolePolicy", Use::Trust),
    ("aws:iam:Policy", "policy", Use::Identity),
    ("aws:iam:RolePolicy", "policy", Use::Identity),
    ("aws:iam:UserPolicy", "policy", Use::Identity),
    ("aws:iam:GroupPolicy", "policy", Use::Identity),
    ("aws:s3:BucketPolicy", "policy", Use::Resource),
    ("aws:sns:TopicPolicy", "policy", Use::Resource),
    ("aws:sqs:QueuePolicy", "policy", Use::Resource),
];

const ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

// AWS: recorded answers of CreatePolicy, PutRolePolicy and CreateRole to faulty documents.
const SYNTAX: &str = "Syntax errors in policy.";

/// The first thing wrong with a policy, as AWS stops at the first, too.
struct Wrong {
    span: Span,
    message: String,
    says: String,
    correction: Option<String>,
}

fn wrong(span: Span, message: impl Into<String>, says: impl Into<String>) -> Wrong {
    Wrong { span, message: message.into(), says: says.into(), correction: None }
}

impl Wrong {
    fn write(mut self, correction: impl Into<String>) -> Self {
        self.correction = Some(correction.into());
        self
    }
}

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (short, property, purpose) in PLACES {
        for resource in context.program.of(short) {
            if let Some(given) = resource.get(property) {
                look(&format!("the policy of `{}`", resource.key), given, *purpose, found);
            }
        }
    }
    for role in context.program.of("aws:iam:Role") {
        for inline in role.get("inlinePolicies").map(Node::items).unwrap_or_default() {
            if let Some(given) = inline.get("policy") {
                let what = format!("an inline policy of `{}`", role.key);
                look(&what, given, Use::Identity, found);
            }
        }
    }
}

fn look(what: &str, given: &Node, purpose: Use, found: &mut Vec<Finding>) {
    let what = match purpose {
        Use::Trust => what.replacen("the policy", "the trust policy", 1),
        _ => what.to_owned(),
    };
    let first = match &given.kind {
        Kind::Text(text) => of_text(text, given, purpose),
        Kind::Map(_) => of_tree(given, purpose),
        Kind::Hole(_) | Kind::Null => None,
        _ => Some(wrong(given.span, "is not an object", SYNTAX)),
    };
    let Some(first) = first else { return };
    let code = if purpose == Use::Resource { "" } else { "MalformedPolicyDocument: " };
    let mut finding = Finding::new(&RULE, first.span, format!("{what}: {}", first.message))
        .when(When::Deploy)
        .says(format!("{code}{}", first.says));
    if let Some(correction) = first.correction {
        finding = finding.correction(correction);
    }
    found.push(finding);
}

fn of_text(text: &Text, given: &Node, purpose: Use) -> Option<Wrong> {
    // A text that begins with something unknown may be anything.
    if text.prefix().is_empty() && !text.holes.is_empty() {
        return None;
    }
    let (tree, problems) = asl::json::parse(&text.text);
    if let Some(problem) = problems.first() {
        // Bare references in a text are numbers, or whole documents: not known.
        if !text.holes.is_empty() {
            return None;
        }
        let start = text.source_of(problem.span.start);
        let end = text.source_of(problem.span.end.saturating_sub(1)) + 1;
        let span = Span::new(given.span.file, start, end.max(start));
        let says = if purpose == Use::Trust { "This policy contains invalid Json" } else { SYNTAX };
        return Some(wrong(span, format!("it is not JSON: {}", problem.message), says));
    }
    let tree = Node::from_json(&tree?, given.span.file, &text.map, &text.holes);
    of_tree(&tree, purpose)
}

fn of_tree(tree: &Node, purpose: Use) -> Option<Wrong> {
    let Kind::Map(entries) = &tree.kind else {
        return Some(wrong(tree.span, "it is not an object", SYNTAX));
    };
    if let Some(unknown) = unknown(entries, ELEMENTS, "a policy") {
        return Some(unknown);
    }
    if let Some(version) = tree.get("Version")
        && version.as_str().is_some_and(|text| text != "2012-10-17" && text != "2008-10-17")
    {
        let message = "a policy's version is 2012-10-17: it is the version of the language, and no date of yours";
        return Some(wrong(version.span, message, SYNTAX).write("\"Version\": \"2012-10-17\""));
    }
    if tree.is_partial {
        return None;
    }
    let Some(statements) = tree.get("Statement") else {
        return Some(wrong(tree.span, "it has no `Statement`", SYNTAX).write(example(purpose)));
    };
    if purpose == Use::Identity && tree.get("Version").is_none() {
        let says = "Policy document must be version 2012-10-17 or greater.";
        let message = "it has no `Version`";
        return Some(wrong(tree.span, message, says).write("\"Version\": \"2012-10-17\","));
    }
    if statements.items().is_empty() && !statements.is_partial {
        return Some(wrong(statements.span, "its `Statement` is empty", SYNTAX));
    }
    statements.items().iter().find_map(|statement| of_statement(statement, purpose))
}

fn of_statement(statement: &Node, purpose: Use) -> Option<Wrong> {
    let entries = match &statement.kind {
        Kind::Map(entries) => entries,
        Kind::Hole(_) => return None,
        _ => return Some(wrong(statement.span, "a statement is not an object", SYNTAX)),
    };
    if let Some(unknown) = unknown(entries, STATEMENT, "a statement") {
        return Some(unknown);
    }
    if let Some(effect) = statement.get("Effect")
        && let Some(text) = effect.as_str()
        && !["Allow", "Deny"].contains(&text)
    {
        let message = format!("`Effect` is `Allow` or `Deny`, not `{text}`");
        let says = "The policy failed legacy parsing";
        return Some(wrong(effect.span, message, says).write("\"Effect\": \"Allow\""));
    }
    let has = |name: &str| {
        statement.is_partial
            || statement.get(name).is_some()
            || statement.get(&format!("Not{name}")).is_some()
    };
    if !has("Effect") {
        return Some(
            wrong(statement.span, "a statement has no `Effect`", SYNTAX)
                .write("\"Effect\": \"Allow\","),
        );
    }
    if !has("Action") {
        let says = "Policy statement must contain actions.";
        return Some(wrong(statement.span, "a statement has no `Action`", says));
    }
    actions(statement, purpose)
        .or_else(|| principals(statement, purpose, has("Principal")))
        .or_else(|| resources(statement, purpose, has("Resource")))
}

/// An element that does not exist.
fn unknown(entries: &[Entry], known: &[&str], of: &str) -> Option<Wrong> {
    let entry = entries.iter().find(|entry| !known.contains(&entry.key.as_str()))?;
    if entry.key.is_empty() {
        return None;
    }
    let near = crate::text::nearest(&entry.key, known.iter().copied());
    // Plurals and other cases are what people write.
    let near = near.or_else(|| {
        let plain = entry.key.trim_end_matches('s').to_lowercase();
        known.iter().find(|known| known.to_lowercase() == plain).copied()
    });
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let message = format!("`{}` is no element of {of}{hint}", entry.key);
    let found = wrong(entry.key_span, message, SYNTAX);
    Some(match near {
        Some(near) => found.write(format!("\"{near}\"")),
        None => found,
    })
}

fn actions(statement: &Node, purpose: Use) -> Option<Wrong> {
    let given = ["Action", "NotAction"].iter().find_map(|name| statement.get(name))?;
    for action in given.items() {
        let Some(text) = action.as_str().filter(|text| *text != "*") else { continue };
        let Some((service, _)) = text.split_once(':') else {
            let message = format!("the action `{text}` does not say whose it is: SERVICE:ACTION");
            let says = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
            return Some(wrong(action.span, message, says));
        };
        if purpose == Use::Trust && !service.eq_ignore_ascii_case("sts") {
            let message = format!(
                "a trust policy allows to assume the role and nothing else, so not `{text}`: put that into a policy of the role"
            );
            let says = "AssumeRole policy may only specify STS AssumeRole actions.";
            return Some(wrong(action.span, message, says).write("\"Action\": \"sts:AssumeRole\""));
        }
    }
    None
}

fn principals(statement: &Node, purpose: Use, is_there: bool) -> Option<Wrong> {
    let given = ["Principal", "NotPrincipal"].iter().find_map(|name| statement.get(name));
    if purpose == Use::Identity {
        let message =
            "a policy of a role, user or group is about that one: it names no `Principal`";
        let says = "Policy document should not specify a principal.";
        return given.map(|given| wrong(given.span, message, says));
    }
    if !is_there {
        let message = "a statement does not say who: it has no `Principal`";
        let says = "Missing required field Principal";
        return Some(
            wrong(statement.span, message, says)
                .write("\"Principal\": {\"Service\": \"states.amazonaws.com\"},"),
        );
    }
    let given = given?;
    if let Some(text) = given.as_str().filter(|text| *text != "*") {
        let kind = if text.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
        let message = format!("a `Principal` is an object that says what `{text}` is");
        let write = format!("\"Principal\": {{\"{kind}\": \"{text}\"}}");
        return Some(wrong(given.span, message, SYNTAX).write(write));
    }
    for entry in given.entries() {
        if !["AWS", "Service", "Federated", "CanonicalUser"].contains(&entry.key.as_str()) {
            let message = format!(
                "a principal is of the kind AWS, Service, Federated or CanonicalUser, not `{}`",
                entry.key
            );
            return Some(wrong(entry.key_span, message, SYNTAX));
        }
        for name in entry.value.items().iter().filter(|_| entry.key == "Service") {
            let ends = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"];
            let Some(text) = name.as_str() else { continue };
            if !ends.iter().any(|end| text.len() > end.len() && text.ends_with(end)) {
                let message = format!("`{text}` is no service that can be a principal");
                let says = format!("Invalid principal in policy: \"SERVICE\":\"{text}\"");
                let short = text.split('.').next().unwrap_or_default().to_lowercase();
                let write = format!("\"Service\": \"{short}.amazonaws.com\"");
                return Some(wrong(name.span, message, says).write(write));
            }
        }
    }
    None
}

fn resources(statement: &Node, purpose: Use, is_there: bool) -> Option<Wrong> {
    let given = ["Resource", "NotResource"].iter().find_map(|name| statement.get(name));
    match purpose {
        Use::Trust => {
            let message = "a trust policy is about its role: it names no `Resource`";
            given.map(|given| wrong(given.span, message, "Has prohibited field Resource"))
        }
        Use::Resource => None,
        Use::Identity if !is_there => {
            let says = "Policy statement must contain resources.";
            Some(wrong(statement.span, "a statement has no `Resource`", says))
        }
        Use::Identity => given?.items().iter().find_map(|resource| {
            let text =
                resource.as_str().filter(|text| *text != "*" && !text.starts_with("arn:"))?;
            let message = format!("`{text}` is no ARN");
            let says = format!("Resource {text} must be in ARN format or \"*\".");
            let found = wrong(resource.span, message, says);
            Some(match text.strip_prefix("s3://") {
                Some(path) => found.write(format!("\"arn:aws:s3:::{path}\"")),
                None => found,
            })
        }),
    }
}

/// A whole policy to begin with.
fn example(purpose: Use) -> &'static str {
    match purpose {
        Use::Trust => {
            "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"states.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}"
        }
        Use::Identity => {
            "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::BUCKET/*\"}]}"
        }
        Use::Resource => {
            "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"events.amazonaws.com\"}, \"Action\": \"…\", \"Resource\": \"…\"}]}"
        }
    }
}
