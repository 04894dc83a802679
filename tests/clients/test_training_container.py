"""Training jobs in containers, with Podman and an image made here. Left out, and saying so, where Podman cannot run."""

import pytest

from support.engine import IMAGE, Engine, image_archive, missing
from support.poll import eventually
from support.scripts import model_files
from support.server import Server
from support.training import bucket, log_lines, request, trained, training_ended

TRAIN = r"""#!/bin/sh
mode=$(sed -n 's/.*"mode":"\([a-z]*\)".*/\1/p' /opt/ml/input/config/hyperparameters.json)
echo "host=$(cat /etc/hostname) rows=$(wc -l </opt/ml/input/data/train/t.csv) score=0.75"
case $mode in
  fail) echo 'the data is too old' >/opt/ml/output/failure; exit 3 ;;
  wait) trap 'echo saved >/opt/ml/model/partial; exit 0' TERM; echo waiting; while true; do sleep 0.1; done ;;
  *) echo fine >/opt/ml/model/report.txt ;;
esac
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    lacks = missing()
    if lacks:
        pytest.skip(f"LEFT OUT: containers cannot be tested without {lacks}")
    import support.server as support
    folder = tmp_path_factory.mktemp("engine")
    original = support.environment
    with Engine(folder) as engine:
        made = engine.podman("import", "-", IMAGE, input=image_archive(TRAIN))
        tried = engine.podman("run", "--rm", "--network", "host", IMAGE, "/bin/echo", "works")
        if b"works" not in tried.stdout:
            pytest.skip(f"LEFT OUT: Podman cannot run containers here: {(made.stderr + tried.stderr).decode()[-400:]}")
        support.environment = lambda home: original(home) | {"DOCKER_HOST": engine.address}
        own = Server(tmp_path_factory.mktemp("containers"))
        try:
            yield own.start()
        finally:
            support.environment = original
            own.close()


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/t.csv", Body="1\n2\n3\n")
    return name


def wanted(server, data, mode):
    specification = {
        "TrainingImage": IMAGE, "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+)"}],
    }
    made = request(server, data, AlgorithmSpecification=specification)
    made["HyperParameters"] = {"mode": mode}
    return made


def test_a_job_runs_in_a_container_of_its_image(server, data):
    described = trained(server, wanted(server, data, "train"))
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    assert model_files(server, described) == {"report.txt": b"fine\n"}
    assert [metric["Value"] for metric in described["FinalMetricDataList"]] == [0.75]
    lines = log_lines(server, "/aws/sagemaker/TrainingJobs", described["TrainingJobName"] + "/")
    assert any("rows=3" in line for line in lines), lines


def test_what_the_container_says_is_why_it_failed(server, data):
    described = trained(server, wanted(server, data, "fail"))
    assert described["TrainingJobStatus"] == "Failed"
    assert "the data is too old" in described["FailureReason"] and "exit code: 3" in described["FailureReason"].lower()


def test_a_stopped_container_saves_its_model(server, data):
    made = wanted(server, data, "wait")
    sagemaker = server.client("sagemaker")
    sagemaker.create_training_job(**made)
    name = made["TrainingJobName"]
    eventually(lambda: "waiting" in log_lines(server, "/aws/sagemaker/TrainingJobs", name + "/"), "the container waits")
    sagemaker.stop_training_job(TrainingJobName=name)
    described = training_ended(server, name)
    assert described["TrainingJobStatus"] == "Stopped", described
    assert model_files(server, described) == {"partial": b"saved\n"}
