"""The server is killed while it retrains; nothing is lost and nothing happens twice."""

import json
import shutil
import subprocess

import pytest

from support.machines import check_history, ended, history, machine
from support.poll import eventually
from support.roles import role
from support.server import REPOSITORY, binary, environment, is_alive
from support.training import log_lines

MODELS = "weather-tomorrow"
# So many rounds that training lasts for seconds.
LONG = {
    'num_round: "60"': 'num_round: "10000"',
    'early_stopping_rounds: "15"': 'early_stopping_rounds: "10000"',
    'max_depth: "4"': 'max_depth: "8"',
    'eta: "0.1"': 'eta: "0.001"',
}


@pytest.fixture
def deployed(make_server, tmp_path):
    """Deploys the example to a server of its own, with changes; answers the server and the machine."""

    def deploy(changes):
        project = tmp_path / "weather"
        shutil.copytree(REPOSITORY / "examples/weather", project)
        file = project / "Pulumi.yaml"
        text = file.read_text()
        # A firing of the schedule would be another execution.
        for before, after in (changes | {"rate(5 minutes)": "rate(1 day)"}).items():
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        file.write_text(text)
        server = make_server().start()
        ran = server.refit("up", project)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return server, server.refit("output", "-C", project, "stateMachineArn").stdout.strip()

    return deploy


def started(server, arn):
    return server.client("stepfunctions").start_execution(stateMachineArn=arn, name="the-only-one")["executionArn"]


def the_only_job(server):
    sagemaker = server.client("sagemaker")
    [job] = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    return sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])


def log_of(server, job):
    return log_lines_all(server, "/aws/sagemaker/TrainingJobs", f"{job['TrainingJobName']}/")


def log_lines_all(server, group, prefix):
    """All messages, also where they fill several pages."""
    logs = server.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNamePrefix=prefix)
    return [event["message"] for page in pages for event in page["events"]]


def check_once(server, arn, execution):
    """Everything that a retraining does has been done once."""
    described = ended(server, execution, 120)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    events = history(server, execution)
    check_history(events)
    kinds = [event["type"] for event in events]
    assert kinds.count("TaskFailed") == kinds.count("TaskTimedOut") == 0
    assert kinds.count("TaskScheduled") == kinds.count("TaskStarted") == kinds.count("TaskSucceeded")
    assert len(server.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 1
    packages = server.client("sagemaker").list_model_packages(ModelPackageGroupName=MODELS)["ModelPackageSummaryList"]
    assert [(one["ModelPackageVersion"], one["ModelApprovalStatus"]) for one in packages] == [(1, "Approved")]
    assert json.loads(described["output"])["model_package"] == packages[0]["ModelPackageArn"]
    job = the_only_job(server)
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]].count("Training") == 1
    rounds = [int(line[1:line.index("]")]) for line in log_of(server, job) if line.startswith("[") and "rmse" in line]
    assert rounds == list(range(len(rounds))) and rounds
    assert len(server.client("sagemaker").list_transform_jobs()["TransformJobSummaries"]) == 1


def test_a_training_does_not_notice(deployed):
    server, arn = deployed(LONG)
    execution = started(server, arn)
    eventually(lambda: [line for line in log_lines(server, "/aws/sagemaker/TrainingJobs") if "train-rmse" in line], "it trains")
    [before] = server.jobs()
    server.kill9()
    assert is_alive(before["program_pid"]) and is_alive(before["supervisor_pid"])
    server.start()
    # The same process, started once: its record is the one that was written before.
    assert server.jobs() == [before] and is_alive(before["program_pid"])
    assert the_only_job(server)["SecondaryStatus"] == "Training"
    check_once(server, arn, execution)
    assert not is_alive(before["program_pid"]) and not is_alive(before["supervisor_pid"])


@pytest.mark.parametrize("time", range(2))
def test_killed_again_and_again(deployed, time):
    server, arn = deployed({})
    execution = started(server, arn)
    # At once, and each time something new has happened, until the execution has ended.
    for _ in range(12):
        server.kill9()
        server.start()
        seen = newer(server, execution, 0)["id"]
        newest = eventually(lambda seen=seen: newer(server, execution, seen), "something happens")
        if newest["type"] in ("ExecutionSucceeded", "ExecutionFailed"):
            break
    check_once(server, arn, execution)


def newer(server, execution, seen):
    """The newest event, when there is one after `seen` or the execution has ended."""
    states = server.client("stepfunctions")
    [newest] = states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"]
    has_ended = newest["type"] in ("ExecutionSucceeded", "ExecutionFailed")
    return newest if newest["id"] > seen or has_ended else None


def test_what_was_accepted_happens_once(make_server):
    server = make_server().start()
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    events = server.client("events")
    events.put_rule(Name="rule", EventPattern=json.dumps({"source": ["test"]}))
    starter = role(server, "events", ("states:StartExecution", arn))
    events.put_targets(Rule="rule", Targets=[{"Id": "machine", "Arn": arn, "RoleArn": starter, "InputPath": "$.detail"}])
    for number in range(8):
        entries = [{"Source": "test", "DetailType": "t", "Detail": json.dumps({"n": 5 * number + one})} for one in range(5)]
        assert server.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
        server.kill9()
        server.start()

    def done():
        pages = server.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=arn)
        found = [one["executionArn"] for page in pages for one in page["executions"]]
        return found if len(found) >= 40 else None

    executions = eventually(done, "every event has started an execution")
    outputs = [json.loads(ended(server, one)["output"])["n"] for one in executions]
    assert sorted(outputs) == list(range(40))


@pytest.mark.parametrize("whom", ["command", "server"])
@pytest.mark.parametrize("created", [1, 25, 55])
def test_a_deployment_goes_on_where_it_was_killed(make_server, whom, created):
    server = make_server().start()
    command = [binary(), "up", "examples/weather", "--data", server.data]
    running = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment(server.home), text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with running:
        seen = 0
        while seen < created:
            line = running.stdout.readline()
            assert line, f"it ended after {seen} resources"
            seen += " created, " in line
        if whom == "command":
            running.kill()
        else:
            server.kill9()
        running.stdout.read()
    assert running.returncode != 0
    if whom == "server":
        server.start()
    again = server.refit("up", "examples/weather")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "unchanged in" in server.refit("up", "examples/weather").stdout
    [listed] = server.client("s3").list_buckets()["Buckets"]
    assert len(server.client("s3").list_objects_v2(Bucket=listed["Name"])["Contents"]) == 48
    assert len(server.client("iam").list_roles()["Roles"]) == 3
    down = server.refit("down", "examples/weather")
    assert down.returncode == 0, down.stdout + down.stderr
    assert server.client("s3").list_buckets()["Buckets"] == []
    assert server.client("iam").list_roles()["Roles"] == []
