"""The well-known program of periodic retraining, with the placeholders that people paste: what `check` says of it is all that has
to be edited, and after that it deploys, its schedule trains, and it goes on as YAML."""

import json
import re
import shutil

import pytest

from support.poll import eventually
from support.pulumi import NEW, has, share_environments
from support.server import REPOSITORY, Server

PROJECTS = REPOSITORY / "target/pulumi-nodejs"
NEEDS_NODE = pytest.mark.skipif(not (has("node") and has("npm")), reason="NOT TESTED: there is no Node.js with npm on the PATH")

PYTHON = '''import json

import pulumi
import pulumi_aws as aws


def trust(service):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


workflow_role = aws.iam.Role("workflowRole", assume_role_policy=trust("states.amazonaws.com"))
aws.iam.RolePolicyAttachment("lambda", policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaRole", role=workflow_role.name)
aws.iam.RolePolicyAttachment("sagemaker", policy_arn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", role=workflow_role.name)


def definition(role_arn):
    return json.dumps({
        "Comment": "Retrain every night",
        "StartAt": "Train",
        "States": {
            "Train": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Parameters": {
                    "TrainingJobName.$": "States.Format('retrain-{}', States.UUID())",
                    "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-algorithm:latest"},
                    "RoleArn": role_arn,
                    "OutputDataConfig": {"S3OutputPath": "s3://my-bucket/out/"},
                    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                    "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": {
                        "S3DataType": "S3Prefix", "S3Uri": "s3://my-bucket/days/", "S3DataDistributionType": "FullyReplicated"}}}],
                },
                "End": True,
            }
        },
    })


machine = aws.sfn.StateMachine("retraining",
    definition=workflow_role.arn.apply(definition),
    role_arn=workflow_role.arn)
start = machine.arn.apply(lambda arn: json.dumps({"Version": "2012-10-17", "Statement": [allow("states:StartExecution", arn)]}))
events_role = aws.iam.Role("eventsRole",
    assume_role_policy=trust("events.amazonaws.com"),
    inline_policies=[aws.iam.RoleInlinePolicyArgs(name="start", policy=start)])
rule = aws.cloudwatch.EventRule("nightly", schedule_expression="cron(0 0 * * ? *)")
target = aws.cloudwatch.EventTarget("nightlyTarget", rule=rule.name, arn=machine.id, role_arn=events_role.arn)
pulumi.export("machine", machine.arn)
'''

