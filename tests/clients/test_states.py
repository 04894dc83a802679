"""Step Functions as boto3 sees it: machines, executions, histories, waiting for somebody else."""

import json
import threading

import pytest

from support.machines import check_history, ended, history, machine, started, succeeded
from support.names import name_in, unique
from support.poll import eventually
from support.refusals import refused
from support.roles import role

PASS = {"Done": {"Type": "Pass", "End": True}}


@pytest.fixture
def states(client):
    return client("stepfunctions")


# Definition's states, input, output.
OUTPUTS = {
    "pass": (PASS, {"a": 1}, {"a": 1}),
    "result": ({"A": {"Type": "Pass", "Result": [1, 2], "ResultPath": "$.r", "End": True}}, {"a": 1}, {"a": 1, "r": [1, 2]}),
    "parameters": (
        {"A": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.a, 2)", "x.$": "$$.Execution.Input.a"}, "End": True}},
        {"a": 1}, {"n": 3, "x": 1},
    ),
    "choice": (
        {
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.rmse", "NumericLessThan": 2, "Next": "Good"}], "Default": "Bad"},
            "Good": {"Type": "Pass", "Result": "keep", "End": True},
            "Bad": {"Type": "Fail", "Error": "Worse"},
        },
        {"rmse": 1.5}, "keep",
    ),
    "map": (
        {"A": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": True, "ItemProcessor": {
            "StartAt": "B", "States": {"B": {"Type": "Pass", "Parameters": {"v.$": "$"}, "OutputPath": "$.v", "End": True}},
        }}},
        {"items": [3, 1, 2]}, [3, 1, 2],
    ),
    "parallel": (
        {"A": {"Type": "Parallel", "End": True, "Branches": [
            {"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": "left", "End": True}}},
            {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 0, "End": True}}},
        ]}},
        {"a": 1}, ["left", {"a": 1}],
    ),
    "jsonata": (
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
            "A": {"Type": "Pass", "Assign": {"best": "{% $min($states.input.scores) %}"}, "Next": "B"},
            "B": {"Type": "Choice", "Choices": [{"Condition": "{% $best < 2 %}", "Next": "C"}]},
            "C": {"Type": "Succeed", "Output": {"best": "{% $best %}", "of": "{% $count($states.input.scores) %}"}},
        }},
        {"scores": [4, 1.5, 3]}, {"best": 1.5, "of": 3},
    ),
    "catch": (
        {
            "A": {"Type": "Parallel", "Next": "B", "Branches": [
                {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Mine", "Cause": "on purpose"}}},
            ], "Catch": [{"ErrorEquals": ["Mine"], "ResultPath": "$.why", "Next": "B"}]},
            "B": {"Type": "Pass", "End": True},
        },
        {"a": 1}, {"a": 1, "why": {"Error": "Mine", "Cause": "on purpose"}},
    ),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_output(server, case):
    definition, data, expected = OUTPUTS[case]
    execution = started(server, machine(server, definition), data)
    assert succeeded(server, execution) == expected
    check_history(history(server, execution))


# Definition's states, status, error, a part of the cause.
FAILURES = {
    "fail": ({"A": {"Type": "Fail", "Error": "Mine", "Cause": "on purpose"}}, "FAILED", "Mine", "on purpose"),
    "path": ({"A": {"Type": "Pass", "InputPath": "$.none", "End": True}}, "FAILED", "States.Runtime", "$.none"),
    "no choice": (
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}]}, "B": {"Type": "Succeed"}},
        "FAILED", "States.Runtime", "Failed to transition out of the state",
    ),
    "late": (
        {"StartAt": "A", "TimeoutSeconds": 1, "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}},
        "TIMED_OUT", None, None,
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failure(server, case):
    definition, status, error, cause = FAILURES[case]
    execution = started(server, machine(server, definition))
    described = ended(server, execution)
    assert described["status"] == status
    assert described.get("error") == error
    if cause:
        assert cause in described["cause"]
    check_history(history(server, execution))


def test_history_of_a_pass(server):
    execution = started(server, machine(server, PASS), {"a": 1})
    succeeded(server, execution)
    events = history(server, execution)
    assert [event["type"] for event in events] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
    ]
    assert json.loads(events[0]["executionStartedEventDetails"]["input"]) == {"a": 1}
    assert events[1]["stateEnteredEventDetails"]["name"] == "Done"
    newest = server.client("stepfunctions").get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
    assert newest["events"][0]["id"] == 4 and newest["nextToken"]


def test_a_machine_is_described_changed_and_deleted(server, states):
    arn = machine(server, PASS, tags=[{"key": "team", "value": "forecast"}])
    described = states.describe_state_machine(stateMachineArn=arn)
    assert described["name"] == name_in(arn) and described["status"] == "ACTIVE" and described["type"] == "STANDARD"
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "forecast"}]
    changed = {"StartAt": "New", "States": {"New": {"Type": "Succeed"}}}
    before = described["revisionId"] if "revisionId" in described else None
    updated = states.update_state_machine(stateMachineArn=arn, definition=json.dumps(changed))
    assert updated["updateDate"] and updated.get("revisionId") != before
    assert json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"]) == changed
    listed = [one["stateMachineArn"] for page in states.get_paginator("list_state_machines").paginate() for one in page["stateMachines"]]
    assert arn in listed
    states.delete_state_machine(stateMachineArn=arn)

    def is_gone():
        try:
            return states.describe_state_machine(stateMachineArn=arn)["status"] != "DELETING" and None
        except states.exceptions.StateMachineDoesNotExist:
            return True

    eventually(is_gone, "the machine is gone")


