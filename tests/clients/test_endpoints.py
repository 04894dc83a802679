"""Endpoints: served by processes of this machine, kept up, replaced without a failed request."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.serving import archive, config, endpoint, model, settled
from support.training import bucket, log_lines, request, table, trained


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body=table(300))
    return name


@pytest.fixture(scope="module")
def artefact(server, data):
    described = trained(server, request(server, data))
    assert described["TrainingJobStatus"] == "Completed", described
    return described["ModelArtifacts"]["S3ModelArtifacts"]


@pytest.fixture(scope="module")
def serving(server, data, artefact):
    """An endpoint with one instance."""
    return endpoint(server, config(server, model(server, data, artefact)))


def invoke(server, name, body="0.5,0.5,0,0", kind="text/csv", **more):
    return server.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body, ContentType=kind, **more)


def processes(server, name):
    """The status records of an endpoint's processes."""
    found = []
    for file in server.data.glob(f"jobs/endpoint.*.{name}.*/status.json"):
        try:
            if not (file.parent / "exit.json").exists():
                found.append(json.loads(file.read_text()))
        except (OSError, ValueError):
            continue
    return found


def the_process(server, name):
    """The status record of an endpoint's only process: its supervisor writes it just after the process runs."""
    [found] = eventually(lambda: processes(server, name), f"a process of {name}")
    return found


def test_it_predicts(server, serving):
    answer = invoke(server, serving)
    assert answer["ContentType"] == "text/csv"
    assert answer["InvokedProductionVariant"] == "variant-1"
    # The label is 3a - 2b and noise.
    assert abs(float(answer["Body"].read()) - 0.5) < 0.6
    rows = invoke(server, serving, "0.9,0,0,0\n-0.9,0,0,0\n")["Body"].read().decode().split(",")
    assert float(rows[0]) > 1 > -1 > float(rows[1])
    as_json = invoke(server, serving, Accept="application/json")
    assert len(json.loads(as_json["Body"].read())["predictions"]) == 1
    from_json = invoke(server, serving, json.dumps({"instances": [[0.9, 0, 0, 0]]}), "application/json")
    assert float(from_json["Body"].read()) == float(rows[0])


def test_its_description(server, serving):
    described = settled(server, serving)
    assert described["EndpointArn"].endswith(f":endpoint/{serving}")
    [variant] = described["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredWeight"]) == (1, 1.0)
    assert variant["DeployedImages"][0]["SpecifiedImage"]
    listed = server.client("sagemaker").list_endpoints(NameContains=serving, StatusEquals="InService")
    assert [one["EndpointName"] for one in listed["Endpoints"]] == [serving]
    waiter = server.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=serving)


def test_its_log(server, serving):
    group = f"/aws/sagemaker/Endpoints/{serving}"
    eventually(lambda: any("serves at" in line for line in log_lines(server, group, "variant-1/i-")), "it logs")


