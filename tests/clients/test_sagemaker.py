"""SageMaker jobs that really run: training, its failures and its end on request; batch transform."""

import io
import math
import tarfile

import pytest

from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.training import IMAGE, bucket, channel, job_role, log_lines, request, table, trained, training_ended

TRAINING_LOG = "/aws/sagemaker/TrainingJobs"


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture(scope="module")
def data(server):
    """A bucket with the channels `train` (in two objects), `validation`, and one with a word among its numbers."""
    name = bucket(server)
    s3 = server.client("s3")
    s3.put_object(Bucket=name, Key="train/1.csv", Body=table(200, seed=1))
    s3.put_object(Bucket=name, Key="train/2.csv", Body=table(200, seed=2))
    s3.put_object(Bucket=name, Key="validation/days.csv", Body=table(100, seed=3))
    s3.put_object(Bucket=name, Key="words/days.csv", Body="1,2,3\n4,rain,6\n")
    s3.put_object(Bucket=name, Key="header/days.csv", Body="label,a,b\n1,2,3\n")
    s3.put_object(Bucket=name, Key="empty/days.csv", Body="")
    s3.put_object(Bucket=name, Key="unlabelled/days.csv", Body="1,2,3\nnan,2,3\n")
    s3.put_object(Bucket=name, Key="infinite/days.csv", Body="inf,2,3\n")
    s3.put_object(Bucket=name, Key="hidden/_days.csv", Body="1,2,3\n")
    s3.put_object(Bucket=name, Key="large/days.csv", Body=table(20_000, columns=12))
    return name


@pytest.fixture(scope="module")
def job(server, data):
    """A job that has trained well."""
    return trained(server, request(server, data, ["train", "validation"], Tags=[{"Key": "team", "Value": "forecast"}]))


def test_a_job_trains(server, job):
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed", job.get("FailureReason")
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert [step for step in steps if step in ("Starting", "Downloading", "Training", "Uploading", "Completed")] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"] <= job["LastModifiedTime"]
    assert job["HyperParameters"]["num_round"] == "20"
    assert job["TrainingTimeInSeconds"] >= 0 and job["BillableTimeInSeconds"] >= 0


def test_its_metrics(job):
    metrics = {one["MetricName"]: one["Value"] for one in job["FinalMetricDataList"]}
    assert set(metrics) == {"train:rmse", "validation:rmse"}
    # The label's spread is about 2; what cannot be learned is 0.05.
    assert 0.03 < metrics["train:rmse"] < metrics["validation:rmse"] < 0.6


def test_its_log(server, job):
    lines = log_lines(server, TRAINING_LOG, f"{job['TrainingJobName']}/algo-1-")
    rounds = [line for line in lines if line.startswith("[")]
    assert len(rounds) == 20
    assert rounds[0].startswith("[0]\ttrain-rmse:") and "\tvalidation-rmse:" in rounds[0]
    assert rounds[-1].startswith("[19]\t")


def test_its_artefact(server, data, job):
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{data}/models/{job['TrainingJobName']}/output/model.tar.gz"
    body = server.client("s3").get_object(Bucket=data, Key=uri.split("/", 3)[3])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["xgboost-model"]
        assert archive.extractfile("xgboost-model").read(1) == b"{"


def test_it_is_listed_with_its_tags(sagemaker, job):
    listed = sagemaker.list_training_jobs(NameContains=job["TrainingJobName"], StatusEquals="Completed")["TrainingJobSummaries"]
    assert [one["TrainingJobArn"] for one in listed] == [job["TrainingJobArn"]]
    assert sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == [{"Key": "team", "Value": "forecast"}]


def test_nothing_of_it_is_left_behind(server, job):
    eventually(lambda: not [f for f in server.data.glob(f"jobs/*{job['TrainingJobName']}*")], "its folder is gone")


def test_a_name_is_used_once(server, sagemaker, data, job):
    with refused("ResourceInUse", "Training job names must be unique", job["TrainingJobArn"]):
        sagemaker.create_training_job(**request(server, data, TrainingJobName=job["TrainingJobName"]))


def test_the_same_data_make_the_same_model(server, data, job):
    again = trained(server, request(server, data, ["train", "validation"]))
    values = [[one["Value"] for one in each["FinalMetricDataList"]] for each in (job, again)]
    assert values[0] == values[1]


