"""`refit import`: what exists is taken into a stack, and the YAML that it prints is what the stack has. And components."""

import json

import pytest

from support.server import Server

TRUST = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: [states.amazonaws.com, events.amazonaws.com] } } }'
ALL = '{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "states:StartExecution", Resource: "*" } }'
PROGRAM = f"""
name: before
runtime: yaml
resources:
  bucket: {{ type: aws:s3:Bucket, properties: {{ bucket: kept-data, tags: {{ team: ml }} }} }}
  versions: {{ type: aws:s3:BucketVersioning, properties: {{ bucket: "${{bucket.id}}", versioningConfiguration: {{ status: Enabled }} }} }}
  role: {{ type: aws:iam:Role, properties: {{ name: kept, description: it's ours, assumeRolePolicy: {TRUST} }} }}
  policy: {{ type: aws:iam:RolePolicy, properties: {{ name: start, role: "${{role.name}}", policy: {ALL} }} }}
  group: {{ type: aws:cloudwatch:LogGroup, properties: {{ name: /kept/log, retentionInDays: 7 }} }}
  machine: {{ type: aws:sfn:StateMachine, properties: {{ name: kept, roleArn: "${{role.arn}}", definition: {{ StartAt: A, States: {{ A: {{ Type: Wait, Seconds: 1, End: true }} }} }}, tags: {{ a: "1" }} }} }}
  rule: {{ type: aws:cloudwatch:EventRule, properties: {{ name: kept, scheduleExpression: "cron(0 3 * * ? *)" }} }}
  target: {{ type: aws:cloudwatch:EventTarget, properties: {{ targetId: go-on, rule: "${{rule.name}}", arn: "${{machine.arn}}", roleArn: "${{role.arn}}", input: {{ words: [a] }}, retryPolicy: {{ maximumRetryAttempts: 2 }} }} }}
  topic: {{ type: aws:sns:Topic, properties: {{ name: kept, displayName: "yes" }} }}
  queue: {{ type: aws:sqs:Queue, properties: {{ name: kept, visibilityTimeoutSeconds: 45 }} }}
  alarm: {{ type: aws:cloudwatch:MetricAlarm, properties: {{ name: kept, comparisonOperator: GreaterThanThreshold, evaluationPeriods: 1, metricName: ExecutionsFailed, namespace: AWS/States, period: 60, statistic: Sum, threshold: 0, alarmActions: ["${{topic.arn}}"] }} }}
outputs: {{ machine: "${{machine.arn}}", topic: "${{topic.arn}}", queue: "${{queue.url}}" }}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("import"))
    try:
        yield one.start()
    finally:
        one.close()


def good(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def bad(ran):
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stderr


def test_everything_is_taken_over(server, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    (before / "Pulumi.yaml").write_text(PROGRAM)
    good(server.refit("up", before))
    known = json.loads(good(server.refit("output", "-C", before, "--json")))
    # What that stack knew is forgotten; the resources stay.
    good(server.refit("stack", "rm", "dev", "--force", "-C", before))
    program = after / "Pulumi.yaml"
    program.write_text("name: after\nruntime: yaml\nresources:\n")
    ids = {
        "bucket": ("aws:s3:Bucket", "kept-data"),
        "versions": ("aws:s3:BucketVersioning", "kept-data"),
        "role": ("aws:iam:Role", "kept"),
        "policy": ("aws:iam:RolePolicy", "kept:start"),
        "group": ("aws:cloudwatch/logGroup:LogGroup", "/kept/log"),
        "machine": ("aws:sfn:StateMachine", known["machine"]),
        "rule": ("aws:cloudwatch:EventRule", "kept"),
        "target": ("aws:cloudwatch:EventTarget", "kept/go-on"),
        "topic": ("aws:sns:Topic", known["topic"]),
        "queue": ("aws:sqs:Queue", known["queue"]),
        "alarm": ("aws:cloudwatch:MetricAlarm", "kept"),
    }
    for name, (kind, identity) in ids.items():
        protect = [] if name == "bucket" else ["--protect=false"]
        out = tmp_path / "one.yaml"
        told = good(server.refit("import", kind, name, identity, "-C", after, "--out", out, *protect))
        assert "1 imported" in told
        with program.open("a") as file:
            file.write(out.read_text())
    # What belongs together is said, so that it is deleted in order.
    program.write_text(program.read_text().replace("rule: kept", "rule: ${rule.name}").replace("role: kept", "role: ${role.name}"))
    assert "protect: true" in program.read_text() and "it's ours" in program.read_text()
    good(server.refit("preview", after, "--expect-no-changes"))
    good(server.refit("refresh", after, "--expect-no-changes"))
    good(server.refit("up", after, "--expect-no-changes"))
    # From then on they are this stack's.
    program.write_text(program.read_text().replace("retentionInDays: 7", "retentionInDays: 14"))
    assert json.loads(good(server.refit("up", after, "--json")))["changes"]["update"] == 1
    assert "protected" in bad(server.refit("down", after))
    program.write_text(program.read_text().replace("protect: true", "protect: false"))
    good(server.refit("up", after))
    assert json.loads(good(server.refit("down", after, "--json")))["changes"] == {"delete": len(ids)}


def test_what_cannot_be_imported(server, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: none\nruntime: yaml\nresources: {}\n")
    words = bad(server.refit("import", "aws:s3:Bucket", "data", "nothing-here", "-C", tmp_path))
    assert "aws:s3:Bucket `nothing-here` does not exist" in words
    words = bad(server.refit("import", "aws:s3:Buket", "data", "x", "-C", tmp_path))
    assert "did you mean `aws:s3:Bucket`?" in words
    done = server.refit("import", "aws:s3:Bucket", "data", "-C", tmp_path)
    assert done.returncode == 2 and "<ID>" in done.stderr


COMPONENTS = """
name: parts
runtime: yaml
packages: { lib: ./lib }
components:
  Nightly:
    inputs:
      machine: { type: string }
      role: { type: string }
      hour: { type: integer, default: 3 }
    resources:
      rule: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: "cron(0 ${hour} * * ? *)" } }
      target: { type: aws:cloudwatch:EventTarget, properties: { rule: "${rule.name}", arn: "${machine}", roleArn: "${role}" } }
    outputs: { rule: "${rule.name}" }
