"""Experiments, own algorithms, and the search over everything."""

import pytest

from support.names import unique
from support.refusals import refused
from support.training import IMAGE, bucket, request, table, trained


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


def test_an_experiment_and_its_trials(sagemaker):
    experiment, trial, component = unique("experiment"), unique("trial"), unique("component")
    arn = sagemaker.create_experiment(ExperimentName=experiment, Description="of a test", Tags=[{"Key": "a", "Value": "b"}])["ExperimentArn"]
    with refused("ValidationException", "already exists"):
        sagemaker.create_experiment(ExperimentName=experiment)
    with refused("ResourceNotFound"):
        sagemaker.create_trial(TrialName=trial, ExperimentName="nobody-made-it")
    sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
    sagemaker.create_trial_component(TrialComponentName=component, Parameters={"eta": {"NumberValue": 0.1}, "kind": {"StringValue": "x"}})
    sagemaker.associate_trial_component(TrialComponentName=component, TrialName=trial)
    sagemaker.update_trial_component(TrialComponentName=component, DisplayName="mine", ParametersToRemove=["kind"], Parameters={"depth": {"NumberValue": 3}})
    described = sagemaker.describe_trial_component(TrialComponentName=component)
    assert (set(described["Parameters"]), described["DisplayName"]) == ({"eta", "depth"}, "mine")
    assert [one["TrialName"] for one in sagemaker.list_trials(ExperimentName=experiment)["TrialSummaries"]] == [trial]
    assert [one["TrialName"] for one in sagemaker.list_trials(TrialComponentName=component)["TrialSummaries"]] == [trial]
    assert [one["TrialComponentName"] for one in sagemaker.list_trial_components(TrialName=trial)["TrialComponentSummaries"]] == [component]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    found = sagemaker.search(Resource="ExperimentTrialComponent", SearchExpression={"Filters": [
        {"Name": "Parameters.eta.NumberValue", "Operator": "LessThan", "Value": "0.5"}]})["Results"]
    assert component in [one["TrialComponent"]["TrialComponentName"] for one in found]
    for delete, name, why in [(sagemaker.delete_experiment, {"ExperimentName": experiment}, "Trials"),
                              (sagemaker.delete_trial, {"TrialName": trial}, "Trial Components"),
                              (sagemaker.delete_trial_component, {"TrialComponentName": component}, "associated")]:
        with refused("ValidationException", why):
            delete(**name)
    sagemaker.disassociate_trial_component(TrialComponentName=component, TrialName=trial)
    sagemaker.delete_trial_component(TrialComponentName=component)
    sagemaker.delete_trial(TrialName=trial)
    sagemaker.delete_experiment(ExperimentName=experiment)
    with refused("ResourceNotFound"):
        sagemaker.describe_experiment(ExperimentName=experiment)


def test_an_algorithm_of_ones_own_and_the_search(server, sagemaker):
    name, data = unique("algorithm"), bucket(server)
    server.client("s3").put_object(Bucket=data, Key="train/days.csv", Body=table(60))
    wanted = request(server, data, Tags=[{"Key": "team", "Value": "forecast"}])
    wanted["AlgorithmSpecification"] = {"AlgorithmName": name, "TrainingInputMode": "File"}
    with refused("ValidationException", "Could not find algorithm"):
        sagemaker.create_training_job(**wanted)
    sagemaker.create_algorithm(AlgorithmName=name, AlgorithmDescription="trees", TrainingSpecification={
        "TrainingImage": IMAGE, "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "MetricDefinitions": [{"Name": "own", "Regex": "train-rmse:(\\S+)"}],
        "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}]})
    described = sagemaker.describe_algorithm(AlgorithmName=name)
    assert described["AlgorithmStatus"] == "Completed"
    assert [one["AlgorithmName"] for one in sagemaker.list_algorithms(NameContains=name)["AlgorithmSummaryList"]] == [name]
    job = trained(server, wanted)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["AlgorithmSpecification"]["AlgorithmName"] == name
    assert "own" in {one["MetricName"] for one in job["FinalMetricDataList"]}
    by_artefact = {"Filters": [{"Name": "ModelArtifacts.S3ModelArtifacts", "Operator": "Equals", "Value": job["ModelArtifacts"]["S3ModelArtifacts"]}]}
    [found] = sagemaker.search(Resource="TrainingJob", SearchExpression=by_artefact)["Results"]
    assert found["TrainingJob"]["TrainingJobName"] == job["TrainingJobName"]
    assert found["TrainingJob"]["Tags"] == [{"Key": "team", "Value": "forecast"}]
    nothing = {"Filters": [{"Name": "Metrics.train:rmse", "Operator": "LessThan", "Value": "-1"}]}
    assert sagemaker.search(Resource="TrainingJob", SearchExpression=nothing)["Results"] == []
    with refused("ValidationException", "Pipeline"):
        sagemaker.search(Resource="Pipeline")
    sagemaker.delete_algorithm(AlgorithmName=name)
    with refused("ValidationException", "Could not find algorithm"):
        sagemaker.describe_algorithm(AlgorithmName=name)
