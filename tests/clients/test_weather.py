"""The example, end to end: up, run, look at everything by its API, again, down.

Each fixture is a step and remembers what could be seen then; tests look at what was remembered.
"""

import json
import re
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from support.machines import check_history, history
from support.server import REPOSITORY, Server
from support.training import log_lines

EXAMPLE = "examples/weather"
MODELS = "weather-tomorrow"
TOP_STATES = ["ListMonths", "ReadMonths", "WriteChannels", "Train", "CreateModel", "Evaluate", "Register", "Promote", "Notify"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data directory on which no server has been yet; `up` starts one by itself."""
    server = Server(tmp_path_factory.mktemp("weather"))
    try:
        yield server
    finally:
        server.close()


def seen(server):
    """Everything that the example made, as boto3 sees it."""
    states, sagemaker, events = (server.client(name) for name in ("stepfunctions", "sagemaker", "events"))
    now = SimpleNamespace()
    [now.machine] = states.list_state_machines()["stateMachines"]
    now.executions = [
        states.describe_execution(executionArn=one["executionArn"])
        for one in states.list_executions(stateMachineArn=now.machine["stateMachineArn"])["executions"]
    ]
    now.histories = [history(server, one["executionArn"]) for one in now.executions]
    [now.rule] = events.list_rules()["Rules"]
    now.targets = events.list_targets_by_rule(Rule=now.rule["Name"])["Targets"]
    jobs = sagemaker.list_training_jobs(SortBy="CreationTime", SortOrder="Descending")["TrainingJobSummaries"]
    now.jobs = [sagemaker.describe_training_job(TrainingJobName=one["TrainingJobName"]) for one in jobs]
    now.logs = [log_lines(server, "/aws/sagemaker/TrainingJobs", f"{one['TrainingJobName']}/") for one in now.jobs]
    packages = sagemaker.list_model_packages(ModelPackageGroupName=MODELS, SortBy="CreationTime", SortOrder="Descending")
    now.packages = [
        sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"]) for one in packages["ModelPackageSummaryList"]
    ]
    now.transforms = sagemaker.list_transform_jobs()["TransformJobSummaries"]
    [now.bucket] = [one["Name"] for one in server.client("s3").list_buckets()["Buckets"]]
    pages = server.client("s3").get_paginator("list_objects_v2").paginate(Bucket=now.bucket)
    now.keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    now.status = json.loads(server.refit("status", "--json").stdout)
    return now


@pytest.fixture(scope="module")
def first(home):
    """`up --run` on nothing."""
    ran = home.refit("up", EXAMPLE, "--run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return SimpleNamespace(ran=ran, seen=seen(home))


@pytest.fixture(scope="module")
def outputs(home, first):
    """What the project says of itself."""
    return json.loads(home.refit("output", "-C", EXAMPLE, "--json").stdout)


@pytest.fixture(scope="module")
def second(home, first, outputs):
    """`up --run` once more."""
    ran = home.refit("up", EXAMPLE, "--run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return SimpleNamespace(ran=ran, seen=seen(home))


@pytest.fixture(scope="module")
def after(home, second):
    """`down`."""
    ran = home.refit("down", EXAMPLE)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


# ---- what is printed


def test_it_says_what_it_does(first):
    text = first.ran.stdout
    for words in ("(started)", "stack    weather-dev", "aws:sfn:StateMachine", "created", "run      "):
        assert words in text
    for state in TOP_STATES:
        assert re.search(rf"✓ {state} +\d", text), f"{state} in\n{text}"
    rounds = re.findall(r"^ +\[(\d+)\] +train-rmse:[\d.]+ +validation-rmse:[\d.]+$", text, re.MULTILINE)
    assert rounds[0] == "0" and [int(one) for one in rounds] == list(range(len(rounds)))
    assert "✉ Weather model: promoted: Knows 24 months." in text
    assert re.search(r"^succeeded in [\d.]+ s$", text, re.MULTILINE)
    assert re.search(r"^ +decision +promoted$", text, re.MULTILINE)
    assert re.search(r"^ +model_data +s3://\S+/output/model\.tar\.gz$", text, re.MULTILINE)
    assert re.search(r"^next +\S+ fires in ([0-4] min \d+|[\d.]+) s$", text, re.MULTILINE)
    assert first.ran.stderr == ""


def test_it_comes_in_this_order(first):
    text = first.ran.stdout
    places = [text.index(words) for words in ("target ", "stack ", "run  ", "[0]", "✓ Train", "✉", "succeeded in", "\nnext ")]
    assert places == sorted(places)


# ---- what there is then


def test_the_machine_and_its_execution(first):
    now = first.seen
    [execution] = now.executions
    assert execution["status"] == "SUCCEEDED"
    output = json.loads(execution["output"])
    assert (output["decision"], output["months"], output["champion_rmse"]) == ("promoted", 24, None)
    # The mean of a year's highest temperatures misses by about 7 degrees; yesterday's by about 3.
    assert 1.5 < output["rmse"] < 4
    assert output["model_package"] == now.packages[0]["ModelPackageArn"]
    [events] = now.histories
    check_history(events)
    kinds = [event["type"] for event in events]
    assert kinds.count("MapIterationSucceeded") == 24 + 1
    assert kinds.count("TaskFailed") == 0
    submitted = [event["taskSubmittedEventDetails"]["resource"] for event in events if event["type"] == "TaskSubmitted"]
    assert submitted.count("createTrainingJob.sync") == 1


def test_the_rule_and_its_target(first, outputs):
    now = first.seen
    assert (now.rule["ScheduleExpression"], now.rule["State"]) == ("rate(5 minutes)", "ENABLED")
    [target] = now.targets
    assert target["Arn"] == now.machine["stateMachineArn"] == outputs["stateMachineArn"]
    assert now.rule["Name"] == outputs["scheduleRule"]
    [firing] = now.status["schedules"]
    left = datetime.fromtimestamp(firing["due_ms"] / 1000, timezone.utc) - datetime.now(timezone.utc)
    assert firing["rule"] == now.rule["Name"] and left <= timedelta(minutes=5)


def test_the_training_job(home, first):
    now = first.seen
    [job] = now.jobs
    assert job["TrainingJobStatus"] == "Completed"
    metrics = {one["MetricName"] for one in job["FinalMetricDataList"]}
    assert metrics == {"train:rmse", "validation:rmse"}
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{now.bucket}/")
    assert key in now.keys
    [lines] = now.logs
    assert [line for line in lines if line.startswith("[0]\ttrain-rmse:")]
    assert first.ran.stdout.count("train-rmse:") == len([line for line in lines if "train-rmse:" in line])


def test_the_models(first, outputs):
    now = first.seen
    [package] = now.packages
    assert package["ModelPackageGroupName"] == MODELS == outputs["modelPackageGroup"]
    assert (package["ModelPackageVersion"], package["ModelApprovalStatus"]) == (1, "Approved")
    assert package["CustomerMetadataProperties"]["months"] == "24"
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == now.jobs[0]["ModelArtifacts"]["S3ModelArtifacts"]


def test_the_objects(first, outputs):
    now = first.seen
    assert now.bucket == outputs["bucket"]
    assert len([key for key in now.keys if key.startswith("days/")]) == 48
    for part in ("train/days.csv", "validation/days.csv", "holdout/days.csv", "predictions/challenger/days.csv.out"):
        assert [key for key in now.keys if key.startswith("runs/") and key.endswith(part)], part


def test_status_tells_it(home, first):
    status = first.seen.status
    assert [one["name"] for one in status["stateMachines"]] == [first.seen.machine["name"]]
    assert (status["runningExecutions"], status["trainingJobs"]) == (0, [])


# ---- once more


def test_a_second_up_changes_nothing(second):
    assert re.search(r"^stack +\d+ unchanged in [\d.]+ s$", second.ran.stdout, re.MULTILINE), second.ran.stdout
    for word in ("created", "updated", "replaced", "deleted", "(started)"):
        assert word not in second.ran.stdout


def test_it_learns_from_one_more_month_and_compares(first, second):
    now = second.seen
    newest, older = now.executions
    assert older["executionArn"] == first.seen.executions[0]["executionArn"]
    output = json.loads(newest["output"])
    assert output["months"] == 25
    # Both are judged on the same days, which are others than last time.
    is_better = output["rmse"] < output["champion_rmse"]
    assert output["decision"] == ("promoted" if is_better else "the reigning model stays")
    assert [one["ModelPackageVersion"] for one in now.packages] == [2, 1]
    assert now.packages[0]["ModelApprovalStatus"] == ("Approved" if is_better else "Rejected")
    assert now.packages[1]["ModelApprovalStatus"] == "Approved"
    assert len(now.jobs) == 2
    names = [one["TransformJobName"] for one in now.transforms]
    assert len([name for name in names if "-champion-" in name]) == 1
    assert len([name for name in names if "-challenger-" in name]) == 2
    for events in now.histories:
        check_history(events)


def test_run_by_name_and_logs(home, second):
    ran = home.refit("logs")
    assert ran.returncode == 0 and "train-rmse:" in ran.stdout
    assert ran.stdout.splitlines() == [line for line in second.seen.logs[0]]


# ---- and away


def test_down_leaves_nothing(home, after):
    client = home.client
    assert client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert client("events").list_rules()["Rules"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("sns").list_topics()["Topics"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    assert json.loads(home.refit("status", "--json").stdout)["schedules"] == []
    assert re.search(r"^stack +\d+ deleted in", after.stdout, re.MULTILINE), after.stdout


def test_down_again_is_fine(home, after):
    ran = home.refit("down", EXAMPLE)
    assert ran.returncode == 0 and "nothing to do" in ran.stdout, ran.stdout + ran.stderr


def test_stop_ends_the_server(home, after):
    assert home.health() is not None
    ran = home.refit("stop")
    assert ran.returncode == 0 and ran.stdout.startswith("stopped")
    assert home.health() is None
    assert not (home.data / "server.json").exists()


def test_the_example_has_what_the_tests_expect():
    assert len(list((REPOSITORY / EXAMPLE / "data").glob("*.csv"))) == 48
