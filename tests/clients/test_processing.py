"""Processing jobs: the user's script between objects and objects."""

import json

import pytest

from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.roles import role
from support.scripts import plain_image
from support.training import bucket, job_role, log_lines

LOG = "/aws/sagemaker/ProcessingJobs"
HERE = "/opt/ml/processing"

SCRIPT = """
import json, os, sys
print("arguments", sys.argv[1:])
config = json.load(open("/opt/ml/config/processingjobconfig.json"))
hosts = json.load(open("/opt/ml/config/resourceconfig.json"))
print("job", os.environ["PROCESSING_JOB_NAME"], config["ProcessingJobName"], hosts["current_host"], os.environ["COLOUR"])
rows = [float(line) for name in sorted(os.listdir("/opt/ml/processing/input/data")) for line in open("/opt/ml/processing/input/data/" + name)]
with open("/opt/ml/processing/output/result/sum.txt", "w") as out:
    out.write(str(sum(rows)))
with open("/opt/ml/output/message", "w") as out:
    out.write(f"{len(rows)} rows")
"""


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    s3 = server.client("s3")
    s3.put_object(Bucket=name, Key="data/a.csv", Body="1\n2\n")
    s3.put_object(Bucket=name, Key="data/b.csv", Body="4\n")
    s3.put_object(Bucket=name, Key="code/process.py", Body=SCRIPT)
    return name


def folder_input(name, uri, place):
    source = {"S3Uri": uri, "LocalPath": f"{HERE}/{place}", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def request(server, name, script="code/process.py", image=None, **more):
    return {
        "ProcessingJobName": unique("processing"),
        "RoleArn": job_role(server, name),
        "AppSpecification": {
            "ImageUri": image or plain_image(server),
            "ContainerEntrypoint": ["python3", f"{HERE}/input/code/{script.rpartition('/')[2]}"],
            "ContainerArguments": ["--rows", "3"],
        },
        "ProcessingInputs": [
            folder_input("data", f"s3://{name}/data", "input/data"),
            folder_input("code", f"s3://{name}/{script}", "input/code"),
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": {
            "S3Uri": f"s3://{name}/result", "LocalPath": f"{HERE}/output/result", "S3UploadMode": "EndOfJob"}}]},
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}},
        "Environment": {"COLOUR": "green"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
    } | more


def processed(server, wanted, seconds=240):
    """Runs the job; answers its description once it has ended. The first one waits for its environment to be made."""
    sagemaker = server.client("sagemaker")
    sagemaker.create_processing_job(**wanted)

    def look():
        described = sagemaker.describe_processing_job(ProcessingJobName=wanted["ProcessingJobName"])
        return described if described["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(look, "the processing job ends", seconds)


@pytest.fixture(scope="module")
def job(server, data):
    return processed(server, request(server, data, Tags=[{"Key": "team", "Value": "forecast"}]))


def test_a_job_processes(server, data, job):
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ExitMessage"] == "3 rows"
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    body = server.client("s3").get_object(Bucket=data, Key="result/sum.txt")["Body"].read()
    assert float(body) == 7
    lines = log_lines(server, LOG, f"{job['ProcessingJobName']}/algo-1-")
    assert lines[0] == "arguments ['--rows', '3']"
    assert lines[1] == f"job {job['ProcessingJobName']} {job['ProcessingJobName']} algo-1 green"
    server.client("sagemaker").get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName=job["ProcessingJobName"], WaiterConfig={"Delay": 1})


def test_it_is_listed_tagged_and_deleted(server, job):
    sagemaker, name = server.client("sagemaker"), job["ProcessingJobName"]
    listed = sagemaker.list_processing_jobs(NameContains=name, StatusEquals="Completed")["ProcessingJobSummaries"]
    assert [(one["ProcessingJobArn"], one["ExitMessage"]) for one in listed] == [(job["ProcessingJobArn"], "3 rows")]
    assert sagemaker.list_tags(ResourceArn=job["ProcessingJobArn"])["Tags"] == [{"Key": "team", "Value": "forecast"}]
    with refused("ValidationException", "Completed"):
        sagemaker.stop_processing_job(ProcessingJobName=name)
    sagemaker.delete_processing_job(ProcessingJobName=name)
    with refused("ValidationException", "not found"):
        sagemaker.describe_processing_job(ProcessingJobName=name)


FAILURES = {
    "a script that raises": ("raise ValueError('no rain today')", None, ["AlgorithmError", "no rain today", "exit code: 1"]),
    "a built-in algorithm": ("", "xgboost", ["xgboost"]),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_job_that_fails_says_why(server, data, case):
    script, image, words = FAILURES[case]
    server.client("s3").put_object(Bucket=data, Key="bad/process.py", Body=script)
    described = processed(server, request(server, data, "bad/process.py", image))
    assert described["ProcessingJobStatus"] == "Failed"
    for word in words:
        assert word in described["FailureReason"], described["FailureReason"]


def test_stopping_and_continuous_outputs(server, data):
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    s3.put_object(Bucket=data, Key="slow/process.py", Body=(
        "import pathlib, time\n"
        f"pathlib.Path('{HERE}/output/result/first.txt').write_text('1')\n"
        "print('waiting', flush=True)\ntime.sleep(600)\n"))
    wanted = request(server, data, "slow/process.py")
    output = wanted["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    output |= {"S3UploadMode": "Continuous", "S3Uri": f"s3://{data}/live"}
    sagemaker.create_processing_job(**wanted)
    name = wanted["ProcessingJobName"]
    eventually(lambda: s3.list_objects_v2(Bucket=data, Prefix="live/first.txt")["KeyCount"], "its output is there while it runs", 120)
    assert sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "InProgress"
    sagemaker.stop_processing_job(ProcessingJobName=name)

    def stopped():
        return sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Stopped"

    eventually(stopped, "it stops")


def test_inputs_that_are_not_there_are_refused(server, data):
    wanted = request(server, data)
    wanted["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{data}/nothing-here/"
    with refused("ValidationException", "No S3 objects found"):
        server.client("sagemaker").create_processing_job(**wanted)


def test_a_state_machine_waits_for_it(server, data):
    wanted = request(server, data)
    states = role(server, "states", (["sagemaker:*", "iam:PassRole"], "*"))
    definition = {"StartAt": "Process", "States": {"Process": {
        "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync", "Parameters": wanted, "End": True}}}
    sfn = server.client("stepfunctions")
    machine = sfn.create_state_machine(name=unique("machine"), definition=json.dumps(definition), roleArn=states)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    ended = eventually(lambda: (d := sfn.describe_execution(executionArn=execution))["status"] != "RUNNING" and d, "the execution ends", 120)
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["ExitMessage"] == "3 rows"
