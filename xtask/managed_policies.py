#!/usr/bin/env python3
"""Writes the AWS managed policies that refit carries.

Reads the published policies from an installed moto, keeps those named below, and reduces each to what decides (effect, actions,
resources, conditions): statement names and order of actions are not kept, and a policy far wider than refit is cut down to the
services that refit has. One line per policy, so that a change shows up as a readable diff.

Usage: python3 xtask/managed_policies.py
"""

import datetime
import json
import pathlib

import moto.iam.aws_managed_policies as published

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "crates/services/iam/managed_policies.json"

NAMES = """
AdministratorAccess AmazonEventBridgeFullAccess AmazonEventBridgeReadOnlyAccess AmazonEventBridgeSchedulerFullAccess
AmazonEventBridgeSchedulerReadOnlyAccess AmazonS3FullAccess AmazonS3ReadOnlyAccess AmazonSNSFullAccess
AmazonSNSReadOnlyAccess AmazonSQSFullAccess AmazonSQSReadOnlyAccess AmazonSageMakerFullAccess AmazonSageMakerReadOnly
AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AWSLambdaBasicExecutionRole AWSLambdaExecute AWSLambdaRole
AWSLambdaSQSQueueExecutionRole AWSLambdaVPCAccessExecutionRole AWSStepFunctionsConsoleFullAccess
AWSStepFunctionsFullAccess AWSStepFunctionsReadOnlyAccess AWSXRayDaemonWriteAccess AWSXrayWriteOnlyAccess
AmazonEC2ContainerRegistryReadOnly AmazonEC2ContainerRegistryPowerUser CloudWatchEventsBuiltInTargetExecutionAccess
CloudWatchEventsFullAccess CloudWatchEventsInvocationAccess CloudWatchEventsReadOnlyAccess CloudWatchFullAccess
CloudWatchLogsFullAccess CloudWatchLogsReadOnlyAccess CloudWatchReadOnlyAccess IAMFullAccess IAMReadOnlyAccess
IAMUserChangePassword PowerUserAccess ReadOnlyAccess ViewOnlyAccess SecurityAudit
""".split()

# Policies whose actions are cut down to these prefixes.
WIDE = {"ReadOnlyAccess", "ViewOnlyAccess", "SecurityAudit"}
PREFIXES = {
    "cloudwatch", "ecr", "events", "iam", "lambda", "logs", "s3", "sagemaker", "scheduler", "sns", "sqs", "states",
    "sts", "tag",
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def seconds(text):
    return int(datetime.datetime.fromisoformat(text).timestamp())


def reduced(name, statement):
    out = {"Effect": statement["Effect"]}
    for key in ("Action", "NotAction"):
        if key in statement:
            actions = sorted(set(as_list(statement[key])), key=str.lower)
            if name in WIDE:
                actions = [a for a in actions if a.split(":")[0].lower() in PREFIXES]
                if not actions:
                    return None
            out[key] = actions
    for key in ("Resource", "NotResource"):
        if key in statement:
            resources = sorted(set(as_list(statement[key])))
            out[key] = resources[0] if len(resources) == 1 else resources
    if "Condition" in statement:
        out["Condition"] = statement["Condition"]
    return out


def main():
    policies = json.loads(published.aws_managed_policies_data)
    lines = []
    for name in sorted(NAMES):
        policy = policies[name]
        statements = [reduced(name, s) for s in as_list(policy["Document"]["Statement"])]
        entry = {
            "name": name,
            "path": policy["Path"],
            "version": policy["DefaultVersionId"],
            "created": seconds(policy["CreateDate"]),
            "updated": seconds(policy["UpdateDate"]),
            "statements": [s for s in statements if s],
        }
        lines.append(json.dumps(entry, separators=(",", ":")))
    TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(lines)} policies, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
