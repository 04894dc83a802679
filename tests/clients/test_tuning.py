"""Hyperparameter tuning: training jobs chosen one after the other by their results."""

import json

import pytest

from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.roles import role
from support.training import IMAGE, bucket, channel, job_role, table


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    s3 = server.client("s3")
    s3.put_object(Bucket=name, Key="train/days.csv", Body=table(120, seed=1))
    s3.put_object(Bucket=name, Key="validation/days.csv", Body=table(60, seed=2))
    s3.put_object(Bucket=name, Key="large/days.csv", Body=table(20_000, columns=12))
    return name


RANGES = {
    "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.9", "ScalingType": "Logarithmic"}],
    "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}],
}


def request(server, name, most=4, parallel=2, strategy="Bayesian", ranges=None, train="train", static=None, **config):
    """A CreateHyperParameterTuningJob request over XGBoost."""
    limits = {"MaxParallelTrainingJobs": parallel} | ({"MaxNumberOfTrainingJobs": most} if most else {})
    channels = [channel("train", f"s3://{name}/{train}/"), channel("validation", f"s3://{name}/validation/")]
    return {
        "HyperParameterTuningJobName": unique("tuning"),
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"},
            "ResourceLimits": limits,
            "ParameterRanges": ranges or RANGES,
            "RandomSeed": 7,
        } | config,
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"objective": "reg:squarederror", "num_round": "5"} | (static or {}),
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": job_role(server, name),
            "InputDataConfig": channels if train == "train" else channels[:1],
            "OutputDataConfig": {"S3OutputPath": f"s3://{name}/models"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        },
    }


def ended(server, name, seconds=120):
    sagemaker = server.client("sagemaker")

    def look():
        described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return described if described["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(look, "the tuning job ends", seconds)


def tuned(server, wanted):
    server.client("sagemaker").create_hyper_parameter_tuning_job(**wanted)
    return ended(server, wanted["HyperParameterTuningJobName"])


def trials(server, name, **more):
    listed = server.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **more)
    return listed["TrainingJobSummaries"]


@pytest.fixture(scope="module")
def tuning(server, data):
    return tuned(server, request(server, data, most=9))


def test_it_tries_and_keeps_the_best(server, sagemaker, tuning):
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning
    assert tuning["TrainingJobStatusCounters"] == {"Completed": 9, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
    assert tuning["ObjectiveStatusCounters"] == {"Succeeded": 9, "Pending": 0, "Failed": 0}
    name = tuning["HyperParameterTuningJobName"]
    by_value = trials(server, name, SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in by_value]
    assert values == sorted(values) and len(values) == 9
    best = tuning["BestTrainingJob"]
    assert best["TrainingJobName"] == by_value[0]["TrainingJobName"]
    described = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    metrics = {one["MetricName"]: one["Value"] for one in described["FinalMetricDataList"]}
    assert metrics["validation:rmse"] == values[0]
    assert described["HyperParameters"]["eta"] == best["TunedHyperParameters"]["eta"]
    assert described["HyperParameters"]["num_round"] == "5"
    assert described["TuningJobArn"] == tuning["HyperParameterTuningJobArn"]
    for one in by_value:
        assert 0.01 <= float(one["TunedHyperParameters"]["eta"]) <= 0.9
        assert one["TunedHyperParameters"]["max_depth"] in "123456"
    assert len({json.dumps(one["TunedHyperParameters"]) for one in by_value}) == 9


def test_it_is_listed(server, sagemaker, data, tuning):
    name = tuning["HyperParameterTuningJobName"]
    [one] = sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)["HyperParameterTuningJobSummaries"]
    assert (one["HyperParameterTuningJobArn"], one["Strategy"]) == (tuning["HyperParameterTuningJobArn"], "Bayesian")
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, PaginationConfig={"PageSize": 4})
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [4, 4, 1]
    with refused("ResourceInUse", "names must be unique"):
        sagemaker.create_hyper_parameter_tuning_job(**request(server, data) | {"HyperParameterTuningJobName": name})


def test_a_warm_start_goes_on_from_there(server, data, tuning):
    wanted = request(server, data, most=2)
    wanted["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": tuning["HyperParameterTuningJobName"]}],
        "WarmStartType": "IdenticalDataAndAlgorithm"}
    described = tuned(server, wanted)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    wanted["WarmStartConfig"]["ParentHyperParameterTuningJobs"][0]["HyperParameterTuningJobName"] = "nobody-made-it"
    with refused("ValidationException", "nobody-made-it"):
        server.client("sagemaker").create_hyper_parameter_tuning_job(**wanted | {"HyperParameterTuningJobName": unique("tuning")})


