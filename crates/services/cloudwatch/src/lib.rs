//! Amazon CloudWatch: metrics, alarms that evaluate, dashboards that are stored.
//!
//! **Invariant:** a data point is one commit with the work that evaluates the alarms on its metric: no alarm misses one.
//!
//! **Invariant:** an alarm is evaluated once a minute (or its period, if that is shorter) while there is data in its range, and not
//! at all while there is none: nothing can change then. A change of state is committed with its history, its event and its
//! actions.
//!
//! What other services count of themselves (`service::Metrics`) is kept once a minute, and before anybody reads.

mod act;
mod alarm;
mod data;
mod error;
mod evaluate;
mod history;
mod keep;
mod metric;
mod ops;
mod statistic;
mod tags;
mod watch;

use serde_json::Value;
use service::{AwsError, Ctx, Operation, Service, WorkItem, WorkOutcome, operation};
use std::sync::LazyLock;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service. All it has in memory is the task that keeps what services count.
#[derive(Debug, Default)]
pub struct Cloudwatch {
    keeper: keep::Keeper,
}

// AWS: Service Authorization Reference, Amazon CloudWatch: alarms and dashboards are resources, metrics are not.
#[rustfmt::skip]
static OPERATIONS: &[Operation<Cloudwatch>] = &[
    operation!("DeleteAlarms", ops::delete_alarms, "arn:aws:cloudwatch:{region}:{account}:alarm:*"),
    operation!("DeleteDashboards", ops::delete_dashboards, "arn:aws:cloudwatch::{account}:dashboard/*"),
    operation!("DescribeAlarmHistory", ops::describe_alarm_history, "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}"),
    operation!("DescribeAlarms", ops::describe_alarms, "arn:aws:cloudwatch:{region}:{account}:alarm:*"),
    operation!("DescribeAlarmsForMetric", ops::describe_alarms_for_metric, "*"),
    operation!("DisableAlarmActions", ops::disable_alarm_actions, "arn:aws:cloudwatch:{region}:{account}:alarm:*"),
    operation!("EnableAlarmActions", ops::enable_alarm_actions, "arn:aws:cloudwatch:{region}:{account}:alarm:*"),
    operation!("GetDashboard", ops::get_dashboard, "arn:aws:cloudwatch::{account}:dashboard/{DashboardName}"),
    operation!("GetMetricData", ops::get_metric_data, "*"),
    operation!("GetMetricStatistics", ops::get_metric_statistics, "*"),
    operation!("ListDashboards", ops::list_dashboards, "*"),
    operation!("ListMetrics", ops::list_metrics, "*"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{ResourceARN}"),
    operation!("PutDashboard", ops::put_dashboard, "arn:aws:cloudwatch::{account}:dashboard/{DashboardName}"),
    operation!("PutMetricAlarm", ops::put_metric_alarm, "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}"),
    operation!("PutMetricData", ops::put_metric_data, "*"),
    operation!("SetAlarmState", ops::set_alarm_state, "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}"),
    operation!("TagResource", ops::tag_resource, "{ResourceARN}"),
    operation!("UntagResource", ops::untag_resource, "{ResourceARN}"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Cloudwatch {
    service::by_table!("cloudwatch", MODEL, OPERATIONS);

    fn resource_arn(&self, ctx: &Ctx, _operation: &str, input: &Value) -> Option<String> {
        // A list of one is that one; of several, all may be meant.
        let only = |member: &str| match input.get(member)?.as_array()?.as_slice() {
            [only] => only.as_str(),
            _ => None,
        };
        only("AlarmNames")
            .map(|name| alarm::arn(ctx, name))
            .or_else(|| only("DashboardNames").map(|name| ops::dashboard::arn(ctx, name)))
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            watch::WORK => watch::run(ctx, item).await,
            act::WORK => act::run(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        self.keeper.start(ctx);
        Ok(())
    }
}
