// A state machine that is started every night.

import * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";

const trust = (service: string) => aws.iam.assumeRolePolicyForPrincipal({ Service: service });

const role = new aws.iam.Role("role", { assumeRolePolicy: trust("states.amazonaws.com") });
const machine = new aws.sfn.StateMachine("machine", {
    roleArn: role.arn,
    definition: JSON.stringify({
        StartAt: "Hello",
        States: { Hello: { Type: "Pass", Result: { hello: "world" }, End: true } },
    }),
});

const scheduleRole = new aws.iam.Role("scheduleRole", { assumeRolePolicy: trust("events.amazonaws.com") });
const schedulePolicy = new aws.iam.RolePolicy("schedulePolicy", {
    role: scheduleRole.id,
    policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "states:StartExecution", Resource: machine.arn }],
    }),
});
const schedule = new aws.cloudwatch.EventRule("schedule", { scheduleExpression: "cron(0 0 * * ? *)" });
const scheduleTarget = new aws.cloudwatch.EventTarget("scheduleTarget", {
    rule: schedule.name,
    arn: machine.arn,
    roleArn: scheduleRole.arn,
}, { dependsOn: [schedulePolicy] });

export const stateMachineArn = machine.arn;
