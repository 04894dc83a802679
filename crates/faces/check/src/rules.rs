//! The rules: one file each. Each has its page in `docs/reference/checks`, with an example it finds and one it does not.

mod allow_reason;
mod bucket_name;
mod choice_default;
mod definition_json;
mod duplicate_name;
mod handler_missing;
mod no_catch;
mod no_retry;
mod no_timeout;
mod output_in_text;
mod pass_role;
mod permission_target;
mod plain_secret;
mod policy_document;
mod program_syntax;
mod required_property;
mod resource_as_arn;
mod role_trust;
mod schedule_disabled;
mod schedule_expression;
mod schedule_overlap;
mod single_use_name;
mod states_language;
mod sync_permission;
mod target_permission;
mod target_role;
mod task_arguments;
mod task_permission;
mod unknown_bucket;
mod unknown_image;
mod unknown_name;
mod wildcard_permission;

use crate::context::Context;
use crate::finding::{Finding, Severity};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: `single-use-name`.
    pub id: &'static str,
    /// How bad what it finds is, unless a finding says otherwise.
    pub severity: Severity,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Looks.
    pub(crate) check: fn(&Context<'_>, &mut Vec<Finding>),
}

/// All rules, by name.
pub static RULES: &[&Rule] = &[
    &allow_reason::RULE,
    &bucket_name::RULE,
    &choice_default::RULE,
    &definition_json::RULE,
    &duplicate_name::RULE,
    &handler_missing::RULE,
    &no_catch::RULE,
    &no_retry::RULE,
    &no_timeout::RULE,
    &output_in_text::RULE,
    &pass_role::RULE,
    &permission_target::RULE,
    &plain_secret::RULE,
    &policy_document::RULE,
    &program_syntax::RULE,
    &required_property::RULE,
    &resource_as_arn::RULE,
    &role_trust::RULE,
    &schedule_disabled::RULE,
    &schedule_expression::RULE,
    &schedule_overlap::RULE,
    &single_use_name::RULE,
    &states_language::RULE,
    &sync_permission::RULE,
    &target_permission::RULE,
    &target_role::RULE,
    &task_arguments::RULE,
    &task_permission::RULE,
    &unknown_bucket::RULE,
    &unknown_image::RULE,
    &unknown_name::RULE,
    &wildcard_permission::RULE,
];

/// The rule of a name.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}