def listening_inodes():
    """The inodes of everything that listens at a TCP port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                found.add(f"socket:[{fields[9]}]")
    return found


def test_nobody_gets_past_the_server(server, serving):
    invoke(server, serving)
    process = the_process(server, serving)
    opened = {os.readlink(link) for link in Path(f"/proc/{process['program_pid']}/fd").iterdir()}
    assert not opened & listening_inodes(), "a port is everybody's on this machine"
    [socket] = server.data.glob(f"jobs/endpoint.*.{serving}.*/serve.sock")
    assert socket.is_socket() and socket.parent.stat().st_mode & 0o077 == 0


def test_what_the_model_refuses(server, serving):
    with refused("ModelError", "Received client error (415)", "rain", status=424) as caught:
        invoke(server, serving, "rain,1")
    assert caught.value.response["OriginalStatusCode"] == 415
    assert "rain" in caught.value.response["OriginalMessage"]
    with refused("ValidationError", "not found", status=400):
        invoke(server, "nobody-made-it")
    with refused("ValidationError", "variant-9"):
        invoke(server, serving, TargetVariant="variant-9")


def test_a_request_has_a_limit(server, serving):
    with refused("ValidationError", "length less than or equal to 6291456"):
        invoke(server, serving, b"0" * (6 * 1024 * 1024 + 1))


def test_names_are_used_once(server, serving):
    sagemaker = server.client("sagemaker")
    known = sagemaker.describe_endpoint(EndpointName=serving)["EndpointConfigName"]
    with refused("ValidationException", "already existing endpoint"):
        sagemaker.create_endpoint(EndpointName=serving, EndpointConfigName=known)
    with refused("ValidationException", "Could not find endpoint configuration"):
        sagemaker.create_endpoint(EndpointName=unique("endpoint"), EndpointConfigName="nobody-made-it")
    with refused("ValidationException", "Could not find model"):
        config(server, "nobody-made-it")
    with refused("ValidationException", "Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="nobody-made-it")


def test_it_comes_back_after_a_crash(server, serving):
    invoke(server, serving)
    before = the_process(server, serving)
    os.kill(before["program_pid"], signal.SIGKILL)
    # No error in between: the request waits for the successor.
    assert invoke(server, serving)["InvokedProductionVariant"] == "variant-1"
    eventually(lambda: [p for p in processes(server, serving) if p["program_pid"] != before["program_pid"]], "another one")
    assert settled(server, serving)["EndpointStatus"] == "InService"


def test_an_update_fails_no_request(server, data, artefact):
    first = model(server, data, artefact)
    name = endpoint(server, config(server, first))
    failures, answers, over = [], [], threading.Event()

    def ask():
        runtime = server.client_of(server.session(), "sagemaker-runtime")
        while not over.is_set():
            try:
                answers.append(runtime.invoke_endpoint(EndpointName=name, Body="1,0,0,0", ContentType="text/csv")["InvokedProductionVariant"])
            except Exception as error:  # noqa: BLE001 - any failure at all is one too many
                failures.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(2):
            server.client("sagemaker").update_endpoint(
                EndpointName=name, EndpointConfigName=config(server, model(server, data, artefact), count=2))
            assert settled(server, name)["EndpointStatus"] == "InService"
            seen = len(answers)
            eventually(lambda seen=seen: len(answers) > seen + 20, "it goes on answering")
    finally:
        over.set()
        for asker in askers:
            asker.join()
    assert not failures, failures[:3]
    eventually(lambda: len(processes(server, name)) == 2, "only the last configuration's processes are left")


def test_weights_and_sizes(server, data, artefact):
    one = model(server, data, artefact)
    name = endpoint(server, config(server, one, one, weights=[1, 0]))
    assert {invoke(server, name)["InvokedProductionVariant"] for _ in range(10)} == {"variant-1"}
    assert invoke(server, name, TargetVariant="variant-2")["InvokedProductionVariant"] == "variant-2"
    kept = {p["program_pid"] for p in processes(server, name)}
    server.client("sagemaker").update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[
        {"VariantName": "variant-1", "DesiredWeight": 0},
        {"VariantName": "variant-2", "DesiredWeight": 5, "DesiredInstanceCount": 2}])
    described = settled(server, name)
    assert [(v["CurrentWeight"], v["CurrentInstanceCount"]) for v in described["ProductionVariants"]] == [(0, 1), (5, 2)]
    assert {invoke(server, name)["InvokedProductionVariant"] for _ in range(10)} == {"variant-2"}
    assert kept < {p["program_pid"] for p in processes(server, name)}
    server.client("sagemaker").delete_endpoint(EndpointName=name)


def test_a_model_that_cannot_be_served(server, data, artefact):
    server.client("s3").put_object(Bucket=data, Key="bad/model.tar.gz", Body=archive({"xgboost-model": "no model"}))
    bad = model(server, data, f"s3://{data}/bad/model.tar.gz")
    name = unique("endpoint")
    sagemaker = server.client("sagemaker")
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config(server, bad))
    described = settled(server, name)
    assert described["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in described["FailureReason"]
    assert "xgboost" in described["FailureReason"].lower()
    with refused("ValidationError", "not found"):
        invoke(server, name)
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1})

    # An update to it is rolled back, and what served goes on.
    name = endpoint(server, config(server, model(server, data, artefact)))
    before = settled(server, name)["EndpointConfigName"]
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config(server, bad))
    with refused("ValidationException", "Cannot update in-progress endpoint"):
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=before)
    described = settled(server, name)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", before)
    assert "ping health check" in described["FailureReason"]
    invoke(server, name)
    sagemaker.delete_endpoint(EndpointName=name)


def test_it_outlives_the_server(make_server):
    server = make_server().start()
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/days.csv", Body=table(100))
    uri = trained(server, request(server, name))["ModelArtifacts"]["S3ModelArtifacts"]
    serving = endpoint(server, config(server, model(server, name, uri)))
    before = the_process(server, serving)
    server.kill9()
    server.start()
    assert invoke(server, serving)["InvokedProductionVariant"] == "variant-1"
    assert processes(server, serving) == [before]
    server.client("sagemaker").delete_endpoint(EndpointName=serving)
    eventually(lambda: not processes(server, serving), "its process has ended")
    with refused("ValidationError", "not found"):
        invoke(server, serving)


def test_asynchronous_requests(server, data, artefact):
    sagemaker, s3 = server.client("sagemaker"), server.client("s3")
    configuration = unique("config")
    sagemaker.create_endpoint_config(
        EndpointConfigName=configuration,
        ProductionVariants=[{"VariantName": "all", "ModelName": model(server, data, artefact), "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{data}/answers"}})
    name = endpoint(server, configuration)
    s3.put_object(Bucket=data, Key="questions/1.csv", Body="1,0,0,0\n")
    taken = server.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=name, InputLocation=f"s3://{data}/questions/1.csv", ContentType="text/csv")
    key = taken["OutputLocation"].split("/", 3)[3]

    def look():
        listed = s3.list_objects_v2(Bucket=data, Prefix=key)
        return listed.get("KeyCount")

    eventually(look, "the answer is stored")
    assert float(s3.get_object(Bucket=data, Key=key)["Body"].read()) > 1
    sagemaker.delete_endpoint(EndpointName=name)
