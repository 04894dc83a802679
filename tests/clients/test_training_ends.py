"""A job's end is told before it is on the disk: whatever is killed then, it is found again, once, and is the same."""

import json
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from support.names import unique
from support.poll import eventually
from support.scripts import model_files
from support.server import is_alive
from support.training import bucket, log_lines, request, training_ended

LOG = "/aws/sagemaker/TrainingJobs"
RESTARTED = "InternalServerError: the machine was restarted while the job ran"
# It waits for a file at first, and not when it is begun again.
TRAIN = """#!/bin/sh
echo begun
if [ ! -e "$GATE.once" ]; then
  : >"$GATE.once"
  echo ready
  while [ ! -e "$GATE" ]; do sleep 0.05; done
fi
echo model >/opt/ml/model/model
echo ended
"""


@pytest.fixture
def server(make_server):
    """A server whose queue `ends` gets an event for every end of a training job."""
    own = make_server().start()
    image = own.home / "image"
    image.mkdir()
    (image / "train").write_text(TRAIN)
    (image / "train").chmod(0o755)
    sqs, events = own.client("sqs"), own.client("events")
    url = sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobStatus": ["Completed", "Failed", "Stopped"]}}
    events.put_rule(Name="ends", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])
    return own


def begin(server, **more):
    """Starts a job and waits until it waits at its gate; its name and its folder."""
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body="1\n")
    gate = server.home / unique("gate")
    wanted = request(server, name, Environment={"GATE": str(gate)}, **more)
    wanted["AlgorithmSpecification"] = {"TrainingImage": f"file://{server.home}/image", "TrainingInputMode": "File"}
    wanted["HyperParameters"] = {}
    server.client("sagemaker").create_training_job(**wanted)
    job = wanted["TrainingJobName"]
    eventually(lambda: "ready" in log_lines(server, LOG, f"{job}/"), "it waits at its gate")
    [folder] = server.data.glob(f"jobs/*.{job}.*")
    return job, gate, folder


def exit_record(folder):
    """How the job ended, once that is told."""
    try:
        return json.loads((folder / "exit.json").read_text())
    except (OSError, ValueError):
        return None


def ends(server, job):
    """The statuses that were announced as the job's end, when every event has been delivered that was put before."""
    found, after = [], unique("after")
    server.client("events").put_rule(Name=after, EventPattern=json.dumps({"source": [after]}))
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    server.client("events").put_targets(Rule=after, Targets=[{"Id": "queue", "Arn": arn}])

    def look():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [event for event in found if event["source"] == "aws.sagemaker"]

    eventually(look, "an end is announced")
    server.client("events").put_events(Entries=[{"Source": after, "DetailType": "after", "Detail": "{}"}])
    eventually(lambda: look() and [event for event in found if event["source"] == after], "the event behind it")
    told = [event["detail"] for event in look()]
    return [detail["TrainingJobStatus"] for detail in told if detail["TrainingJobName"] == job]


def check_once(server, job, status, begun=1):
    described = training_ended(server, job)
    assert described["TrainingJobStatus"] == status, described.get("FailureReason")
    assert ends(server, job) == [status]
    steps = [step["Status"] for step in described["SecondaryStatusTransitions"]]
    assert steps.count("Training") == begun and steps.count(status) == 1, steps
    if status == "Completed":
        assert model_files(server, described) == {"model": b"model\n"}
        lines = log_lines(server, LOG, f"{job}/")
        assert lines.count("ended") == begun and lines.count("begun") == begun, lines
    return described


def has_artefact(server, job):
    """Whether something of the job is in its bucket, looked for where the server keeps its objects' names."""
    with sqlite3.connect(f"file:{server.data}/refit.db?mode=ro", uri=True) as db:
        return db.execute("select 1 from readable where key like ?", (f"%{job}/output/model.tar.gz%",)).fetchone()


def secondary(server, job):
    return server.client("sagemaker").describe_training_job(TrainingJobName=job)["SecondaryStatus"]