def test_a_grid_is_tried_whole(server, data):
    ranges = {"CategoricalParameterRanges": [{"Name": "max_depth", "Values": ["1", "3"]}, {"Name": "eta", "Values": ["0.1", "0.5"]}]}
    described = tuned(server, request(server, data, most=None, strategy="Grid", ranges=ranges))
    found = {tuple(sorted(one["TunedHyperParameters"].items())) for one in trials(server, described["HyperParameterTuningJobName"])}
    assert len(found) == 4 and described["TrainingJobStatusCounters"]["Completed"] == 4


def test_a_target_ends_it(server, data):
    criteria = {"TargetObjectiveMetricValue": 100.0}
    described = tuned(server, request(server, data, most=50, parallel=1, strategy="Random", TuningJobCompletionCriteria=criteria))
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert len(trials(server, described["HyperParameterTuningJobName"])) == 1


def test_what_always_fails_ends_early(server, data):
    described = tuned(server, request(server, data, most=50, parallel=1, static={"objective": "rank:nothing"}))
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert "No training job succeeded after 5 attempts" in described["FailureReason"]
    assert "rank:nothing" in described["FailureReason"]


def test_stopping_it_stops_its_training_jobs(server, sagemaker, data):
    wanted = request(server, data, most=9, parallel=1, train="large", static={"num_round": "100000"})
    wanted["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"] = "train:rmse"
    name = wanted["HyperParameterTuningJobName"]
    sagemaker.create_hyper_parameter_tuning_job(**wanted)
    eventually(lambda: trials(server, name), "a training job is made")
    with refused("ResourceInUse"):
        sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert ended(server, name)["HyperParameterTuningJobStatus"] == "Stopped"
    assert {one["TrainingJobStatus"] for one in trials(server, name)} <= {"Stopped"}
    sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with refused("ResourceNotFound"):
        sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


REFUSED = {
    "Hyperband": ({"strategy": "Hyperband"}, "Hyperband"),
    "a grid of numbers": ({"strategy": "Grid"}, "categorical"),
    "no limit": ({"most": None}, "MaxNumberOfTrainingJobs"),
    "a range upside down": ({"ranges": {"IntegerParameterRanges": [{"Name": "x", "MinValue": "5", "MaxValue": "1"}]}}, "greater"),
    "tuned and fixed": ({"static": {"eta": "1"}}, "both static and tuned"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_tuned(server, sagemaker, data, case):
    difference, word = REFUSED[case]
    with refused("ValidationException", word):
        sagemaker.create_hyper_parameter_tuning_job(**request(server, data, **difference))


def test_a_state_machine_waits_for_it(server, data):
    wanted = request(server, data, most=2)
    states = role(server, "states", (["sagemaker:*", "iam:PassRole"], "*"))
    definition = {"StartAt": "Tune", "States": {"Tune": {
        "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
        "Parameters": wanted, "ResultSelector": {"best.$": "$.BestTrainingJob.TrainingJobName"}, "End": True}}}
    sfn = server.client("stepfunctions")
    machine = sfn.create_state_machine(name=unique("machine"), definition=json.dumps(definition), roleArn=states)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    found = eventually(lambda: (d := sfn.describe_execution(executionArn=execution))["status"] != "RUNNING" and d, "the execution ends", 120)
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["best"].startswith(wanted["HyperParameterTuningJobName"])


def test_it_outlives_the_server(make_server):
    server = make_server().start()
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body=table(120))
    server.client("s3").put_object(Bucket=name, Key="validation/days.csv", Body=table(60))
    wanted = request(server, name, most=6, parallel=2)
    tuning = wanted["HyperParameterTuningJobName"]
    server.client("sagemaker").create_hyper_parameter_tuning_job(**wanted)
    eventually(lambda: trials(server, tuning), "a training job is made")
    server.kill9()
    server.start()
    described = ended(server, tuning)
    assert described["TrainingJobStatusCounters"]["Completed"] == 6, described
    assert len(server.client("sagemaker").list_training_jobs(MaxResults=100)["TrainingJobSummaries"]) == 6
