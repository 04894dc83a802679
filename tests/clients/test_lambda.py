"""Lambda functions that really run, in Python and Node.js."""

import base64
import json
import shutil
import time

import pytest

from support.code import archive, function, invoked
from support.machines import ended, history, machine, started, succeeded
from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.roles import role
from support.training import bucket, log_lines

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js on this machine")


@pytest.fixture(scope="module")
def tell(server):
    """A function that tells what it sees."""
    return function(server, "tell.py", Environment={"Variables": {"STAGE": "test"}})


def test_result_and_environment(server, tell):
    result, answer = invoked(server, tell, {"name": "ä"})
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer
    assert result["event"] == {"name": "ä"}
    assert result["environment"] == {"STAGE": "test", "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": tell, "HOME": "/tmp"}
    assert result["request_id"] == answer["ResponseMetadata"]["RequestId"]
    assert result["function_arn"] == f"arn:aws:lambda:us-east-1:000000000000:function:{tell}"
    assert 0 < result["remaining_ms"] <= 20_000


def test_a_process_serves_again(server, tell):
    assert invoked(server, tell)[0]["process"] == invoked(server, tell)[0]["process"]


def test_an_error_has_type_message_and_trace(server, tell):
    result, answer = invoked(server, tell, {"fail": "rmse went up"})
    assert answer["StatusCode"] == 200 and answer["FunctionError"] == "Unhandled"
    assert (result["errorType"], result["errorMessage"]) == ("Worse", "rmse went up")
    assert "tell.py" in "".join(result["stackTrace"])


def test_an_exit_is_an_error_and_the_next_call_works(server, tell):
    result, answer = invoked(server, tell, {"exit": 3})
    assert answer["FunctionError"] == "Unhandled"
    assert result["errorType"] == "Runtime.ExitError" and "3" in result["errorMessage"]
    assert "FunctionError" not in invoked(server, tell)[1]


def test_time_is_limited(server):
    name = function(server, "tell.py", Timeout=1)
    invoked(server, name)
    result, answer = invoked(server, name, {"sleep": 30})
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in result["errorMessage"]
    assert invoked(server, name)[0]["event"] == {}


def test_time_is_limited_from_the_first_call(server):
    began = time.monotonic()
    result, _ = invoked(server, function(server, "tell.py", Timeout=1), {"sleep": 30})
    assert "Task timed out after 1.00 seconds" in result["errorMessage"]
    # Getting ready has ten seconds of its own, which this function does not need.
    assert time.monotonic() - began < 9


