"""XGBoost of the image's own version, from PyPI, where the built-in booster would refuse."""

import json

import pytest

from support.server import Server
from support.scripts import model_files
from support.training import bucket, request, table, trained, training_ended


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    import support.server as support
    own = Server(tmp_path_factory.mktemp("xgboost"))
    own.data.mkdir(mode=0o700)
    rows = [{"image": "sagemaker-xgboost", "algorithm": "xgboost", "python": ["xgboost-cpu==3.2.*", "pandas"]}]
    (own.data / "images.json").write_text(json.dumps(rows))
    original = support.environment
    support.environment = lambda home: original(home) | {"REFIT_XGBOOST": "auto"}
    try:
        yield own.start()
    finally:
        support.environment = original
        own.close()


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    s3 = server.client("s3")
    s3.put_object(Bucket=name, Key="train/days.csv", Body=table(300))
    s3.put_object(Bucket=name, Key="validation/days.csv", Body=table(100, seed=3))
    classes = [f"{index % 3}," + line.split(",", 1)[1] for index, line in enumerate(table(90).splitlines())]
    s3.put_object(Bucket=name, Key="classes/days.csv", Body="\n".join(classes))
    return name


def classify(server, data, **parameters):
    wanted = request(server, data, ["train"], {"objective": "multi:softprob", "num_class": "3", "num_round": "5"} | parameters)
    source = wanted["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3Uri"] = f"s3://{data}/classes/"
    server.client("sagemaker").create_training_job(**wanted)
    # The first of them fetches the package.
    return training_ended(server, wanted["TrainingJobName"], 600)


def test_what_the_booster_has_not_is_trained_by_the_package(server, data):
    described = classify(server, data)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    assert {one["MetricName"] for one in described["FinalMetricDataList"]} == {"train:mlogloss"}
    model = json.loads(model_files(server, described)["xgboost-model"])
    assert model["learner"]["objective"]["name"] == "multi:softprob"


def test_what_it_has_is_trained_by_the_booster(server, data):
    before = set((server.data / "environments").glob("*.json"))
    described = trained(server, request(server, data, ["train", "validation"]))
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    assert set((server.data / "environments").glob("*.json")) == before


def test_the_packages_refusals_are_the_users_fault(server, data):
    described = classify(server, data, num_class="-1")
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError")
