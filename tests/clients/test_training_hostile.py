"""Jobs that misbehave: each ends with its true reason, and harms neither the server nor other jobs."""

import json
import os
import signal
from pathlib import Path

import pytest

from support.names import unique
from support.poll import eventually
from support.scripts import model_files, plain_image, run_script, script_request
from support.server import is_alive
from support.training import bucket, log_lines, training_ended

LOG = "/aws/sagemaker/TrainingJobs"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own, with small instance types: two jobs run side by side."""
    from support.server import Server
    own = Server(tmp_path_factory.mktemp("hostile"))
    own.data.mkdir(mode=0o700)
    (own.data / "instance-types.json").write_text(json.dumps({"ml.m5.large": {"vcpus": 1, "memory_gib": 0.25}}))
    try:
        yield own.start()
    finally:
        own.close()


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body="1\n")
    return name


def begin(server, data, script, **more):
    wanted = script_request(server, data, {"train.py": script}, **more)
    server.client("sagemaker").create_training_job(**wanted)
    return wanted["TrainingJobName"]


def ready(server, name):
    eventually(lambda: "ready" in log_lines(server, LOG, f"{name}/"), f"{name} is ready")


def rss_mib(server):
    """The resident memory of the server."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")) / 1024


def status_of(server, name):
    """The status record of the job's run."""
    [file] = server.data.glob(f"jobs/*{name}*/status.json")
    return json.loads(file.read_text())


def test_a_job_that_needs_too_much_memory(server, data):
    script = "x = []\nwhile True:\n    x.append(bytearray(16 * 1024 * 1024))\n    __import__('time').sleep(0.02)\n"
    described = run_script(server, data, {"train.py": script})
    assert described["TrainingJobStatus"] == "Failed"
    assert "GiB of memory" in described["FailureReason"] and "instance type" in described["FailureReason"]


def test_children_do_not_outlive_the_job(server, data):
    script = """
import os, subprocess, sys
child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
open(os.environ["SM_MODEL_DIR"] + "/pid", "w").write(str(child.pid))
"""
    described = run_script(server, data, {"train.py": script})
    assert described["TrainingJobStatus"] == "Completed"
    assert not is_alive(int(model_files(server, described)["pid"]))


def test_a_flood_of_output_does_not_fill_the_server(server, data):
    before = rss_mib(server)
    script = """
import sys
line = "x" * 1000 + "\\n"
for _ in range(300):
    sys.stdout.write(line * 1000)
print("the end")
"""
    described = run_script(server, data, {"train.py": script})
    assert described["TrainingJobStatus"] == "Completed"
    assert rss_mib(server) - before < 200


def test_one_that_ignores_sigterm_is_killed(server, data):
    script = (
        "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\nprint('ready', flush=True)\n"
        "while True:\n    time.sleep(1)\n"
    )
    name = begin(server, data, script)
    ready(server, name)
    program = status_of(server, name)["program_pid"]
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    eventually(lambda: "asked" in "".join(log_lines(server, "/aws/sagemaker/TrainingJobs", f"{name}/")), "it is asked to stop")
    # The grace is AWS's two minutes; what is tested is that the end comes from outside.
    os.kill(program, signal.SIGKILL)
    assert training_ended(server, name)["TrainingJobStatus"] == "Stopped"


@pytest.mark.parametrize("victim, word", [("supervisor_pid", "supervisor was killed"), ("program_pid", "exit code: 137")])
def test_killed_processes_are_told_apart(server, data, victim, word):
    name = begin(server, data, "import time\nprint('ready')\ntime.sleep(1000)\n")
    ready(server, name)
    found = status_of(server, name)
    os.kill(found[victim], signal.SIGKILL)
    described = training_ended(server, name)
    assert described["TrainingJobStatus"] == "Failed" and word in described["FailureReason"]
    eventually(lambda: not is_alive(found["program_pid"]), "nothing is left of it")


def test_a_lost_job_is_begun_again_when_asked(server, data):
    script = "import os, time\nmay_end = os.path.exists(os.environ['GO'])\nprint('ready', flush=True)\ntime.sleep(0 if may_end else 1000)\n"
    go = server.home / "go"
    name = begin(server, data, script, RetryStrategy={"MaximumRetryAttempts": 2}, Environment={"GO": str(go)})
    ready(server, name)
    first = status_of(server, name)["supervisor_pid"]
    go.write_text("")
    os.kill(first, signal.SIGKILL)
    described = training_ended(server, name)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    steps = [step["Status"] for step in described["SecondaryStatusTransitions"]]
    assert steps.count("Restarting") == 1 and steps.count("Training") == 2


def restart_the_machine(server):
    """As near to it as a test can come: every process is gone, and what is on the disk tells of another boot."""
    server.kill9()
    for file in server.data.glob("jobs/*/status.json"):
        found = json.loads(file.read_text())
        for victim in ("supervisor_pid", "program_pid"):
            if is_alive(found[victim]):
                os.kill(found[victim], signal.SIGKILL)
        eventually(lambda found=found: not is_alive(found["program_pid"]), "it is gone")
        file.write_text(json.dumps(found | {"boot_id": "another"}))
    server.start()


def test_the_machine_is_restarted(server, data):
    script = "import os, time\nmay_end = os.path.exists(os.environ['GO'])\nprint('ready', flush=True)\ntime.sleep(0 if may_end else 1000)\n"
    go = server.home / "restarted"
    plain = begin(server, data, script, Environment={"GO": str(go)})
    again = begin(server, data, script, RetryStrategy={"MaximumRetryAttempts": 1}, Environment={"GO": str(go)})
    for name in (plain, again):
        ready(server, name)
    go.write_text("")
    restart_the_machine(server)
    described = training_ended(server, plain)
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"] == "InternalServerError: the machine was restarted while the job ran"
    described = training_ended(server, again)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    [restarting] = [step for step in described["SecondaryStatusTransitions"] if step["Status"] == "Restarting"]
    assert "the machine was restarted" in restarting["StatusMessage"]


