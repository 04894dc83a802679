"""Training and transform jobs in containers, with Podman and an image made here. Left out, and saying so, where Podman cannot run."""

import pytest

from support.names import unique
from support.serving import archive, model
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


# What it does depends on the model's file `mode`.
SERVE = r"""#!/bin/sh
mode=$(cat /opt/ml/model/mode)
echo "batch=$SAGEMAKER_BATCH strategy=$SAGEMAKER_BATCH_STRATEGY own=$OWN mode=$mode"
case $mode in
  ends) echo 'the model is too old' >&2; exit 7 ;;
  waits) echo waiting; exec sleep 1000 ;;
  *) exec nc -ll -p "$SAGEMAKER_BIND_TO_PORT" -e /bin/answer ;;
esac
"""
ANSWER = r"""#!/bin/sh
cr=$(printf '\r')
length=0
read -r method path version
while read -r name value; do
  case $name in
    "$cr") break ;;
    [Cc]ontent-[Ll]ength:) length=$(echo "$value" | tr -d '\r') ;;
  esac
done
status='200 OK'
case $path in
  /ping) out=fine ;;
  *)
    out=$(head -c "$length" | sed 's/^/seen /')
    case $out in *rain*) status='400 Bad Request' out='rain is no number' ;; esac ;;
esac
printf 'HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' "$status" "${#out}" "$out"
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
        made = engine.podman("import", "-", IMAGE, input=image_archive(train=TRAIN, serve=SERVE, answer=ANSWER))
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


def transform(server, data, mode, rows="1,2\n3,4\n"):
    """Begins a transform job with a model of that mode; its name."""
    s3 = server.client("s3")
    s3.put_object(Bucket=data, Key=f"{mode}/model.tar.gz", Body=archive({"mode": mode}))
    name = unique("transform")
    s3.put_object(Bucket=data, Key=f"questions/{name}/days.csv", Body=rows)
    server.client("sagemaker").create_transform_job(
        TransformJobName=name,
        ModelName=model(server, data, f"s3://{data}/{mode}/model.tar.gz", image=IMAGE, OWN="mine"),
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{data}/questions/{name}/"}},
            "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{data}/answers/{name}", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    return name


def transformed(server, name):
    def look():
        described = server.client("sagemaker").describe_transform_job(TransformJobName=name)
        return described if described["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(look, f"the transform job {name} ends")


def test_a_container_transforms(server, data):
    name = transform(server, data, "serves")
    described = transformed(server, name)
    assert described["TransformJobStatus"] == "Completed", described.get("FailureReason")
    answer = server.client("s3").get_object(Bucket=data, Key=f"answers/{name}/days.csv.out")["Body"].read()
    assert answer == b"seen 1,2\nseen 3,4\n"
    lines = log_lines(server, "/aws/sagemaker/TransformJobs", name + "/")
    assert "batch=true strategy=SINGLE_RECORD own=mine mode=serves" in lines, lines


@pytest.mark.parametrize("mode, rows, words", [
    ("serves", "1\nrain\n", ["days.csv", "400", "rain is no number"]),
    ("ends", "1\n", ["the model is too old", "exit code: 7"]),
])
def test_a_transformation_that_fails_says_why(server, data, mode, rows, words):
    described = transformed(server, transform(server, data, mode, rows))
    assert described["TransformJobStatus"] == "Failed"
    for word in words:
        assert word in described["FailureReason"], described["FailureReason"]


def test_a_transformation_is_stopped(server, data):
    name = transform(server, data, "waits")
    eventually(lambda: "waiting" in log_lines(server, "/aws/sagemaker/TransformJobs", name + "/"), "it waits")
    server.client("sagemaker").stop_transform_job(TransformJobName=name)
    assert transformed(server, name)["TransformJobStatus"] == "Stopped"
