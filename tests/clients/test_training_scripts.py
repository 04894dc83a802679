"""Script mode: a user's own code in a Python environment, with the environment of SageMaker's training toolkit."""

import io
import json
import os
import tarfile

import pytest

from support.names import unique
from support.poll import eventually
from support.scripts import model_files, plain_image, run_script, script_request
from support.training import bucket, log_lines, table, trained, training_ended

LOG = "/aws/sagemaker/TrainingJobs"

TELL = """
import json, os, sys, socket
told = {name: value for name, value in os.environ.items() if name.startswith(("SM_", "TRAINING_", "CURRENT_", "AWS_REGION"))}
told["argv"] = sys.argv
told["cwd"] = os.getcwd()
told["host"] = socket.gethostname()
told["rows"] = sum(1 for _ in open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "days.csv")))
told["config"] = json.load(open("/opt/ml/input/config/hyperparameters.json")) if os.path.exists("/opt/ml") else {}
with open(os.path.join(os.environ["SM_MODEL_DIR"], "told.json"), "w") as file:
    json.dump(told, file)
print("loss=0.25")
"""


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body=table(30))
    return name


def told_by(server, described):
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    return json.loads(model_files(server, described)["told.json"])


def test_a_script_sees_what_the_toolkit_gives(server, data):
    parameters = {"max-depth": 3, "C": 0.5, "name": "a b", "flag": True, "options": {"b": 1}}
    spec = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]}
    described = run_script(server, data, {"train.py": TELL}, parameters=parameters, AlgorithmSpecification=spec)
    told = told_by(server, described)
    assert told["argv"] == ["train.py", "-C", "0.5", "--flag", "True", "--max-depth", "3", "--name", "a b", "--options", "b=1"]
    assert told["rows"] == 30
    assert told["host"] == told["SM_CURRENT_HOST"] == told["CURRENT_HOST"] == "algo-1"
    assert json.loads(told["SM_HPS"]) == parameters
    assert told["SM_HP_MAX-DEPTH"] == "3" and told["SM_HP_NAME"] == "a b"
    assert told["SM_NUM_GPUS"] == "0" and int(told["SM_NUM_CPUS"]) >= 1
    assert told["SM_USER_ENTRY_POINT"] == "train.py" and told["SM_MODULE_NAME"] == "train"
    assert told["cwd"] == "/opt/ml/code" and told["SM_MODEL_DIR"] == "/opt/ml/model"
    assert told["TRAINING_JOB_NAME"] == described["TrainingJobName"]
    assert told["config"]["sagemaker_program"] == '"train.py"'
    assert [one["Value"] for one in described["FinalMetricDataList"]] == [0.25]


def test_a_shell_script_and_a_script_in_a_folder(server, data):
    shell = 'echo "{\\"shell\\": \\"$1 $2 $SM_CHANNEL_TRAIN\\"}" >$SM_MODEL_DIR/told.json\n'
    described = run_script(server, data, {"go.sh": shell}, program="go.sh", parameters={"a-b": 1})
    assert told_by(server, described)["shell"] == "--a-b 1 /opt/ml/input/data/train"
    files = {"src/go.py": "import sys, json, helper\njson.dump(helper.X, open('/opt/ml/model/told.json', 'w'))", "helper.py": "X = 7"}
    assert told_by(server, run_script(server, data, files, program="src/go.py")) == 7


def test_requirements_of_the_source_are_installed(server, data):
    package = {"setup.py": "from setuptools import setup\nsetup(name='tiny', version='1.2', py_modules=['tiny'])", "tiny.py": "X = 5"}
    files = {f"tiny/{name}": text for name, text in package.items()} | {
        "requirements.txt": "setuptools\n./tiny\n",
        "train.py": "import json\nfrom importlib.metadata import version\njson.dump(version('tiny'), open('/opt/ml/model/told.json', 'w'))",
    }
    described = run_script(server, data, files)
    assert told_by(server, described) == "1.2"


def test_a_container_entrypoint_runs_in_the_environment(server, data):
    spec = {"ContainerEntrypoint": ["/bin/sh", "-c"], "ContainerArguments": ["python -c 'import sys; print(sys.prefix)' >$SM_MODEL_DIR/p"]}
    wanted = script_request(server, data, {"x": ""}, AlgorithmSpecification=spec)
    wanted["HyperParameters"] = {}
    described = trained(server, wanted)
    assert str(server.data / "environments") in model_files(server, described)["p"].decode()


