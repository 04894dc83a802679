"""What is changed behind a stack's back: a refresh tells it, a preview proposes to take it back, an update does."""

import json
import re

import pytest

from support.server import Server

TRUST = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: [states.amazonaws.com, lambda.amazonaws.com, events.amazonaws.com, scheduler.amazonaws.com] } } }'
ALL = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "*", Resource: "*" } }'
READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
ROLE = f'  role: {{ type: aws:iam:Role, properties: {{ inlinePolicies: [{{ name: all, policy: {ALL} }}], assumeRolePolicy: {TRUST} }} }}\n'
MACHINE = '  m: { type: aws:sfn:StateMachine, properties: { roleArn: "${role.arn}", definition: { StartAt: A, States: { A: { Type: Succeed } } } } }\n'
CODE = 'fn::assetArchive: { a.py: { fn::stringAsset: "def f(event, context):\\n    return 1\\n" } }'

# A name; a program of which `x` is looked at; what is done by (service, operation, arguments), where `{name}` is an output of
# the program; and what is told of it. Of one resource several things are changed at once.
CASES = {
    "role": (
        f'  x: {{ type: aws:iam:Role, properties: {{ assumeRolePolicy: {TRUST}, description: ours, tags: {{ a: b, c: d }}, managedPolicyArns: [{READ}], permissionsBoundary: {READ}, inlinePolicies: [{{ name: one, policy: {ALL} }}] }} }}\n'
        '  outer: { type: aws:iam:RolePolicyAttachment, properties: { role: "${role.name}", policyArn: ' + READ + " } }\n" + ROLE,
        {"name": "${x.name}"},
        [
            ("iam", "tag_role", {"RoleName": "{name}", "Tags": [{"Key": "a", "Value": "changed"}, {"Key": "new", "Value": "x"}]}),
            ("iam", "untag_role", {"RoleName": "{name}", "TagKeys": ["c"]}),
            ("iam", "detach_role_policy", {"RoleName": "{name}", "PolicyArn": READ}),
            ("iam", "attach_role_policy", {"RoleName": "{name}", "PolicyArn": FULL}),
            ("iam", "put_role_permissions_boundary", {"RoleName": "{name}", "PermissionsBoundary": FULL}),
            ("iam", "put_role_policy", {"RoleName": "{name}", "PolicyName": "two", "PolicyDocument": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'}),
        ],
        ["tags.a", "tags.c", "tags.new", "managedPolicyArns", "permissionsBoundary", "inlinePolicies"],
    ),
    "policy": (
        f"  x: {{ type: aws:iam:Policy, properties: {{ policy: {ALL}, tags: {{ a: b }} }} }}\n",
        {"arn": "${x.arn}"},
        [
            ("iam", "create_policy_version", {"PolicyArn": "{arn}", "SetAsDefault": True, "PolicyDocument": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'}),
            ("iam", "untag_policy", {"PolicyArn": "{arn}", "TagKeys": ["a"]}),
        ],
        ["policy.Statement", "tags"],
    ),
    "user": (
        "  x: { type: aws:iam:User, properties: { tags: { a: b } } }\n",
        {"name": "${x.name}"},
        [
            ("iam", "tag_user", {"UserName": "{name}", "Tags": [{"Key": "a", "Value": "c"}]}),
            ("iam", "put_user_permissions_boundary", {"UserName": "{name}", "PermissionsBoundary": READ}),
        ],
        ["tags.a", "permissionsBoundary"],
    ),
    "memberships": (
        '  g: { type: aws:iam:Group }\n  h: { type: aws:iam:Group }\n  u: { type: aws:iam:User }\n  x: { type: aws:iam:UserGroupMembership, properties: { user: "${u.name}", groups: ["${g.name}", "${h.name}"] } }\n',
        {"user": "${u.name}", "group": "${g.name}"},
        [("iam", "remove_user_from_group", {"GroupName": "{group}", "UserName": "{user}"})],
        ["groups"],
    ),
    "machine": (
        ROLE + '  g: { type: aws:cloudwatch:LogGroup }\n'
        '  x: { type: aws:sfn:StateMachine, properties: { roleArn: "${role.arn}", definition: { StartAt: A, States: { A: { Type: Succeed } } }, tags: { a: b }, tracingConfiguration: { enabled: true }, loggingConfiguration: { level: ALL, includeExecutionData: true, logDestination: "${g.arn}:*" } } }\n',
        {"arn": "${x.arn}"},
        [
            ("stepfunctions", "update_state_machine", {"stateMachineArn": "{arn}", "loggingConfiguration": {"level": "OFF"}, "tracingConfiguration": {"enabled": False}}),
            ("stepfunctions", "tag_resource", {"resourceArn": "{arn}", "tags": [{"key": "new", "value": "x"}]}),
        ],
        ["loggingConfiguration.level", "tracingConfiguration.enabled", "tags.new"],
    ),
    "activity": (
        "  x: { type: aws:sfn:Activity, properties: { tags: { a: b } } }\n",
        {"arn": "${x.arn}"},
        [("stepfunctions", "untag_resource", {"resourceArn": "{arn}", "tagKeys": ["a"]})],
        ["tags"],
    ),
    "rule": (
        '  x: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: rate(1 day), isEnabled: true, tags: { a: b } } }\n',
        {"name": "${x.name}", "arn": "${x.arn}"},
        [
            ("events", "disable_rule", {"Name": "{name}"}),
            ("events", "tag_resource", {"ResourceARN": "{arn}", "Tags": [{"Key": "a", "Value": "c"}]}),
        ],
        ["isEnabled", "tags.a"],
    ),
    "target": (
        ROLE + MACHINE + '  q: { type: aws:sqs:Queue }\n  rule: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: rate(1 day) } }\n'
        '  x: { type: aws:cloudwatch:EventTarget, properties: { rule: "${rule.name}", targetId: t, arn: "${m.arn}", roleArn: "${role.arn}", deadLetterConfig: { arn: "${q.arn}" }, retryPolicy: { maximumRetryAttempts: 3 }, inputTransformer: { inputPaths: { at: $.time }, inputTemplate: "<at>" } } }\n',
        {"rule": "${rule.name}", "machine": "${m.arn}", "role": "${role.arn}"},
        [("events", "put_targets", {"Rule": "{rule}", "Targets": [{"Id": "t", "Arn": "{machine}", "RoleArn": "{role}", "RetryPolicy": {"MaximumRetryAttempts": 9, "MaximumEventAgeInSeconds": 60}, "InputTransformer": {"InputPathsMap": {"at": "$.id"}, "InputTemplate": "<at>"}}]})],
        ["deadLetterConfig", "retryPolicy.maximumRetryAttempts", "retryPolicy.maximumEventAgeInSeconds", "inputTransformer.inputPaths.at"],
    ),
    "bus": (
        "  x: { type: aws:cloudwatch:EventBus, properties: { tags: { a: b } } }\n",
        {"arn": "${x.arn}"},
        [("events", "tag_resource", {"ResourceARN": "{arn}", "Tags": [{"Key": "a", "Value": "c"}]})],
        ["tags.a"],
    ),
    "schedule": (
        ROLE + MACHINE + '  q: { type: aws:sqs:Queue }\n  x: { type: aws:scheduler:Schedule, properties: { name: nightly, scheduleExpression: rate(1 day), endDate: "2099-01-31T12:00:00+00:00", flexibleTimeWindow: { mode: "OFF" }, target: { arn: "${m.arn}", roleArn: "${role.arn}", input: { a: 1 }, retryPolicy: { maximumRetryAttempts: 2 }, deadLetterConfig: { arn: "${q.arn}" } } } }\n',
        {"machine": "${m.arn}", "role": "${role.arn}"},
        [("scheduler", "update_schedule", {"Name": "nightly", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}, "Target": {"Arn": "{machine}", "RoleArn": "{role}", "Input": '{"a": 2}', "RetryPolicy": {"MaximumRetryAttempts": 0}}})],
        ["endDate", "flexibleTimeWindow.mode", "target.input.a", "target.retryPolicy.maximumRetryAttempts", "target.deadLetterConfig"],
    ),
    "schedule group": (
        "  x: { type: aws:scheduler:ScheduleGroup, properties: { tags: { a: b } } }\n",
        {"arn": "${x.arn}"},
        [("scheduler", "tag_resource", {"ResourceArn": "{arn}", "Tags": [{"Key": "new", "Value": "c"}]})],
        ["tags.new"],
    ),
    "alarm": (
        '  t: { type: aws:sns:Topic }\n  x: { type: aws:cloudwatch:MetricAlarm, properties: { name: failed, comparisonOperator: GreaterThanThreshold, evaluationPeriods: 1, metricName: ExecutionsFailed, namespace: AWS/States, period: 60, statistic: Sum, threshold: 0, treatMissingData: notBreaching, dimensions: { StateMachineArn: x }, alarmActions: ["${t.arn}"], tags: { a: b } } }\n',
        {"arn": "${x.arn}"},
        [
            ("cloudwatch", "put_metric_alarm", {"AlarmName": "failed", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "ExecutionsFailed", "Namespace": "AWS/States", "Period": 60, "Statistic": "Sum", "Threshold": 0.5, "Dimensions": [{"Name": "StateMachineArn", "Value": "y"}], "ActionsEnabled": False}),
            ("cloudwatch", "untag_resource", {"ResourceARN": "{arn}", "TagKeys": ["a"]}),
        ],
        ["threshold", "treatMissingData", "dimensions.StateMachineArn", "alarmActions", "actionsEnabled", "tags"],
    ),
    "repository": (
        "  x: { type: aws:ecr:Repository, properties: { forceDelete: true, imageScanningConfiguration: { scanOnPush: true }, tags: { a: b } } }\n",
        {"name": "${x.name}", "arn": "${x.arn}"},
        [
            ("ecr", "put_image_scanning_configuration", {"repositoryName": "{name}", "imageScanningConfiguration": {"scanOnPush": False}}),
            ("ecr", "tag_resource", {"resourceArn": "{arn}", "tags": [{"Key": "a", "Value": "c"}]}),
        ],
        ["imageScanningConfiguration.scanOnPush", "tags.a"],
    ),
    "log group": (
        "  x: { type: aws:cloudwatch:LogGroup, properties: { retentionInDays: 7, tags: { a: b } } }\n",
        {"name": "${x.name}", "arn": "${x.arn}"},
        [
            ("logs", "delete_retention_policy", {"logGroupName": "{name}"}),
            ("logs", "tag_resource", {"resourceArn": "{arn}", "tags": {"a": "c"}}),
        ],
        ["retentionInDays", "tags.a"],
    ),
    "function": (
        ROLE + f'  x: {{ type: aws:lambda:Function, properties: {{ role: "${{role.arn}}", runtime: python3.12, handler: a.f, code: {{ {CODE} }}, environment: {{ variables: {{ MODE: fast, WORD: {{ fn::secret: hush }} }} }}, reservedConcurrentExecutions: 2, tags: {{ a: b }} }} }}\n'
        '  p: { type: aws:lambda:Permission, properties: { function: "${x.name}", action: "lambda:InvokeFunction", principal: events.amazonaws.com, sourceArn: "arn:aws:events:us-east-1:000000000000:rule/r", sourceAccount: "000000000000" } }\n',
        {"name": "${x.name}", "arn": "${x.arn}"},
        [
            ("lambda", "update_function_configuration", {"FunctionName": "{name}", "Environment": {"Variables": {"MODE": "slow", "WORD": "louder", "MORE": "x"}}}),
            ("lambda", "put_function_concurrency", {"FunctionName": "{name}", "ReservedConcurrentExecutions": 5}),
            ("lambda", "tag_resource", {"Resource": "{arn}", "Tags": {"new": "x"}}),
        ],
        ["environment.variables.MODE", "environment.variables.WORD", "environment.variables.MORE", "reservedConcurrentExecutions", "tags.new"],
    ),
    "bucket": (
        '  x: { type: aws:s3:Bucket, properties: { forceDestroy: true, versioning: { enabled: true }, tags: { a: b }, serverSideEncryptionConfiguration: { rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: AES256 }, bucketKeyEnabled: true } } } }\n',
        {"name": "${x.id}"},
        [
            ("s3", "put_bucket_versioning", {"Bucket": "{name}", "VersioningConfiguration": {"Status": "Suspended"}}),
            ("s3", "delete_bucket_tagging", {"Bucket": "{name}"}),
            ("s3", "put_bucket_encryption", {"Bucket": "{name}", "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}),
        ],
        ["versioning.enabled", "tags", "serverSideEncryptionConfiguration.rule.bucketKeyEnabled"],
    ),
    "bucket by parts": (
        '  b: { type: aws:s3:Bucket, properties: { forceDestroy: true } }\n  v: { type: aws:s3:BucketVersioning, properties: { bucket: "${b.id}", versioningConfiguration: { status: Enabled } } }\n'
        '  x: { type: aws:s3:BucketOwnershipControls, properties: { bucket: "${b.id}", rule: { objectOwnership: BucketOwnerEnforced } } }\n'
        '  e: { type: aws:s3:BucketServerSideEncryptionConfiguration, properties: { bucket: "${b.id}", rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: AES256 } }] } }\n',
        {"name": "${b.id}"},
        [
            ("s3", "put_bucket_versioning", {"Bucket": "{name}", "VersioningConfiguration": {"Status": "Suspended"}}),
            ("s3", "put_bucket_ownership_controls", {"Bucket": "{name}", "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}),
            ("s3", "put_bucket_encryption", {"Bucket": "{name}", "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]}}),
        ],
        ["versioningConfiguration.status", "rule.objectOwnership", "rules.0.bucketKeyEnabled"],
    ),
    "object": (
        '  b: { type: aws:s3:Bucket, properties: { forceDestroy: true } }\n  x: { type: aws:s3:BucketObjectv2, properties: { bucket: "${b.id}", key: k, content: a, cacheControl: no-store, tags: { a: b } } }\n',
        {"name": "${b.id}"},
        [("s3", "put_object_tagging", {"Bucket": "{name}", "Key": "k", "Tagging": {"TagSet": [{"Key": "a", "Value": "c"}]}})],
        ["tags.a"],
    ),
    "topic": (
        '  x: { type: aws:sns:Topic, properties: { displayName: ours, tags: { a: b } } }\n  q: { type: aws:sqs:Queue }\n'
        '  s: { type: aws:sns:TopicSubscription, properties: { topic: "${x.arn}", protocol: sqs, endpoint: "${q.arn}", filterPolicy: { kind: [a] } } }\n',
        {"arn": "${x.arn}", "subscription": "${s.arn}"},
        [
            ("sns", "set_topic_attributes", {"TopicArn": "{arn}", "AttributeName": "DisplayName", "AttributeValue": "theirs"}),
            ("sns", "untag_resource", {"ResourceArn": "{arn}", "TagKeys": ["a"]}),
            ("sns", "set_subscription_attributes", {"SubscriptionArn": "{subscription}", "AttributeName": "FilterPolicy", "AttributeValue": '{"kind": ["b"]}'}),
            ("sns", "set_subscription_attributes", {"SubscriptionArn": "{subscription}", "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}),
        ],
        ["displayName", "tags", "filterPolicy.kind", "rawMessageDelivery"],
    ),
    "queue": (
        '  d: { type: aws:sqs:Queue }\n  x: { type: aws:sqs:Queue, properties: { delaySeconds: 1, tags: { a: b }, redrivePolicy: { deadLetterTargetArn: "${d.arn}", maxReceiveCount: 3 } } }\n'
        # The redrive policy of this one belongs to another resource.
        '  o: { type: aws:sqs:Queue }\n  r: { type: aws:sqs:RedrivePolicy, properties: { queueUrl: "${o.url}", redrivePolicy: { deadLetterTargetArn: "${d.arn}", maxReceiveCount: 3 } } }\n',
        {"url": "${x.url}", "dead": "${d.arn}"},
        [
            ("sqs", "set_queue_attributes", {"QueueUrl": "{url}", "Attributes": {"DelaySeconds": "0", "VisibilityTimeout": "60", "RedrivePolicy": '{"deadLetterTargetArn":"{dead}","maxReceiveCount":9}'}}),
            ("sqs", "tag_queue", {"QueueUrl": "{url}", "Tags": {"a": "c"}}),
        ],
        ["delaySeconds", "visibilityTimeoutSeconds", "redrivePolicy.maxReceiveCount", "tags.a"],
    ),
    "model group": (
        "  x: { type: aws:sagemaker:ModelPackageGroup, properties: { modelPackageGroupName: models-elsewhere, tags: { a: b } } }\n",
        {"arn": "${x.arn}"},
        [("sagemaker", "add_tags", {"ResourceArn": "{arn}", "Tags": [{"Key": "a", "Value": "c"}]})],
        ["tags.a"],
    ),
    "tags of the provider": (
        '  p: { type: "pulumi:providers:aws", properties: { defaultTags: { tags: { team: ml } } } }\n'
        '  x: { type: aws:sns:Topic, properties: { tags: { a: b } }, options: { provider: "${p}" } }\n  y: { type: aws:sns:Topic, options: { provider: "${p}" } }\n',
        {"x": "${x.arn}", "y": "${y.arn}"},
        [
            ("sns", "untag_resource", {"ResourceArn": "{x}", "TagKeys": ["team"]}),
            ("sns", "tag_resource", {"ResourceArn": "{y}", "Tags": [{"Key": "new", "Value": "x"}]}),
        ],
        ["tagsAll.team", "tags"],
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("elsewhere"))
    try:
        yield one.start()
    finally:
        one.close()


def run(server, *arguments):
    ran = server.refit(*arguments, PULUMI_CONFIG_PASSPHRASE="hush")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "hush" not in ran.stdout and "louder" not in ran.stdout + ran.stderr
    assert "warning: " not in ran.stderr, ran.stderr
    return ran.stdout


def changes(server, *arguments):
    return set(json.loads(run(server, *arguments, "--json"))["changes"])


def filled(value, outputs):
    """Arguments with `{name}` replaced by outputs."""
    if isinstance(value, dict):
        return {key: filled(one, outputs) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, outputs) for one in value]
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: outputs.get(found[1], found[0]), value)
    return value


@pytest.mark.parametrize("name", CASES)
def test_taken_back(server, tmp_path, name):
    program, outputs, acts, told = CASES[name]
    project = re.sub(r"\W", "-", name)
    written = "".join(f'  {key}: "{value}"\n' for key, value in outputs.items())
    (tmp_path / "Pulumi.yaml").write_text(f"name: e-{project}\nruntime: yaml\nresources:\n{program}outputs:\n{written}")
    assert changes(server, "up", tmp_path) == {"create"}
    # What is read is what was written, and what AWS filled in is nobody's change.
    for _ in range(2):
        assert changes(server, "refresh", tmp_path) == {"same"}, run(server, "refresh", tmp_path)
        assert changes(server, "preview", tmp_path) == {"same"}, run(server, "preview", tmp_path, "--diff")
    known = json.loads(run(server, "stack", "output", "-C", tmp_path, "--json"))
    for service, operation, arguments in acts:
        getattr(server.client(service), operation)(**filled(arguments, known))
    before = run(server, "refresh", tmp_path, "--preview-only")
    seen = run(server, "refresh", tmp_path)
    assert before.count("changed elsewhere") == seen.count("changed elsewhere") == 1, before + seen
    proposed = run(server, "preview", tmp_path, "--diff")
    for one in told:
        assert re.search(rf"\b{re.escape(one)}\b", seen), f"{one} is not in\n{seen}"
        assert re.search(rf"\b{re.escape(one)}\b", proposed), f"{one} is not in\n{proposed}"
    assert changes(server, "up", tmp_path) <= {"same", "update"}
    assert changes(server, "refresh", tmp_path) == {"same"}, run(server, "refresh", tmp_path)
    assert changes(server, "preview", tmp_path) == {"same"}
    assert changes(server, "down", tmp_path) == {"delete"}


def test_kept_and_excluded(server, tmp_path):
    """What was only read does not get into the way of another word for it."""
    rule = "  r: { type: aws:cloudwatch:EventRule, properties: { name: worded, scheduleExpression: rate(1 day)%s } }\n"
    for more, state in [("", "ENABLED"), (", isEnabled: false", "DISABLED"), (", state: ENABLED", "ENABLED"), (", state: DISABLED", "DISABLED"), (", isEnabled: true", "ENABLED")]:
        (tmp_path / "Pulumi.yaml").write_text("name: worded\nruntime: yaml\nresources:\n" + rule % more)
        run(server, "up", tmp_path)
        assert server.client("events").describe_rule(Name="worded")["State"] == state, more
        assert changes(server, "refresh", tmp_path) == {"same"}, more
        assert changes(server, "preview", tmp_path) == {"same"}, more
    run(server, "down", tmp_path)
