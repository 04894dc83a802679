//! `unknown-image`: a container image of somebody else's registry.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::{Language, Resource};
use crate::node::{Kind, Node};
use std::collections::HashSet;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unknown-image",
    severity: Severity::Note,
    summary: "a container image that is neither AWS's nor in a repository of the program",
    check,
};

/// The images that AWS publishes: among other things the accounts they are in.
const PUBLISHED: &str = include_str!("../../../stack/src/provider/prebuilt_images.json");

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    // What a server was asked for does not tell its repositories.
    if context.program.language == Language::Server {
        return;
    }
    let own: HashSet<String> =
        context.program.of("aws:ecr:Repository").map(Resource::physical_name).collect();
    let mut told = HashSet::new();
    for machine in &context.machines {
        machine.tree.walk(&mut |node: &Node| {
            let Kind::Text(text) = &node.kind else { return };
            if !text.holes.is_empty() {
                return;
            }
            let Some((account, image)) = image(&text.text) else { return };
            let repository = image.split([':', '@']).next().unwrap_or_default();
            let is_known = own.contains(repository) || is_published(account);
            if is_known || !told.insert(text.text.clone()) {
                return;
            }
            let placeholder = if account == "123456789012" {
                " (which stands for an account in AWS's documentation)"
            } else {
                ""
            };
            let message = format!("the image \"{image}\" is in the registry of the account {account}{placeholder}: it must be there, and the job's role must be allowed to pull it");
            let says = format!("ValidationException: Requested image {} not found.", text.text);
            let finding = Finding::new(&RULE, node.span, message).when(When::FirstRun).says(says);
            found.push(finding.help("refit runs it with your container engine, or as images.json says"));
        });
    }
}

/// The account and the image of `ACCOUNT.dkr.ecr.REGION.amazonaws.com/IMAGE`.
fn image(text: &str) -> Option<(&str, &str)> {
    let (host, image) = text.split_once('/')?;
    let (account, host) = host.split_once(".dkr.ecr.")?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_registry = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    (is_account && is_registry && !image.is_empty()).then_some((account, image))
}

/// Whether AWS publishes images from an account.
fn is_published(account: &str) -> bool {
    PUBLISHED.contains(&format!("\"{account}\""))
}