def test_a_local_folder_is_code_too(server, data, tmp_path):
    (tmp_path / "train.py").write_text(TELL)
    wanted = script_request(server, data, {})
    wanted["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(f"file://{tmp_path}")
    assert told_by(server, trained(server, wanted))["rows"] == 30


# Files, the request's differences, and words of the reason.
FAILURES = {
    "an exception": ({"train.py": "raise ValueError('no such column: rain')"}, {},
                     ["AlgorithmError: ExecuteUserScriptError", "ExitCode 1", "ValueError: no such column: rain", "train.py", "exit code: 1"]),
    "a failure file": ({"train.py": "open('/opt/ml/output/failure', 'w').write('the data is from 1970')\nraise SystemExit(3)"}, {},
                       ["AlgorithmError: the data is from 1970, exit code: 3"]),
    "no such script": ({"other.py": ""}, {}, ["ClientError", "has no train.py", "other.py"]),
    "a program outside": ({"train.py": ""}, {"program": "../train.py"}, ["ClientError", "sagemaker_program"]),
    "an unknown requirement": ({"train.py": "", "requirements.txt": "./nowhere-at-all\n"}, {}, ["ClientError", "environment", "nowhere-at-all"]),
    "an editable requirement": ({"train.py": "", "requirements.txt": "-e .\n"}, {}, ["ClientError", "editable", "line 1"]),
    "not an archive": (b"this is no archive at all, only a text that goes on for a while" * 20, {}, ["ClientError", "code"]),
    "killed": ({"train.py": "import os\nos.kill(os.getpid(), 9)"}, {}, ["exit code: 137"]),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_script_that_fails_says_why(server, data, case):
    files, more, words = FAILURES[case]
    described = run_script(server, data, files, **more)
    assert described["TrainingJobStatus"] == "Failed"
    for word in words:
        assert word in described["FailureReason"], described["FailureReason"]
    assert len(described["FailureReason"]) <= 1024


def test_a_hostile_archive_stays_in_its_folder(server, data):
    for name, link in (("../../../escaped.py", None), ("link", "/etc"), ("/tmp/escaped.py", None)):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            info = tarfile.TarInfo(name)
            if link:
                info.type, info.linkname = tarfile.SYMTYPE, link
            tar.addfile(info, io.BytesIO(b""))
        described = run_script(server, data, out.getvalue())
        assert described["TrainingJobStatus"] == "Failed", name
    found = [file for _, _, files in os.walk(server.data.parent) for file in files]
    assert "escaped.py" not in found and not os.path.exists("/tmp/escaped.py")


def test_a_server_without_python_says_so(make_server, monkeypatch):
    monkeypatch.setenv("REFIT_PYTHON", "")
    server = make_server()
    import support.server as support
    original = support.environment

    def without_python(home):
        return original(home) | {"PATH": "/nowhere"}

    monkeypatch.setattr(support, "environment", without_python)
    server.start()
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body="1\n")
    described = run_script(server, name, {"train.py": ""})
    assert "there is no Python" in described["FailureReason"] and "REFIT_PYTHON" in described["FailureReason"]


def test_the_folder_image_is_the_short_way(server, data, tmp_path):
    train = tmp_path / "train"
    train.write_text("#!/bin/sh\ncat /opt/ml/input/data/train/*.csv | wc -l >/opt/ml/model/rows\n")
    wanted = script_request(server, data, {}, image=f"file://{tmp_path}")
    wanted["HyperParameters"] = {}
    failed = trained(server, wanted)
    assert "chmod +x" in failed["FailureReason"]
    train.chmod(0o755)
    described = trained(server, wanted | {"TrainingJobName": unique("job")})
    assert model_files(server, described)["rows"].strip() == b"30"
    train.unlink()
    (tmp_path / "train.py").write_text("import os\nopen(os.environ['SM_MODEL_DIR'] + '/n', 'w').write(os.environ['SM_CURRENT_HOST'])")
    described = trained(server, wanted | {"TrainingJobName": unique("job")})
    assert model_files(server, described)["n"] == b"algo-1"


def test_stopping_a_script_lets_it_save(server, data):
    script = """
import signal, sys, time
def end(*_):
    open('/opt/ml/model/saved', 'w').write('yes')
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('ready')
time.sleep(100)
"""
    wanted = script_request(server, data, {"train.py": script})
    name = wanted["TrainingJobName"]
    sagemaker = server.client("sagemaker")
    sagemaker.create_training_job(**wanted)
    eventually(lambda: "ready" in log_lines(server, LOG, f"{name}/"), "it is ready")
    sagemaker.stop_training_job(TrainingJobName=name)
    described = training_ended(server, name)
    assert described["TrainingJobStatus"] == "Stopped"
    assert model_files(server, described) == {"saved": b"yes"}


def test_environments_are_shared(server, data):
    before = set((server.data / "environments").glob("*.json"))
    plain_image(server)
    for _ in range(2):
        assert run_script(server, data, {"train.py": ""})["TrainingJobStatus"] == "Completed"
    assert len(set((server.data / "environments").glob("*.json")) - before) <= 1
