//! Amazon EventBridge rules, targets and schedules.