# What each line that `check` names is edited to.
EDITS = [
    # role-trust: the job has a role of its own.
    ("definition=workflow_role.arn.apply(definition),", "definition=job_role.arn.apply(definition),"),
    ("\n\ndef definition(role_arn):", '''
job_role = aws.iam.Role("jobRole", assume_role_policy=trust("sagemaker.amazonaws.com"))
aws.iam.RolePolicyAttachment("job", policy_arn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", role=job_role.name)
aws.iam.RolePolicy("jobData", role=job_role.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [
    allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"])]}))

# sync-permission, pass-role: what waiting for the job needs, and passing it its role.
aws.iam.RolePolicy("waiting", role=workflow_role.name, policy=job_role.arn.apply(lambda arn: json.dumps({"Version": "2012-10-17", "Statement": [
    allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], "arn:aws:events:*:*:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
    {**allow("iam:PassRole", arn), "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}]})))

# unknown-bucket: a bucket of the program, with data in it.
bucket = aws.s3.Bucket("data", bucket="BUCKET", force_destroy=True)
days = aws.s3.BucketObjectv2("days", bucket=bucket.bucket, key="days/days.csv", content="".join(f"{3 * n},{n}\\n" for n in range(40)))


def definition(role_arn):'''),
    ("s3://my-bucket/", "s3://BUCKET/"),
    # unknown-image: one of AWS's own, with what it needs to know.
    ("123456789012.dkr.ecr.us-east-1.amazonaws.com/my-algorithm:latest", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
    ('"StoppingCondition"', '"HyperParameters": {"objective": "reg:squarederror", "num_round": "5"},\n                    "StoppingCondition"'),
]

TYPESCRIPT = '''import * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";

const trust = (service: string) => JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
});
const workflowRole = new aws.iam.Role("workflowRole", { assumeRolePolicy: trust("states.amazonaws.com") });
new aws.iam.RolePolicyAttachment("sagemaker", { policyArn: "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", role: workflowRole.name });
const jobRole = new aws.iam.Role("jobRole", { assumeRolePolicy: trust("sagemaker.amazonaws.com") });
new aws.iam.RolePolicyAttachment("job", { policyArn: "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", role: jobRole.name });
const bucket = new aws.s3.Bucket("data", { forceDestroy: true });
new aws.s3.BucketObjectv2("days", { bucket: bucket.bucket, key: "days/days.csv", content: Array.from({ length: 40 }, (_, n) => `${3 * n},${n}\\n`).join("") });
new aws.iam.RolePolicy("jobData", { role: jobRole.name, policy: pulumi.jsonStringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], Resource: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`] }],
}) });
new aws.iam.RolePolicy("waiting", { role: workflowRole.name, policy: pulumi.jsonStringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: ["events:PutTargets", "events:PutRule", "events:DescribeRule"], Resource: "arn:aws:events:*:*:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule" },
    { Effect: "Allow", Action: "iam:PassRole", Resource: jobRole.arn, Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } } },
  ],
}) });
const machine = new aws.sfn.StateMachine("retraining", {
  roleArn: workflowRole.arn,
  definition: pulumi.jsonStringify({
    StartAt: "Train",
    States: {
      Train: {
        Type: "Task",
        Resource: "arn:aws:states:::sagemaker:createTrainingJob.sync",
        Parameters: {
          "TrainingJobName.$": "States.Format('retrain-{}', States.UUID())",
          AlgorithmSpecification: { TrainingInputMode: "File", TrainingImage: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1" },
          RoleArn: jobRole.arn,
          HyperParameters: { objective: "reg:squarederror", num_round: "5" },
          OutputDataConfig: { S3OutputPath: pulumi.interpolate`s3://${bucket.bucket}/out/` },
          ResourceConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 10 },
          StoppingCondition: { MaxRuntimeInSeconds: 3600 },
          InputDataConfig: [{ ChannelName: "train", ContentType: "text/csv", DataSource: { S3DataSource: {
            S3DataType: "S3Prefix", S3Uri: pulumi.interpolate`s3://${bucket.bucket}/days/`, S3DataDistributionType: "FullyReplicated" } } }],
        },
        End: true,
      },
    },
  }),
});
const eventsRole = new aws.iam.Role("eventsRole", {
  assumeRolePolicy: trust("events.amazonaws.com"),
  inlinePolicies: [{ name: "start", policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "states:StartExecution", Resource: machine.arn }] }) }],
});
const rule = new aws.cloudwatch.EventRule("nightly", { scheduleExpression: "cron(0 0 * * ? *)" });
new aws.cloudwatch.EventTarget("nightlyTarget", { rule: rule.name, arn: machine.arn, roleArn: eventsRole.arn });
export const machineArn = machine.arn;
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("known"))
    try:
        share_environments(one)
        yield one.start()
    finally:
        one.close()


def good(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def rules(server, folder):
    """The rules that find something, and the lines where."""
    found = json.loads(server.refit("check", folder, "--json").stdout)
    return sorted((finding["rule"], finding["line"]) for finding in found["findings"])


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def python_project(folder, program):
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: known\nruntime: python\n")
    (folder / "requirements.txt").write_text(NEW)
    (folder / "__main__.py").write_text(program)
    return folder


def edited(bucket):
    program = PYTHON
    for before, after in EDITS:
        assert before in program, before
        program = program.replace(before, after)
    return program.replace("BUCKET", bucket)


def it_trains(server, machine, folder, program):
    """The schedule, set to every minute, starts an execution, which trains a model."""
    program.write_text(program.read_text().replace("cron(0 0 * * ? *)", "cron(* * * * ? *)"))
    good(server.refit("up", folder, timeout=600))
    states = server.client("stepfunctions")

    def ended():
        listed = states.list_executions(stateMachineArn=machine)["executions"]
        return [one for one in listed if one["status"] != "RUNNING"]

    first = eventually(ended, "the schedule starts an execution, and it ends", 240)[-1]
    history = states.get_execution_history(executionArn=first["executionArn"], reverseOrder=True, maxResults=1)
    assert first["status"] == "SUCCEEDED", history["events"]
    job = json.loads(states.describe_execution(executionArn=first["executionArn"])["output"])
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    assert server.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 100


def test_as_it_is_pasted(server, tmp_path):
    folder = python_project(tmp_path / "pasted", PYTHON)
    assert rules(server, folder) == sorted([
        ("no-catch", line_of(PYTHON, '"Train": {')),
        ("no-retry", line_of(PYTHON, '"Train": {')),
        ("role-trust", line_of(PYTHON, "definition=workflow_role")),
        ("sync-permission", line_of(PYTHON, "createTrainingJob.sync")),
        ("unknown-bucket", line_of(PYTHON, "s3://my-bucket/out/")),
        ("unknown-image", line_of(PYTHON, "my-algorithm")),
    ])


def test_after_the_edits_it_trains_by_the_clock_and_goes_on_as_yaml(server, tmp_path):
    folder = python_project(tmp_path / "edited", edited("known-python"))
    # Nothing is left but what would be nice.
    assert {rule for rule, _ in rules(server, folder)} == {"no-catch", "no-retry"}
    made = good(server.refit("up", folder, timeout=600))
    count = int(re.search(r"(\d+) created", made)[1])
    machine = json.loads(good(server.refit("output", "-C", folder, "--json")))["machine"]
    it_trains(server, machine, folder, folder / "__main__.py")
    # The same stack, in YAML.
    yaml = tmp_path / "yaml"
    good(server.refit("convert", folder, "--out", yaml, timeout=600))
    assert f"{count} unchanged" in good(server.refit("up", yaml))
    good(server.refit("refresh", yaml, "--expect-no-changes"))
    assert f"{count} deleted" in good(server.refit("down", yaml))


@NEEDS_NODE
def test_the_same_in_typescript(server):
    # Beside the packages of the example, so that they are installed once.
    example = REPOSITORY / "examples/typescript"
    shutil.copytree(example, PROJECTS, ignore=shutil.ignore_patterns("node_modules"), dirs_exist_ok=True)
    folder = PROJECTS / "programs/known"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: known-node\nruntime: nodejs\n")
    for file in ("package.json", "tsconfig.json"):
        shutil.copy(example / file, folder)
    (folder / "index.ts").write_text(TYPESCRIPT)
    assert {rule for rule, _ in rules(server, folder)} == {"no-catch", "no-retry"}
    good(server.refit("up", folder, timeout=900))
    machine = json.loads(good(server.refit("output", "-C", folder, "--json")))["machineArn"]
    it_trains(server, machine, folder, folder / "index.ts")
    good(server.refit("down", folder, timeout=600))
