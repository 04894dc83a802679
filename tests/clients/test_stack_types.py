"""Every resource type against the server: made, nothing to do the second time, edited, seen by boto3, removed."""

import json
import re
import zipfile

import pytest

from support.server import Server

TRUST = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: [states.amazonaws.com, lambda.amazonaws.com, events.amazonaws.com, sagemaker.amazonaws.com, scheduler.amazonaws.com] } } }'
ALLOW = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:GetObject", Resource: "*" } }'
ROLE = f"  role: {{ type: aws:iam:Role, properties: {{ assumeRolePolicy: {TRUST} }} }}\n"
STARTER = ROLE.replace("assumeRole", 'inlinePolicies: [{ name: start, policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "states:StartExecution", Resource: "*" } } }], assumeRole')
MACHINE = '  sm: { type: aws:sfn:StateMachine, properties: { roleArn: "${role.arn}", definition: { StartAt: A, States: { A: { Type: Succeed } } }, publish: true } }\n'
FUNCTION = '  f: { type: aws:lambda:Function, properties: { role: "${role.arn}", runtime: python3.12, handler: a.f, code: { fn::assetArchive: { a.py: { fn::stringAsset: "def f(event, context):\\n    return {\'got\': event}\\n" } } } } }\n'
BUCKET = "  b: { type: aws:s3:Bucket, properties: { forceDestroy: true } }\n"

