//! `duplicate-name`: two resources of one type and name.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::source::Span;
use std::collections::HashMap;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "duplicate-name",
    severity: Severity::Error,
    summary: "two resources of the same type with the same name",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut seen: HashMap<(&str, &str), Span> = HashMap::new();
    for resource in &context.program.resources {
        // Children of components have URNs of their own.
        let has_parent =
            resource.options.as_ref().is_some_and(|options| options.get("parent").is_some());
        if resource.name.is_empty() || has_parent {
            continue;
        }
        match seen.get(&(resource.token.as_str(), resource.name.as_str())) {
            Some(first) => {
                let first = context.sources.line_told(*first, resource.name_span);
                let message = format!(
                    "{first} has a resource of type {} called \"{}\" already",
                    resource.short(),
                    resource.name
                );
                let says = format!(
                    "Duplicate resource URN 'urn:pulumi:STACK::PROJECT::{}::{}'; try giving it a unique name",
                    resource.token, resource.name
                );
                let text = context.sources.text(resource.name_span);
                let quote = text
                    .chars()
                    .next()
                    .filter(|c| matches!(c, '"' | '\''))
                    .map(String::from)
                    .unwrap_or_default();
                let better = format!("{quote}{}2{quote}", resource.name);
                found.push(
                    Finding::new(&RULE, resource.name_span, message)
                        .when(When::Start)
                        .says(says)
                        .correction(better),
                );
            }
            None => drop(seen.insert((&resource.token, &resource.name), resource.name_span)),
        }
    }
}