def test_logs_go_to_the_function_s_group(server, tell):
    _, answer = invoked(server, tell, {"name": "the log"}, LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert f"START RequestId: {request_id}" in tail and "looking at the log" in tail and "REPORT RequestId" in tail
    lines = eventually(lambda: log_lines(server, f"/aws/lambda/{tell}"), "the log is delivered")
    assert [line for line in lines if "looking at the log" in line]
    assert "looking at the log" in server.refit("logs", f"/aws/lambda/{tell}").stdout


def test_later_is_later(server, tell):
    _, answer = invoked(server, tell, {"name": "somebody who does not wait"}, InvocationType="Event")
    assert answer["StatusCode"] == 202
    wanted = "looking at somebody who does not wait"
    eventually(lambda: [line for line in log_lines(server, f"/aws/lambda/{tell}") if wanted in line], "it ran")
    assert invoked(server, tell, InvocationType="DryRun")[1]["StatusCode"] == 204


def test_its_role_is_its_own(server):
    name = bucket(server)
    for key in ("open/a", "closed/a"):
        server.client("s3").put_object(Bucket=name, Key=key, Body=b"content")
    who = function(server, "whoami.py", ("s3:GetObject", f"arn:aws:s3:::{name}/open/*"))
    result, answer = invoked(server, who, {"objects": [f"/{name}/open/a", f"/{name}/closed/a"]})
    assert "FunctionError" not in answer, result
    status, text = result["identity"]
    assert status == 200 and "assumed-role/lambda-role-" in text and f"/{who}</Arn>" in text, text
    assert result["objects"][f"/{name}/open/a"] == [200, "content"]
    status, text = result["objects"][f"/{name}/closed/a"]
    assert status == 403 and "AccessDenied" in text


@needs_node
def test_node(server):
    name = function(server, "add.mjs")
    result, answer = invoked(server, name, {"a": 1, "b": 2}, LogType="Tail")
    assert (result["sum"], result["name"]) == (3, name)
    assert "adding 1 2" in base64.b64decode(answer["LogResult"]).decode()
    result, answer = invoked(server, name, {"a": 1})
    assert (answer["FunctionError"], result["errorType"], result["errorMessage"]) == ("Unhandled", "RangeError", "nothing to add")


def test_a_runtime_that_is_not_here_is_named(server):
    with refused("InvalidParameterValueException", "ruby3.3"):
        invoked(server, function(server, "tell.py", Runtime="ruby3.3"))


@pytest.mark.parametrize("more, word", [
    ({"Handler": "tell.nothing"}, "nothing"),
    ({"Handler": "elsewhere.handler"}, "elsewhere"),
])
def test_a_wrong_handler_is_named(server, more, word):
    result, answer = invoked(server, function(server, "tell.py", **more))
    assert answer["FunctionError"] == "Unhandled"
    assert word in result["errorMessage"]


def test_new_code_and_configuration(server, tell, client):
    name = function(server, "tell.py", Environment={"Variables": {"STAGE": "old"}})
    assert invoked(server, name)[0]["environment"]["STAGE"] == "old"
    lambdas = client("lambda")
    lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": {"STAGE": "new"}}, MemorySize=256)
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    assert invoked(server, name)[0]["environment"]["STAGE"] == "new"
    lambdas.update_function_code(FunctionName=name, ZipFile=archive("whoami.py"))
    lambdas.update_function_configuration(FunctionName=name, Handler="whoami.handler")
    assert invoked(server, name)[0]["identity"][0] == 200
    assert lambdas.get_function_configuration(FunctionName=name)["MemorySize"] == 256


def test_describing_and_deleting(client, server, tell):
    lambdas = client("lambda")
    described = lambdas.get_function(FunctionName=tell)["Configuration"]
    assert (described["State"], described["LastUpdateStatus"], described["Runtime"]) == ("Active", "Successful", "python3.12")
    assert tell in [one["FunctionName"] for page in lambdas.get_paginator("list_functions").paginate() for one in page["Functions"]]
    name = function(server, "tell.py")
    with refused("ResourceConflictException", name):
        lambdas.create_function(FunctionName=name, Runtime="python3.12", Handler="tell.handler",
                                Role=role(server, "lambda"), Code={"ZipFile": archive("tell.py")})
    lambdas.delete_function(FunctionName=name)
    with refused("ResourceNotFoundException", name):
        lambdas.invoke(FunctionName=name)


def test_a_role_must_trust_lambda(server, client):
    with refused("InvalidParameterValueException", "cannot be assumed by Lambda"):
        client("lambda").create_function(
            FunctionName=unique("untrusted"), Runtime="python3.12", Handler="tell.handler",
            Role=role(server, "sagemaker"), Code={"ZipFile": archive("tell.py")})


def test_a_state_machine_calls_it(server, tell):
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{tell}"
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": tell, "Payload.$": "$"}, "ResultSelector": {"told.$": "$.Payload.event"}, "End": True}
    made = machine(server, {"Call": call}, ("lambda:InvokeFunction", arn))
    assert succeeded(server, started(server, made, {"name": "a state"})) == {"told": {"name": "a state"}}
    described = ended(server, started(server, made, {"fail": "no"}))
    assert (described["status"], described["error"]) == ("FAILED", "Worse")
    assert json.loads(described["cause"])["errorMessage"] == "no"


def test_a_state_machine_retries_it(server, tell):
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{tell}"
    call = {"Type": "Task", "Resource": arn, "End": True,
            "Retry": [{"ErrorEquals": ["Worse"], "IntervalSeconds": 1, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "Caught"}]}
    made = machine(server, {"Call": call, "Caught": {"Type": "Pass", "OutputPath": "$.why.Error", "End": True}},
                   ("lambda:InvokeFunction", arn))
    execution = started(server, made, {"fail": "again"})
    assert succeeded(server, execution) == "Worse"
    kinds = [event["type"] for event in history(server, execution)]
    assert kinds.count("LambdaFunctionFailed") == 2