# A name, the program, and how it is edited (what, by what, the operation that this is).
PROGRAMS = [
    ("group", "  x: { type: aws:iam:Group, properties: { path: /a/ } }\n", ("/a/", "/b/", "update")),
    ("group policy", f"  g: {{ type: aws:iam:Group }}\n  x: {{ type: aws:iam:GroupPolicy, properties: {{ group: \"${{g.name}}\", policy: {ALLOW} }} }}\n", ("s3:GetObject", "s3:PutObject", "update")),
    ("group attachment", "  g: { type: aws:iam:Group }\n  x: { type: aws:iam:GroupPolicyAttachment, properties: { group: \"${g.name}\", policyArn: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess } }\n", ("S3ReadOnly", "S3Full", "replace")),
    ("user policy", f"  u: {{ type: aws:iam:User }}\n  x: {{ type: aws:iam:UserPolicy, properties: {{ user: \"${{u.name}}\", policy: {ALLOW} }} }}\n", ("s3:GetObject", "s3:PutObject", "update")),
    ("user attachment", "  u: { type: aws:iam:User }\n  x: { type: aws:iam:UserPolicyAttachment, properties: { user: \"${u.name}\", policyArn: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess } }\n", ("S3ReadOnly", "S3Full", "replace")),
    ("membership", "  g: { type: aws:iam:Group }\n  u: { type: aws:iam:User }\n  v: { type: aws:iam:User }\n  x: { type: aws:iam:GroupMembership, properties: { group: \"${g.name}\", users: [\"${u.name}\"] } }\n", ('users: ["${u.name}"]', 'users: ["${v.name}"]', "update")),
    ("memberships", "  g: { type: aws:iam:Group }\n  h: { type: aws:iam:Group }\n  u: { type: aws:iam:User }\n  x: { type: aws:iam:UserGroupMembership, properties: { user: \"${u.name}\", groups: [\"${g.name}\"] } }\n", ('groups: ["${g.name}"]', 'groups: ["${g.name}", "${h.name}"]', "update")),
    ("attachment of many", ROLE + "  u: { type: aws:iam:User }\n  x: { type: aws:iam:PolicyAttachment, properties: { policyArn: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess, roles: [\"${role.name}\"], users: [\"${u.name}\"] } }\n", (', users: ["${u.name}"]', "", "update")),
    ("access key", "  u: { type: aws:iam:User }\n  x: { type: aws:iam:AccessKey, properties: { user: \"${u.name}\" } }\n", ('user: "${u.name}" }', 'user: "${u.name}", status: Inactive }', "update")),
    ("instance profile", ROLE + "  x: { type: aws:iam:InstanceProfile, properties: { role: \"${role.name}\", tags: { a: b } } }\n", ("a: b", "a: c", "update")),
    ("policy", f"  x: {{ type: aws:iam:Policy, properties: {{ policy: {ALLOW} }} }}\n", ("s3:GetObject", "s3:PutObject", "update")),
    ("role policy", ROLE + f"  x: {{ type: aws:iam:RolePolicy, properties: {{ role: \"${{role.name}}\", policy: {ALLOW} }} }}\n", ("s3:GetObject", "s3:PutObject", "update")),
    ("machine", ROLE + MACHINE, ("A: { Type: Succeed }", "A: { Type: Succeed, Comment: x }", "update")),
    ("alias", ROLE + MACHINE + '  x: { type: aws:sfn:Alias, properties: { description: a, routingConfigurations: [{ stateMachineVersionArn: "${sm.stateMachineVersionArn}", weight: 100 }] } }\n', ("description: a", "description: b", "update")),
    ("activity", "  x: { type: aws:sfn:Activity, properties: { tags: { a: b } } }\n", ("a: b", "a: c", "update")),
    ("rule", STARTER + MACHINE + '  r: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: rate(1 hour) } }\n  x: { type: aws:cloudwatch:EventTarget, properties: { rule: "${r.name}", arn: "${sm.arn}", roleArn: "${role.arn}", input: { a: 1 } } }\n', ("rate(1 hour)", "rate(2 hours)", "update")),
    ("schedule", STARTER + MACHINE + '  g: { type: aws:scheduler:ScheduleGroup, properties: { tags: { a: b } } }\n  x: { type: aws:scheduler:Schedule, properties: { groupName: "${g.name}", scheduleExpression: "rate(1 hour)", endDate: "2099-01-31T12:00:00Z", flexibleTimeWindow: { mode: "OFF" }, target: { arn: "${sm.arn}", roleArn: "${role.arn}", input: { a: 1 } } } }\n', ("rate(1 hour)", "rate(2 hours)", "update")),
    ("alarm", "  t: { type: aws:sns:Topic }\n  x: { type: aws:cloudwatch:MetricAlarm, properties: { comparisonOperator: GreaterThanThreshold, evaluationPeriods: 1, metricName: ExecutionsFailed, namespace: AWS/States, period: 60, statistic: Sum, threshold: 0, dimensions: { StateMachineArn: x }, alarmActions: [\"${t.arn}\"], tags: { a: b } } }\n", ("threshold: 0", "threshold: 1.5", "update")),
    ("dashboard", "  x: { type: aws:cloudwatch:Dashboard, properties: { dashboardName: board-of-types, dashboardBody: { widgets: [] } } }\n", ("widgets: []", "widgets: [], start: -PT6H", "update")),
    ("repository", '  r: { type: aws:ecr:Repository, properties: { forceDelete: true, imageScanningConfiguration: { scanOnPush: true }, tags: { a: b } } }\n  x: { type: aws:ecr:LifecyclePolicy, properties: { repository: "${r.name}", policy: { rules: [{ rulePriority: 1, selection: { tagStatus: any, countType: imageCountMoreThan, countNumber: 5 }, action: { type: expire } }] } } }\n  y: { type: aws:ecr:RepositoryPolicy, properties: { repository: "${r.name}", policy: { Version: "2012-10-17", Statement: { Effect: Allow, Principal: "*", Action: "ecr:ListImages" } } } }\n', ("scanOnPush: true", "scanOnPush: false", "update")),
    ("bus", "  x: { type: aws:cloudwatch:EventBus, properties: { tags: { a: b } } }\n", ("a: b", "a: c", "update")),
    ("log stream", "  g: { type: aws:cloudwatch:LogGroup, properties: { retentionInDays: 7 } }\n  x: { type: aws:cloudwatch:LogStream, properties: { logGroupName: \"${g.name}\" } }\n", ("retentionInDays: 7", "retentionInDays: 14", "update")),
    ("function", ROLE + FUNCTION, ("runtime: ", "timeout: 9, runtime: ", "update")),
    ("invocation", ROLE + FUNCTION + '  x: { type: aws:lambda:Invocation, properties: { functionName: "${f.name}", input: { a: 1 } } }\n', ("a: 1", "a: 2", "replace")),
    ("permission", ROLE + FUNCTION + '  x: { type: aws:lambda:Permission, properties: { function: "${f.name}", action: "lambda:InvokeFunction", principal: events.amazonaws.com } }\n', ("events.", "sns.", "replace")),
    ("bucket", BUCKET.replace("true }", "true, versioning: { enabled: true }, tags: { a: b } }"), ("enabled: true", "enabled: false", "update")),
    ("bucket policy", BUCKET + '  x: { type: aws:s3:BucketPolicy, properties: { bucket: "${b.id}", policy: { Version: "2012-10-17", Statement: { Effect: Deny, Principal: "*", Action: "s3:DeleteBucket", Resource: "${b.arn}/x" } } } }\n'.replace("s3:DeleteBucket", "s3:DeleteObject"), ("s3:DeleteObject", "s3:PutObject", "update")),
    ("encryption", BUCKET + '  x: { type: aws:s3:BucketServerSideEncryptionConfiguration, properties: { bucket: "${b.id}", rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: AES256 } }] } }\n', ("AES256 } }", "AES256 }, bucketKeyEnabled: true }", "update")),
    ("ownership", BUCKET + '  x: { type: aws:s3:BucketOwnershipControls, properties: { bucket: "${b.id}", rule: { objectOwnership: BucketOwnerEnforced } } }\n', ("BucketOwnerEnforced", "BucketOwnerPreferred", "update")),
    ("versioning", BUCKET + '  x: { type: aws:s3:BucketVersioning, properties: { bucket: "${b.id}", versioningConfiguration: { status: Enabled } } }\n', ("Enabled", "Suspended", "update")),
    ("access block", BUCKET + '  x: { type: aws:s3:BucketPublicAccessBlock, properties: { bucket: "${b.id}", blockPublicAcls: true } }\n', ("blockPublicAcls", "ignorePublicAcls", "update")),
    ("object", BUCKET + '  x: { type: aws:s3:BucketObjectv2, properties: { bucket: "${b.id}", content: a } }\n', ("content: a", "content: b", "update")),
    ("topic", '  t: { type: aws:sns:Topic }\n  q: { type: aws:sqs:Queue }\n  x: { type: aws:sns:TopicSubscription, properties: { topic: "${t.arn}", protocol: sqs, endpoint: "${q.arn}" } }\n', ("endpoint:", "rawMessageDelivery: true, endpoint:", "update")),
    ("queues", '  d: { type: aws:sqs:Queue }\n  q: { type: aws:sqs:Queue, properties: { delaySeconds: 1 } }\n  x: { type: aws:sqs:RedrivePolicy, properties: { queueUrl: "${q.url}", redrivePolicy: { deadLetterTargetArn: "${d.arn}", maxReceiveCount: 3 } } }\n  y: { type: aws:sqs:RedriveAllowPolicy, properties: { queueUrl: "${d.url}", redriveAllowPolicy: { redrivePermission: allowAll } } }\n', ("maxReceiveCount: 3", "maxReceiveCount: 4", "update")),
    ("model group", "  x: { type: aws:sagemaker:ModelPackageGroup, properties: { modelPackageGroupName: models-of-types, tags: { a: b } } }\n", ("a: b", "a: c", "update")),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("types"))
    try:
        yield one.start()
    finally:
        one.close()