# The request's difference, and words of the reason.
FAILURES = {
    "a word among numbers": ({"channels": ["words"]}, ["ClientError", "line 2", "column 2", "rain"]),
    "a header": ({"channels": ["header"]}, ["line 1", "no header"]),
    "an empty file": ({"channels": ["empty"]}, ["ClientError", "not one row"]),
    "a label that is no number": ({"channels": ["unlabelled"]}, ["ClientError", "line 2, column 1", "is not a label"]),
    "a label that is not finite": ({"channels": ["infinite"]}, ["ClientError", "line 1, column 1", "too large"]),
    "only hidden files": ({"channels": ["hidden"]}, ["ClientError", "no data"]),
    "unknown image": ({"AlgorithmSpecification": {"TrainingImage": "somebody/my-algorithm:1", "TrainingInputMode": "File"}}, ["my-algorithm"]),
    "no rounds": ({"parameters": {"num_round": "many"}}, ["num_round", "many"]),
    "an objective it has not": ({"parameters": {"objective": "rank:ndcg"}}, ["rank:ndcg"]),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_job_that_fails_says_why(server, data, case):
    difference, words = FAILURES[case]
    difference = dict(difference)
    channels = difference.pop("channels", ["train"])
    wanted = request(server, data, ["train"], difference.pop("parameters", None), **difference)
    if channels != ["train"]:
        wanted["InputDataConfig"] = [channel("train", f"s3://{data}/{channels[0]}/")]
    described = trained(server, wanted)
    assert described["TrainingJobStatus"] == described["SecondaryStatus"] == "Failed"
    for word in words:
        assert word in described["FailureReason"], described["FailureReason"]
    assert "ModelArtifacts" not in described or not described["ModelArtifacts"].get("S3ModelArtifacts")


def test_a_job_without_data_is_refused(server, sagemaker, data):
    with refused("ValidationException", "No S3 objects found", f"s3://{data}/nothing-here/"):
        sagemaker.create_training_job(**request(server, data, ["nothing-here"]))


def is_training(server, name):
    return bool(log_lines(server, TRAINING_LOG, f"{name}/"))


def test_stopping_a_job(server, sagemaker, data):
    wanted = request(server, data, ["large"], {"num_round": "100000", "max_depth": "10"})
    name = wanted["TrainingJobName"]
    wanted["InputDataConfig"][0]["ChannelName"] = "train"
    sagemaker.create_training_job(**wanted)
    eventually(lambda: is_training(server, name), "it trains")
    assert sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training"
    sagemaker.stop_training_job(TrainingJobName=name)
    described = training_ended(server, name)
    assert described["TrainingJobStatus"] == described["SecondaryStatus"] == "Stopped"
    with refused("ValidationException", "Stopped"):
        sagemaker.stop_training_job(TrainingJobName=name)
    assert not [job for job in server.jobs() if name in str(job)]


def test_a_job_ends_when_its_time_is_over(server, data):
    wanted = request(server, data, ["large"], {"num_round": "100000", "max_depth": "10"}, seconds=1)
    wanted["InputDataConfig"][0]["ChannelName"] = "train"
    described = trained(server, wanted)
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_unknown_jobs_are_named(sagemaker):
    with refused("ValidationException", "Requested resource not found"):
        sagemaker.describe_training_job(TrainingJobName="nobody-made-it")


def test_batch_transform_predicts(server, sagemaker, data, job):
    s3 = server.client("s3")
    rows = table(50, seed=4).splitlines()
    s3.put_object(Bucket=data, Key="batch/days.csv", Body="\n".join(rows) + "\n")
    model, name, arn = unique("model"), unique("transform"), job_role(server, data)
    sagemaker.create_model(
        ModelName=model, ExecutionRoleArn=arn,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]},
    )
    sagemaker.create_transform_job(
        TransformJobName=name, ModelName=model, BatchStrategy="MultiRecord",
        TransformInput={"ContentType": "text/csv", "SplitType": "Line",
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{data}/batch/"}}},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        TransformOutput={"S3OutputPath": f"s3://{data}/out", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    )

    def look():
        described = sagemaker.describe_transform_job(TransformJobName=name)
        return described if described["TransformJobStatus"] not in ("InProgress", "Stopping") else None

    described = eventually(look, "the transform job ends")
    assert described["TransformJobStatus"] == "Completed", described.get("FailureReason")
    out = s3.get_object(Bucket=data, Key="out/days.csv.out")["Body"].read().decode().splitlines()
    pairs = [tuple(map(float, line.split(","))) for line in out]
    assert [truth for truth, _ in pairs] == [float(row.split(",")[0]) for row in rows]
    rmse = math.sqrt(sum((truth - guess) ** 2 for truth, guess in pairs) / len(pairs))
    assert rmse < 0.6
    assert [one["TransformJobName"] for one in sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]] == [name]
    sagemaker.delete_model(ModelName=model)
    with refused("ValidationException"):
        sagemaker.describe_model(ModelName=model)


def test_jobs_outlive_the_server_that_started_them(make_server):
    server = make_server().start()
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body=table(20_000, columns=12))
    wanted = request(server, name, parameters={"num_round": "100000", "max_depth": "10"})
    job = wanted["TrainingJobName"]
    server.client("sagemaker").create_training_job(**wanted)
    eventually(lambda: is_training(server, job), "it trains")
    # Its supervisor notes that it runs, just after it runs.
    [before] = eventually(server.jobs, "its record is there")
    server.restart()
    described = server.client("sagemaker").describe_training_job(TrainingJobName=job)
    assert described["TrainingJobStatus"] == "InProgress"
    assert server.jobs() == [before]
    server.client("sagemaker").stop_training_job(TrainingJobName=job)
    assert training_ended(server, job)["TrainingJobStatus"] == "Stopped"
    rounds = [int(line[1:line.index("]")]) for line in log_lines(server, TRAINING_LOG, f"{job}/") if line.startswith("[")]
    assert rounds == list(range(len(rounds))), "its log has no gap and nothing twice"
