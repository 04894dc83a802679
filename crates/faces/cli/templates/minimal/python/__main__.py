"""A state machine that is started every night."""

import json

import pulumi
import pulumi_aws as aws


def trust(service):
    """Who may assume a role."""
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    })


role = aws.iam.Role("role", assume_role_policy=trust("states.amazonaws.com"))
machine = aws.sfn.StateMachine(
    "machine",
    role_arn=role.arn,
    definition=json.dumps({
        "StartAt": "Hello",
        "States": {"Hello": {"Type": "Pass", "Result": {"hello": "world"}, "End": True}},
    }),
)

schedule_role = aws.iam.Role("scheduleRole", assume_role_policy=trust("events.amazonaws.com"))
schedule_policy = aws.iam.RolePolicy(
    "schedulePolicy",
    role=schedule_role.id,
    policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine.arn}],
    }),
)
schedule = aws.cloudwatch.EventRule("schedule", schedule_expression="cron(0 0 * * ? *)")
schedule_target = aws.cloudwatch.EventTarget(
    "scheduleTarget",
    rule=schedule.name,
    arn=machine.arn,
    role_arn=schedule_role.arn,
    opts=pulumi.ResourceOptions(depends_on=[schedule_policy]),
)

pulumi.export("stateMachineArn", machine.arn)