def changes(server, *arguments):
    ran = server.refit(*arguments, "--json", PULUMI_CONFIG_PASSPHRASE="hush")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)["changes"]


@pytest.mark.parametrize("name, program, edit", PROGRAMS, ids=[one[0] for one in PROGRAMS])
def test_type(server, tmp_path, name, program, edit):
    project = re.sub(r"\W", "-", name)
    file = tmp_path / "Pulumi.yaml"

    def write(text):
        file.write_text(f"name: t-{project}\nruntime: yaml\nresources:\n{text}")

    write(program)
    made = changes(server, "up", tmp_path)
    assert set(made) == {"create"}
    assert set(changes(server, "up", tmp_path)) == {"same"}
    # What is read back is what was written.
    assert set(changes(server, "refresh", tmp_path)) == {"same"}
    assert set(changes(server, "up", tmp_path)) == {"same"}
    before, after, operation = edit
    edited = program.replace(before, after)
    assert edited != program
    write(edited)
    done = changes(server, "up", tmp_path)
    assert done.get(operation, 0) >= 1, done
    assert set(changes(server, "up", tmp_path, "-r")) == {"same"}
    gone = changes(server, "down", tmp_path)
    assert gone == {"delete": made["create"]}


def test_what_is_told(server, tmp_path):
    """Data sources."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: sources\nruntime: yaml\nvariables:\n"
        + "".join(
            f"  {key}: {{ fn::invoke: {{ function: {token}, arguments: {{ {arguments} }} }} }}\n"
            for key, token, arguments in [
                ("role", "aws:iam:getRole", "name: known"),
                ("queue", "aws:sqs:getQueue", "name: known"),
                ("topic", "aws:sns:getTopic", "name: known"),
                ("bucket", "aws:s3:getBucket", "bucket: known"),
                ("object", "aws:s3:getObject", "bucket: known, key: k"),
                ("group", "aws:cloudwatch:getLogGroup", "name: known"),
                ("function", "aws:lambda:getFunction", "functionName: known"),
                ("call", "aws:lambda:getInvocation", "functionName: known, input: '1'"),
            ]
        )
        + "outputs: { role: '${role.arn}', queue: '${queue.url}', topic: '${topic.arn}', bucket: '${bucket.arn}', object: '${object.body}', "
        "group: '${group.retentionInDays}', function: '${function.runtime}', call: '${call.result}' }\n"
    )
    client = server.client
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})
    role = client("iam").create_role(RoleName="known", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    queue = client("sqs").create_queue(QueueName="known")["QueueUrl"]
    topic = client("sns").create_topic(Name="known")["TopicArn"]
    client("s3").create_bucket(Bucket="known")
    client("s3").put_object(Bucket="known", Key="k", Body=b"hello")
    client("logs").create_log_group(logGroupName="known")
    client("logs").put_retention_policy(logGroupName="known", retentionInDays=3)
    code = tmp_path / "a.zip"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "def f(event, context):\n    return event + 1\n")
    client("lambda").create_function(FunctionName="known", Role=role, Runtime="python3.12", Handler="a.f", Code={"ZipFile": code.read_bytes()})
    client("lambda").get_waiter("function_active_v2").wait(FunctionName="known")
    ran = server.refit("up", tmp_path, "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["outputs"] == {
        "role": role, "queue": queue, "topic": topic, "bucket": "arn:aws:s3:::known", "object": "hello",
        "group": 3, "function": "python3.12", "call": "2",
    }
