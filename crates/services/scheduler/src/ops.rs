//! The operations, one file each.

pub(crate) mod create_schedule;
pub(crate) mod create_schedule_group;
pub(crate) mod delete_schedule;
pub(crate) mod delete_schedule_group;
pub(crate) mod get_schedule;
pub(crate) mod get_schedule_group;
pub(crate) mod list_schedule_groups;
pub(crate) mod list_schedules;
pub(crate) mod list_tags_for_resource;
pub(crate) mod tag_resource;
mod tagged;
pub(crate) mod untag_resource;
pub(crate) mod update_schedule;
