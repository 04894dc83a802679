//! The operations, one file each.

pub(crate) mod dashboard;
pub(crate) mod delete_alarms;
pub(crate) mod delete_dashboards;
pub(crate) mod describe_alarm_history;
pub(crate) mod describe_alarms;
pub(crate) mod describe_alarms_for_metric;
pub(crate) mod disable_alarm_actions;
pub(crate) mod enable_alarm_actions;
pub(crate) mod get_dashboard;
pub(crate) mod get_metric_data;
pub(crate) mod get_metric_statistics;
pub(crate) mod list_dashboards;
pub(crate) mod list_metrics;
pub(crate) mod list_tags_for_resource;
pub(crate) mod put_dashboard;
pub(crate) mod put_metric_alarm;
pub(crate) mod put_metric_data;
pub(crate) mod set_alarm_state;
pub(crate) mod tag_resource;
pub(crate) mod untag_resource;
