//! Schedules of EventBridge Scheduler count as schedules.

use crate::programs::look;

const PROGRAM: &str = r#"name: p
runtime: yaml
resources:
  starter:
    type: aws:iam:Role
    properties:
      assumeRolePolicy:
        fn::toJSON:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: sts:AssumeRole }]
  runner:
    type: aws:iam:Role
    properties:
      assumeRolePolicy:
        fn::toJSON:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Principal: { Service: [states.amazonaws.com, sagemaker.amazonaws.com] }, Action: sts:AssumeRole }]
  machine:
    type: aws:sfn:StateMachine
    properties:
      roleArn: ${runner.arn}
      definition:
        fn::toJSON:
          StartAt: Train
          States:
            Train:
              Type: Task
              Resource: arn:aws:states:::sagemaker:createTrainingJob.sync
              Parameters:
                TrainingJobName: nightly
                RoleArn: ${runner.arn}
                AlgorithmSpecification: { TrainingImage: i, TrainingInputMode: File }
                OutputDataConfig: { S3OutputPath: s3://b/ }
                ResourceConfig: { InstanceType: ml.m5.large, InstanceCount: 1, VolumeSizeInGB: 10 }
                StoppingCondition: { MaxRuntimeInSeconds: 7200 }
              End: true
  every:
    type: aws:scheduler:Schedule
    properties:
      scheduleExpression: rate(1 hour)
      flexibleTimeWindow: { mode: "OFF" }
      target: { arn: "${machine.arn}", roleArn: "${starter.arn}" }
"#;

/// The rules that find something, and with what severity.
fn found(text: &str) -> Vec<&'static str> {
    let checked = look("Pulumi.yaml", text);
    let mut rules: Vec<&str> = checked.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[test]
fn a_scheduled_machine_is_looked_at_as_one() {
    let rules = found(PROGRAM);
    for rule in ["role-trust", "schedule-overlap", "single-use-name", "target-permission"] {
        assert!(rules.contains(&rule), "{rule} is not in {rules:?}");
    }
    assert!(!rules.contains(&"schedule-disabled"), "it has its target in itself: {rules:?}");
    assert!(!rules.contains(&"schedule-expression"), "{rules:?}");
    let checked = look("Pulumi.yaml", PROGRAM);
    let named = checked.findings.iter().find(|finding| finding.rule == "single-use-name").unwrap();
    assert_eq!(named.severity, check::Severity::Error, "the second run is scheduled");
}

#[test]
fn its_own_expressions_are_read() {
    let cases = [
        ("at(2099-01-31T12:00:00)", None),
        ("at(2001-01-31T12:00:00)", Some("schedule-expression")),
        ("cron(0 6 * *)", Some("schedule-expression")),
    ];
    for (expression, rule) in cases {
        let rules = found(&PROGRAM.replace("rate(1 hour)", expression));
        let told = rules.iter().find(|rule| **rule == "schedule-expression").copied();
        assert_eq!(told, rule, "{expression}");
    }
}
