"""The server is killed while it retrains; nothing is lost and nothing happens twice."""

import json
import shutil

import pytest

from support.machines import check_history, ended, history
from support.poll import eventually
from support.server import REPOSITORY, is_alive
from support.training import log_lines

MODELS = "weather-tomorrow"
# So many rounds that training lasts for seconds.
LONG = {
    'num_round: "60"': 'num_round: "20000"',
    'early_stopping_rounds: "15"': 'early_stopping_rounds: "20000"',
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


def started(server, machine):
    return server.client("stepfunctions").start_execution(stateMachineArn=machine, name="the-only-one")["executionArn"]


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


def check_once(server, machine, execution):
    """Everything that a retraining does has been done once."""
    described = ended(server, execution, 120)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    events = history(server, execution)
    check_history(events)
    kinds = [event["type"] for event in events]
    assert kinds.count("TaskFailed") == kinds.count("TaskTimedOut") == 0
    assert kinds.count("TaskScheduled") == kinds.count("TaskStarted") == kinds.count("TaskSucceeded")
    assert len(server.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]) == 1
    packages = server.client("sagemaker").list_model_packages(ModelPackageGroupName=MODELS)["ModelPackageSummaryList"]
    assert [(one["ModelPackageVersion"], one["ModelApprovalStatus"]) for one in packages] == [(1, "Approved")]
    assert json.loads(described["output"])["model_package"] == packages[0]["ModelPackageArn"]
    job = the_only_job(server)
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]].count("Training") == 1
    rounds = [int(line[1:line.index("]")]) for line in log_of(server, job) if line.startswith("[") and "rmse" in line]
    assert rounds == list(range(len(rounds))) and rounds
    assert len(server.client("sagemaker").list_transform_jobs()["TransformJobSummaries"]) == 1


def test_a_training_does_not_notice(deployed):
    server, machine = deployed(LONG)
    execution = started(server, machine)
    eventually(lambda: [line for line in log_lines(server, "/aws/sagemaker/TrainingJobs") if "train-rmse" in line], "it trains")
    [before] = server.jobs()
    server.kill9()
    assert is_alive(before["program_pid"]) and is_alive(before["supervisor_pid"])
    server.start()
    # The same process, started once: its record is the one that was written before.
    assert server.jobs() == [before] and is_alive(before["program_pid"])
    assert the_only_job(server)["SecondaryStatus"] == "Training"
    check_once(server, machine, execution)
    assert not is_alive(before["program_pid"]) and not is_alive(before["supervisor_pid"])


def test_killed_again_and_again(deployed):
    server, machine = deployed({})
    execution = started(server, machine)
    kills, seen = 0, 0
    # Each time something new has happened, until the execution has ended.
    while kills < 12:
        newest = eventually(lambda: newer(server, execution, seen), "something happens")
        if newest["type"] in ("ExecutionSucceeded", "ExecutionFailed"):
            break
        server.kill9()
        kills += 1
        server.start()
        seen = newest["id"]
    assert kills >= 3
    check_once(server, machine, execution)


def newer(server, execution, seen):
    """The newest event, when there is one after `seen`."""
    states = server.client("stepfunctions")
    [newest] = states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"]
    return newest if newest["id"] > seen else None