def test_running_executions_keep_their_definition(server, states):
    arn = machine(server, {"W": {"Type": "Wait", "Seconds": 1, "Next": "A"}, "A": {"Type": "Pass", "Result": "old", "End": True}})
    execution = started(server, arn)
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps({"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": "new", "End": True}}}))
    assert succeeded(server, execution) == "old"
    assert succeeded(server, started(server, arn)) == "new"


# Definition (or states), and words of the refusal.
BROKEN = [
    ("{", "INVALID_JSON_DESCRIPTION"),
    ({"StartAt": "A"}, "SCHEMA_VALIDATION_FAILED"),
    ({"StartAt": "B", "States": PASS}, "MISSING_TRANSITION_TARGET"),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}, "MISSING_TRANSITION_TARGET"),
    ({"StartAt": "A", "States": {"A": {"Type": "Teleport", "End": True}}}, "SCHEMA_VALIDATION_FAILED"),
]


@pytest.mark.parametrize("definition, word", BROKEN)
def test_broken_definitions_are_refused(server, states, definition, word):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    with refused("InvalidDefinition", word):
        states.create_state_machine(name=unique("broken"), definition=text, roleArn=role(server, "states"))
    checked = states.validate_state_machine_definition(definition=text)
    assert checked["result"] == "FAIL"
    assert word in [one["code"] for one in checked["diagnostics"]]


def test_names_are_taken_once(server, states):
    arn = machine(server, PASS)
    described = states.describe_state_machine(stateMachineArn=arn)
    same = {"name": described["name"], "definition": described["definition"], "roleArn": described["roleArn"]}
    assert states.create_state_machine(**same)["stateMachineArn"] == arn
    with refused("StateMachineAlreadyExists"):
        states.create_state_machine(**same | {"definition": json.dumps({"StartAt": "X", "States": {"X": {"Type": "Succeed"}}})})
    first = started(server, arn, {"a": 1}, name="once")
    succeeded(server, first)
    with refused("ExecutionAlreadyExists"):
        started(server, arn, {"a": 2}, name="once")


def test_unknown_things_are_named(states):
    account = "arn:aws:states:us-east-1:000000000000"
    with refused("StateMachineDoesNotExist", "nobody"):
        states.start_execution(stateMachineArn=f"{account}:stateMachine:nobody")
    with refused("ExecutionDoesNotExist", "none"):
        states.describe_execution(executionArn=f"{account}:execution:nobody:none")
    with refused("InvalidArn"):
        states.describe_state_machine(stateMachineArn="not an arn")


def test_executions_are_listed_newest_first_by_status(server, states):
    arn = machine(server, {"A": {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "B"}], "Default": "C"},
                           "B": {"Type": "Succeed"}, "C": {"Type": "Fail", "Error": "No"}})
    wanted = []
    for ok in (True, False, True):
        wanted.append(started(server, arn, {"ok": ok}))
        ended(server, wanted[-1])
    listed = states.list_executions(stateMachineArn=arn)["executions"]
    assert [one["executionArn"] for one in listed] == wanted[::-1]
    failed = states.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"]
    assert [one["executionArn"] for one in failed] == [wanted[1]]
    pages = list(states.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2}))
    assert [len(page["executions"]) for page in pages] == [2, 1]


def test_stopping_an_execution(server, states):
    execution = started(server, machine(server, {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}))
    states.stop_execution(executionArn=execution, error="Enough", cause="said the test")
    described = ended(server, execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "said the test")
    check_history(history(server, execution))


