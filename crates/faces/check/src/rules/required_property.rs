//! `required-property`: properties that are missing, or that a type has not.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::{Language, Resource, upper_first};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "required-property",
    severity: Severity::Error,
    summary: "a property that is missing, or that the resource type does not have",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    if context.program.language == Language::Server {
        return;
    }
    for resource in &context.program.resources {
        let Some(known) = crate::types::described(&resource.token) else { continue };
        for name in &known.required {
            if resource.get(name).is_none() && !resource.properties.is_partial {
                found.push(missing(context, resource, name));
            }
        }
        for entry in resource.properties.entries() {
            if known.inputs.contains(&entry.key) || entry.key == "region" {
                continue;
            }
            // The table knows what refit deploys; the real provider may know more. Only what looks like a slip is told.
            let Some(near) =
                crate::text::nearest(&entry.key, known.inputs.iter().map(String::as_str))
            else {
                continue;
            };
            let (given, near) = (context.property(&entry.key), context.property(near));
            let message =
                format!("{} has no property `{given}`; did you mean `{near}`?", resource.short());
            let says = match context.program.language {
                Language::Python => format!(
                    "TypeError: {}._internal_init() got an unexpected keyword argument '{given}'",
                    class(resource)
                ),
                _ => format!("Property {given} does not exist on '{}'", resource.short()),
            };
            let mut finding =
                Finding::new(&RULE, entry.key_span, message).when(When::Start).says(says);
            finding = if context.program.language == Language::Yaml {
                finding.edit(entry.key_span, near)
            } else {
                finding.correction(near)
            };
            found.push(finding);
        }
    }
}

fn class(resource: &Resource) -> String {
    upper_first(resource.token.rsplit(':').next().unwrap_or_default())
}

fn missing(context: &Context<'_>, resource: &Resource, name: &str) -> Finding {
    let property = context.property(name);
    let message = format!("{} `{}` needs `{property}`", resource.short(), resource.key);
    let says = match context.program.language {
        Language::Python => format!("TypeError: Missing required property '{property}'"),
        Language::TypeScript => format!("Missing required property '{property}'"),
        _ => format!("Missing required property '{property}'"),
    };
    let mut finding = Finding::new(&RULE, resource.name_span, message).when(When::Start).says(says);
    let role = (name == "roleArn" || name == "role").then(|| context.roles.first()).flatten();
    if let Some(role) = role {
        finding =
            finding.correction(context.assignment(name, &context.reference(&role.key, "arn")));
    }
    finding
}
