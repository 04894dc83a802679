"""Who may talk to the server, what it says to those who may not, and when it refuses to start."""

import datetime
import hashlib
import socket
import sqlite3
import urllib.error
import urllib.request

import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from support.refusals import refused
from support.server import REGION

# A call of each protocol that needs no input.
CALLS = {
    "stepfunctions": lambda client: client.list_state_machines(),
    "sagemaker": lambda client: client.list_training_jobs(),
    "events": lambda client: client.list_rules(),
    "logs": lambda client: client.describe_log_groups(),
    "sqs": lambda client: client.list_queues(),
    "iam": lambda client: client.list_roles(),
    "sts": lambda client: client.get_caller_identity(),
    "sns": lambda client: client.list_topics(),
    "lambda": lambda client: client.list_functions(),
    "s3": lambda client: client.list_buckets(),
}
JSON = ("stepfunctions", "sagemaker", "events", "logs", "sqs", "lambda")
QUERY = ("iam", "sts", "sns")

# What is wrong, and the code in the protocols json, query and S3's.
CODES = {
    "unknown key": ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
    "wrong secret": ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    "late clock": ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"),
    "no signature": ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"),
}


def faulty(server, service, what):
    """A client with that fault."""
    key_id, secret = server.keys()
    if what == "unknown key":
        return server.client_of(server.session("AKIAUNKNOWN000000000", secret), service)
    if what == "wrong secret":
        return server.client_of(server.session(key_id, "wrong" + secret), service)
    if what == "no signature":
        return server.client(service, signature_version=UNSIGNED)
    return server.client(service, connect_timeout=11)


@pytest.mark.parametrize("what", CODES)
@pytest.mark.parametrize("service", CALLS)
def test_refuses_whom_it_does_not_know(server, monkeypatch, service, what):
    if what == "late clock":
        late = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: late)
    codes = CODES[what]
    expected = codes[0] if service in JSON else codes[1] if service in QUERY else codes[2]
    with refused(expected):
        CALLS[service](faulty(server, service, what))


@pytest.mark.parametrize("service", CALLS)
def test_answers_the_administrator(server, service):
    answer = CALLS[service](server.client(service))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"]


def test_who_am_i(server):
    identity = server.client("sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/administrator"


@pytest.mark.parametrize("service, call", [
    ("dynamodb", lambda client: client.list_tables()),
    ("ec2", lambda client: client.describe_instances()),
    ("apigateway", lambda client: client.get_rest_apis()),
    ("cloudformation", lambda client: client.list_stacks()),
])
def test_a_service_that_is_not_there_is_named(server, service, call):
    with pytest.raises(ClientError) as caught:
        call(server.client(service))
    error = caught.value.response["Error"]
    assert "no service" in error["Message"] and "docs/reference/services.md" in error["Message"], error


@pytest.mark.parametrize("service, code, call", [
    ("sagemaker", "UnknownOperationException", lambda client: client.list_domains()),
    ("logs", "UnknownOperationException", lambda client: client.describe_query_definitions()),
    ("iam", "InvalidAction", lambda client: client.list_virtual_mfa_devices()),
    ("lambda", "UnknownOperationException", lambda client: client.list_event_source_mappings()),
])
def test_an_operation_that_is_not_there_is_named(server, service, code, call):
    with refused(code):
        call(server.client(service))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b'{"name": 1e400}'])
def test_unsigned_nonsense_is_refused_and_harms_nobody(server, body):
    headers = {"X-Amz-Target": "AWSStepFunctions.StartExecution", "Content-Type": "application/x-amz-json-1.0"}
    sent = urllib.request.Request(f"{server.url}/", data=body, headers=headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent, timeout=10)
    assert caught.value.code == 400
    assert server.health()["ready"]


def test_values_are_checked_as_the_models_say(server):
    with refused("ValidationException", "roleArn"):
        server.client("stepfunctions", parameter_validation=False).create_state_machine(name="x", definition="{}")
    with refused("ValidationException", "trainingJobName"):
        server.client("sagemaker").describe_training_job(TrainingJobName="not a name!")


def test_health_needs_no_key_and_work_does(server):
    health = server.health()
    assert health["ready"] is True and health["pid"] == server.process.pid and health["version"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}/_refit/work", timeout=10)
    assert caught.value.code == 404


def test_open_accepts_any_key(make_server):
    server = make_server("--listen", "127.0.0.1:0", "--open").start()
    fake = server.session("test", "test")
    for service, call in CALLS.items():
        assert call(server.client_of(fake, service))["ResponseMetadata"]["HTTPStatusCode"] == 200, service


def test_open_stays_on_this_machine(make_server):
    server = make_server("--listen", "0.0.0.0:0", "--open")
    assert server.spawn().wait(30) == 1
    assert "--open is not allowed on 0.0.0.0:0" in server.log()


def test_one_server_per_data_directory(make_server):
    server = make_server().start()
    second = server.spawn()
    assert second.wait(30) == 1
    assert f"is in use by another refit server (process {server.process.pid})" in server.log()
    assert "hint: one server per data directory" in server.log()
    assert server.health()["pid"] == server.process.pid


def test_a_taken_port_is_named(make_server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        server = make_server("--listen", address)
        assert server.spawn().wait(30) == 1
    assert f"cannot listen on {address}" in server.log()
    assert "hint: another program has the port" in server.log()


def test_a_newer_data_directory_is_left_alone(make_server):
    server = make_server().start()
    server.client("s3").create_bucket(Bucket="kept")
    server.stop()
    file = server.data / "refit.db"
    with sqlite3.connect(file) as database:
        known = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {known + 1}")
    database.close()
    before = hashlib.sha256(file.read_bytes()).hexdigest()

    assert server.spawn().wait(30) == 1
    assert f"has format {known + 1}, newer than this refit knows ({known})" in server.log()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before

    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version = {known}")
    database.close()
    server.start()
    assert [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]] == ["kept"]


def test_keys_and_data_outlive_a_restart(make_server):
    server = make_server().start()
    keys = server.keys()
    server.client("s3").create_bucket(Bucket="kept")
    server.restart()
    assert server.keys() == keys
    assert server.client("s3").head_bucket(Bucket="kept")["ResponseMetadata"]["HTTPStatusCode"] == 200
    server.kill9()
    server.start()
    assert server.client("s3").head_bucket(Bucket="kept")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_only_the_owner_can_read_the_data(server):
    assert server.data.stat().st_mode & 0o777 == 0o700
    assert (server.data / "credentials").stat().st_mode & 0o777 == 0o600


def test_commands_without_a_server_say_what_to_do(make_server):
    server = make_server()
    for command in (["status"], ["env"], ["logs"], ["run", "x"]):
        ran = server.refit(*command)
        assert ran.returncode == 1
        assert "error: no server runs on" in ran.stderr and "hint: start it" in ran.stderr, command
    assert "no server runs on" in server.refit("stop").stdout


def test_regions_are_apart(server):
    elsewhere = server.session().client("stepfunctions", endpoint_url=server.url, region_name="eu-central-1")
    made = elsewhere.create_activity(name="abroad")
    assert made["activityArn"] == "arn:aws:states:eu-central-1:000000000000:activity:abroad"
    here = server.client("stepfunctions").list_activities()["activities"]
    assert "abroad" not in [activity["name"] for activity in here]
    assert REGION == "us-east-1"