def test_an_activity_is_worked_on_by_a_worker(server, states):
    activity = states.create_activity(name=unique("activity"))["activityArn"]
    arn = machine(server, {"Ask": {"Type": "Task", "Resource": activity, "TimeoutSeconds": 60, "End": True}})
    execution = started(server, arn, {"question": 6})

    def work():
        worker = server.client_of(server.session(), "stepfunctions")
        task = worker.get_activity_task(activityArn=activity, workerName="worker")
        question = json.loads(task["input"])["question"]
        worker.send_task_heartbeat(taskToken=task["taskToken"])
        worker.send_task_success(taskToken=task["taskToken"], output=json.dumps({"answer": question * 7}))

    worker = threading.Thread(target=work)
    worker.start()
    assert succeeded(server, execution) == {"answer": 42}
    worker.join(10)
    kinds = [event["type"] for event in history(server, execution)]
    assert kinds[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_task_token_waits_for_whoever_has_it(server, states, fails):
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    arn = machine(server, {"Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True,
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token", "model.$": "$.model"}},
    }}, ("sqs:SendMessage", queue_arn))
    execution = started(server, arn, {"model": 7})
    message = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    body = json.loads(message["Body"])
    assert body["model"] == 7
    if fails:
        states.send_task_failure(taskToken=body["token"], error="Rejected", cause="not good enough")
        described = ended(server, execution)
        assert (described["status"], described["error"], described["cause"]) == ("FAILED", "Rejected", "not good enough")
    else:
        states.send_task_success(taskToken=body["token"], output='{"approved": true}')
        assert succeeded(server, execution) == {"approved": True}
    with refused("TaskTimedOut"):
        states.send_task_success(taskToken=body["token"], output="{}")
    with refused("InvalidToken"):
        states.send_task_success(taskToken="made up", output="{}")


def test_a_machine_starts_another_and_waits(server):
    child = machine(server, {"A": {"Type": "Pass", "Result": {"rmse": 2}, "End": True}})
    parent = machine(
        server,
        {"Run": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
                 "Parameters": {"StateMachineArn": child, "Input": {}}, "OutputPath": "$.Output"}},
        ("states:StartExecution", child),
        (["states:DescribeExecution", "states:StopExecution"], "*"),
        (["events:PutTargets", "events:PutRule", "events:DescribeRule"], "*"),
    )
    assert succeeded(server, started(server, parent)) == {"rmse": 2}


def test_an_express_machine_answers_at_once(server, states):
    arn = machine(server, {"A": {"Type": "Pass", "Result": {"b": 2}, "ResultPath": "$.r", "End": True}}, kind="EXPRESS")
    # boto3 would put "sync-" before the host's name.
    plain = server.client("stepfunctions", inject_host_prefix=False)
    answer = plain.start_sync_execution(stateMachineArn=arn, input='{"a": 1}')
    assert answer["status"] == "SUCCEEDED"
    assert json.loads(answer["output"]) == {"a": 1, "r": {"b": 2}}
    assert answer["billingDetails"]["billedDurationInMilliseconds"] > 0


def test_versions_and_aliases(server, states):
    arn = machine(server, {"A": {"Type": "Pass", "Result": 1, "End": True}})
    one = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 2, "End": True}}}))
    alias = states.create_state_machine_alias(name="live", routingConfiguration=[{"stateMachineVersionArn": one, "weight": 100}])
    assert succeeded(server, started(server, alias["stateMachineAliasArn"])) == 1
    assert succeeded(server, started(server, arn)) == 2


def test_waiting_outlives_the_server(make_server):
    server = make_server().start()
    arn = machine(server, {"W": {"Type": "Wait", "Seconds": 2, "Next": "Ask"},
                           "Ask": {"Type": "Task", "Resource": server.client("stepfunctions").create_activity(name="ask")["activityArn"], "End": True}})
    execution = started(server, arn, name="patient")
    eventually(lambda: len(history(server, execution)) >= 2, "it waits")
    server.kill9()
    server.start()
    states = server.client("stepfunctions")
    task = states.get_activity_task(activityArn="arn:aws:states:us-east-1:000000000000:activity:ask")
    server.kill9()
    server.start()
    states = server.client("stepfunctions")
    states.send_task_success(taskToken=task["taskToken"], output='"done"')
    assert succeeded(server, execution) == "done"
    check_history(history(server, execution))
    with refused("ExecutionAlreadyExists"):
        started(server, arn, {"another": "input"}, name="patient")
