"""The AWS CLI, pointed here by the line that `refit env` prints."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.machines import machine
from support.names import unique
from support.server import binary, environment
from support.training import bucket

AWS = Path(sys.executable).parent / "aws"


@pytest.fixture
def aws(server):
    """Runs a shell line with that environment; answers what it prints."""

    def run(line, fails=False):
        script = f'set -e; eval "$({binary()} env --data {server.data})"; {line}'
        env = environment(server.home) | {"AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=120, env=env, check=False)
        assert bool(ran.returncode) is fails, ran.stderr or ran.stdout
        return ran.stderr if fails else ran.stdout

    assert AWS.is_file()
    return run


def test_the_walk_of_the_readme(server, aws):
    arn = machine(server, {"A": {"Type": "Pass", "End": True}})
    listed = json.loads(aws("aws stepfunctions list-state-machines"))
    assert arn in [one["stateMachineArn"] for one in listed["stateMachines"]]
    assert "TrainingJobSummaries" in json.loads(aws("aws sagemaker list-training-jobs"))
    name = bucket(server)
    assert name in aws("aws s3 ls")


def test_env_names_no_secret(server, aws):
    printed = aws(f"{binary()} env --data {server.data}")
    assert server.keys()[1] not in printed and "AWS_ENDPOINT_URL=" in printed
    assert json.loads(aws(f"{binary()} env --json --data {server.data}"))["AWS_ENDPOINT_URL"] == server.url


def test_an_execution(server, aws):
    arn = machine(server, {"A": {"Type": "Pass", "Result": {"rmse": 2}, "End": True}})
    printed = aws(
        f'E=$(aws stepfunctions start-execution --state-machine-arn {arn} --query executionArn --output text);'
        'until [ "$(aws stepfunctions describe-execution --execution-arn $E --query status --output text)" != RUNNING ]; do :; done;'
        "aws stepfunctions get-execution-history --execution-arn $E --query 'events[].type' --output text"
    )
    assert printed.split() == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]


def test_files_in_s3(server, aws, tmp_path):
    name = bucket(server)
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.csv").write_text(f"{number}\n")
    aws(f"aws s3 sync --no-progress {tmp_path}/in s3://{name}/days/; aws s3 cp --no-progress s3://{name}/days/1.csv {tmp_path}/back")
    assert (tmp_path / "back").read_text() == "1\n"
    assert len(aws(f"aws s3 ls s3://{name}/days/").splitlines()) == 3
    aws(f"aws s3 rb --force s3://{name}")


def test_the_other_protocols(server, aws):
    role, rule = unique("cli"), unique("cli")
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    assert json.loads(aws("aws sts get-caller-identity"))["Account"] == "000000000000"
    made = json.loads(aws(f"aws iam create-role --role-name {role} --assume-role-policy-document '{trust}'"))
    assert made["Role"]["RoleName"] == role
    aws(f"aws events put-rule --name {rule} --schedule-expression 'rate(5 minutes)'; aws events delete-rule --name {rule}")
    assert "Functions" in json.loads(aws("aws lambda list-functions"))
    assert json.loads(aws(f"aws sns create-topic --name {rule}"))["TopicArn"].endswith(rule)


def test_a_refusal_reads_as_on_aws(aws):
    told = aws("aws sagemaker describe-training-job --training-job-name nobody", fails=True)
    assert "An error occurred (ValidationException) when calling the DescribeTrainingJob operation" in told