def test_jobs_wait_in_line_and_say_so(server, data):
    running = [begin(server, data, "import time\nprint('ready')\ntime.sleep(1000)\n") for _ in range(2)]
    for name in running:
        ready(server, name)
    waiting = [begin(server, data, "print('mine')") for _ in range(2)]
    sagemaker = server.client("sagemaker")

    def message(name):
        return sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatusTransitions"][-1]["StatusMessage"]

    eventually(lambda: "it is next" in message(waiting[0]), "the first waits")
    eventually(lambda: "1 job is before it" in message(waiting[1]), "the second waits behind it")
    shown = server.refit("status").stdout
    assert f"{waiting[0]} Pending: Waiting" in shown, shown
    sagemaker.stop_training_job(TrainingJobName=waiting[0])
    assert training_ended(server, waiting[0])["TrainingJobStatus"] == "Stopped"
    for name in running:
        sagemaker.stop_training_job(TrainingJobName=name)
    assert training_ended(server, waiting[1])["TrainingJobStatus"] == "Completed"


def test_links_in_the_output_give_nothing_away(server, data):
    secret = server.home / "secret"
    secret.write_text("secret")
    script = f"import os\nos.symlink('{secret}', '/opt/ml/output/failure')\nos.symlink('{secret}', '/opt/ml/model/x')\nraise SystemExit(1)"
    described = run_script(server, data, {"train.py": script})
    assert "secret" not in described["FailureReason"].replace(str(secret), "")


def test_a_model_with_holes_is_not_packed(server, data):
    script = "import os\nwith open('/opt/ml/model/large', 'wb') as file:\n    file.truncate(1 << 40)\n"
    described = run_script(server, data, {"train.py": script})
    assert described["TrainingJobStatus"] == "Failed"
    assert "1024.0 GiB" in described["FailureReason"] and "VolumeSizeInGB" in described["FailureReason"]


def test_a_model_folder_that_leads_elsewhere_gives_nothing_away(server, data):
    (server.home / "private").mkdir()
    (server.home / "private/secret").write_text("secret")
    # Its own folder is a mount, which cannot be replaced; what is below it can.
    script = f"import os\nos.rmdir('/opt/ml/output/data')\nos.symlink('{server.home}/private', '/opt/ml/output/data')\nos.rmdir('/opt/ml/model')\nos.symlink('{server.home}/private', '/opt/ml/model')\n"
    described = run_script(server, data, {"train.py": script})
    assert described["TrainingJobStatus"] == "Completed", described
    assert "secret" not in model_files(server, described)
    listed = server.client("s3").list_objects_v2(Bucket=data)["Contents"]
    assert not [one for one in listed if described["TrainingJobName"] in one["Key"] and one["Key"].endswith("output.tar.gz")]


def test_what_a_job_does_outside_harms_nobody(server, data):
    other = begin(server, data, "import time\nprint('ready')\ntime.sleep(1000)\n")
    ready(server, other)
    script = f"""
import os, shutil, sys
data = {str(server.data)!r}
if not os.path.ismount(data):
    raise SystemExit('LEFT OUT: this kernel hides nothing')
print('sees', *os.listdir(data), *os.listdir(data + '/jobs'))
here = os.environ['VIRTUAL_ENV']
# Not every kernel can give it a layer of its own.
if any(line.startswith('overlay ' + here + ' ') for line in open('/proc/mounts')):
    print('empties', here)
    for folder, _, files in os.walk(here):
        for file in files:
            os.remove(os.path.join(folder, file))
shutil.rmtree(data, ignore_errors=True)
open(data + '/refit.db', 'w').write('spoiled')
"""
    described = run_script(server, data, {"train.py": script})
    assert described["TrainingJobStatus"] == "Failed"
    if "LEFT OUT" in described["FailureReason"]:
        pytest.skip(described["FailureReason"])
    assert "Read-only file system" in described["FailureReason"]
    [seen] = [line for line in log_lines(server, LOG, described["TrainingJobName"] + "/") if line.startswith("sees")]
    assert other not in seen and "refit.db" not in seen and "credentials" not in seen, seen
    sagemaker = server.client("sagemaker")
    assert sagemaker.describe_training_job(TrainingJobName=other)["SecondaryStatus"] == "Training"
    assert is_alive(status_of(server, other)["program_pid"])
    # The environment that it has emptied for itself is whole for others.
    assert run_script(server, data, {"train.py": "import json, tarfile"})["TrainingJobStatus"] == "Completed"
    sagemaker.stop_training_job(TrainingJobName=other)
    assert training_ended(server, other)["TrainingJobStatus"] == "Stopped"


def test_waiting_survives_a_server_that_is_killed(server, data):
    running = [begin(server, data, "import time\nprint('ready')\ntime.sleep(1000)\n") for _ in range(2)]
    for name in running:
        ready(server, name)
    waiting = begin(server, data, "print('mine')")
    server.kill9()
    server.start()
    sagemaker = server.client("sagemaker")
    assert sagemaker.describe_training_job(TrainingJobName=running[0])["SecondaryStatus"] == "Training"
    for name in running:
        sagemaker.stop_training_job(TrainingJobName=name)
    assert training_ended(server, waiting)["TrainingJobStatus"] == "Completed"