resources:
  role:
    type: lib:Role
    properties: { services: [states.amazonaws.com, events.amazonaws.com], machine: "${machine.arn}" }
  plain: { type: aws:iam:Role, properties: { assumeRolePolicy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: states.amazonaws.com } } } } }
  machine: { type: aws:sfn:StateMachine, properties: { roleArn: "${plain.arn}", definition: { StartAt: A, TimeoutSeconds: 60, States: { A: { Type: Pass, End: true } } } } }
  early: { type: parts:Nightly, properties: { machine: "${machine.arn}", role: "${role.arn}" } }
  late: { type: parts:Nightly, properties: { machine: "${machine.arn}", role: "${role.arn}", hour: 22 } }
outputs: { early: "${early.rule}", late: "${late.rule}" }
"""
LIBRARY = """
runtime: yaml
components:
  Role:
    inputs: { services: { type: array }, machine: { type: string } }
    resources:
      role:
        type: aws:iam:Role
        properties:
          assumeRolePolicy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: "${services}" } } }
      policy:
        type: aws:iam:RolePolicy
        properties: { role: "${role.name}", policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "states:StartExecution", Resource: "${machine}" } } }
    outputs: { arn: "${role.arn}" }
"""


def test_components(server, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(COMPONENTS)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/PulumiPlugin.yaml").write_text(LIBRARY)
    checked = server.refit("check", tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert json.loads(good(server.refit("up", tmp_path, "--json")))["changes"] == {"create": 8}
    known = json.loads(good(server.refit("output", "-C", tmp_path, "--json")))
    rules = {one["Name"]: one["ScheduleExpression"] for one in server.client("events").list_rules()["Rules"]}
    assert rules[known["early"]] == "cron(0 3 * * ? *)" and rules[known["late"]] == "cron(0 22 * * ? *)"
    assert known["early"].startswith("early-rule-")
    exported = json.loads(good(server.refit("stack", "export", "-C", tmp_path)))
    urns = [one["urn"] for one in exported["deployment"]["resources"]]
    assert "urn:pulumi:dev::parts::parts:index:Nightly$aws:cloudwatch/eventRule:EventRule::early-rule" in urns
    good(server.refit("preview", tmp_path, "--expect-no-changes"))
    good(server.refit("refresh", tmp_path, "--expect-no-changes"))
    assert json.loads(good(server.refit("down", tmp_path, "--json")))["changes"] == {"delete": 8}