# What has been seen when the server is killed.
MOMENTS = {
    # Whoever is quick has taken everything away already.
    "the end is told": lambda server, job, folder: exit_record(folder) or not folder.exists(),
    "it uploads": lambda server, job, folder: secondary(server, job) in ("Uploading", "Completed"),
    "the artefact is there": lambda server, job, folder: has_artefact(server, job),
    "the end is recorded": lambda server, job, folder: secondary(server, job) == "Completed",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_server_is_killed_when(server, moment):
    job, gate, folder = begin(server)
    gate.write_text("")
    eventually(lambda: MOMENTS[moment](server, job, folder), moment)
    server.kill9()
    server.start()
    check_once(server, job, "Completed")
    eventually(lambda: not folder.exists(), "nothing of it is left")


def test_a_job_ends_while_no_server_runs(server):
    job, gate, folder = begin(server)
    server.kill9()
    gate.write_text("")
    supervisor = json.loads((folder / "status.json").read_text())["supervisor_pid"]
    eventually(lambda: exit_record(folder), "the end is told")
    # Who has told of an end is not needed for it any more.
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not is_alive(supervisor), "the supervisor is gone")
    server.start()
    check_once(server, job, "Completed")


def another_boot(folder, change):
    """What a power cut leaves: the records are of another boot, and changed as what was not on the disk may be."""
    record = exit_record(folder) | {"boot_id": "another", "is_on_disk": False}
    status = folder / "status.json"
    status.write_text(json.dumps(json.loads(status.read_text()) | {"boot_id": "another"}))
    (folder / "supervisor.lock").write_text("another")
    change(folder / "exit.json", record)


CUTS = {
    "it was on the disk": (lambda file, record: file.write_text(json.dumps(record | {"is_on_disk": True})), True),
    "it was not": (lambda file, record: file.write_text(json.dumps(record)), False),
    "it is empty": (lambda file, record: file.write_text(""), False),
    "it is gone": (lambda file, record: file.unlink(), False),
    "the notes are gone": (lambda file, record: [one.unlink() for one in (file, file.parent / "status.json")], False),
}


@pytest.mark.parametrize("attempts", [0, 1])
@pytest.mark.parametrize("cut", CUTS)
def test_the_power_is_cut_after_the_end_is_told(server, cut, attempts):
    change, is_whole = CUTS[cut]
    more = {"RetryStrategy": {"MaximumRetryAttempts": attempts}} if attempts else {}
    job, gate, folder = begin(server, **more)
    server.kill9()
    gate.write_text("")
    supervisor = json.loads((folder / "status.json").read_text())["supervisor_pid"]
    eventually(lambda: exit_record(folder), "the end is told")
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not is_alive(supervisor), "the supervisor is gone")
    another_boot(folder, change)
    server.start()
    if is_whole:
        check_once(server, job, "Completed")
    elif attempts:
        described = check_once(server, job, "Completed", begun=2)
        [again] = [step for step in described["SecondaryStatusTransitions"] if step["Status"] == "Restarting"]
        assert again["StatusMessage"] == RESTARTED
    else:
        assert check_once(server, job, "Failed")["FailureReason"] == RESTARTED


def test_the_folder_is_gone_with_the_power(server):
    """Not even the folder's name need have reached the disk: the job's record knows during which boot it was started."""
    job, gate, folder = begin(server)
    server.kill9()
    status = json.loads((folder / "status.json").read_text())
    os.kill(status["supervisor_pid"], signal.SIGKILL)
    eventually(lambda: not is_alive(status["program_pid"]), "the job is gone")
    shutil.rmtree(folder)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with sqlite3.connect(server.data / "refit.db") as db:
        changed = db.execute(
            "update records set body = replace(body, ?, 'another') where body like ?", (boot, f"%{job}%{boot}%"))
        assert changed.rowcount == 1
    server.start()
    assert check_once(server, job, "Failed")["FailureReason"] == RESTARTED
