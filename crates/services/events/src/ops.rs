//! One file per operation; [`crate::Events`]'s table names them.

pub(crate) mod create_event_bus;
pub(crate) mod delete_event_bus;
pub(crate) mod delete_rule;
pub(crate) mod describe_event_bus;
pub(crate) mod describe_rule;
pub(crate) mod disable_rule;
pub(crate) mod enable_rule;
pub(crate) mod list_event_buses;
pub(crate) mod list_rule_names_by_target;
pub(crate) mod list_rules;
pub(crate) mod list_tags_for_resource;
pub(crate) mod list_targets_by_rule;
pub(crate) mod put_events;
pub(crate) mod put_rule;
pub(crate) mod put_targets;
pub(crate) mod remove_targets;
mod switch;
pub(crate) mod tag_resource;
mod tagged;
pub(crate) mod test_event_pattern;
pub(crate) mod untag_resource;
