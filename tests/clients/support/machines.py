"""State machines and their executions."""

import json

from support.names import unique
from support.poll import eventually
from support.roles import role


def machine(server, states, *statements, start=None, kind="STANDARD", **more):
    """A new state machine of those states (or of a whole definition); answers its ARN."""
    definition = states if "States" in states else {"StartAt": start or next(iter(states)), "States": states}
    made = server.client("stepfunctions").create_state_machine(
        name=unique("machine"), definition=json.dumps(definition),
        roleArn=role(server, "states", *statements), type=kind, **more,
    )
    return made["stateMachineArn"]


def started(server, arn, data=None, **more):
    """Starts an execution; answers its ARN."""
    states = server.client("stepfunctions")
    return states.start_execution(stateMachineArn=arn, input=json.dumps(data or {}), **more)["executionArn"]


def ended(server, execution, seconds=60):
    """The execution's description once it has ended."""
    states = server.client("stepfunctions")

    def look():
        described = states.describe_execution(executionArn=execution)
        return described if described["status"] != "RUNNING" else None

    return eventually(look, f"{execution} ends", seconds)


def succeeded(server, execution, seconds=60):
    """The output of the execution, which must succeed."""
    described = ended(server, execution, seconds)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    return json.loads(described["output"])


def history(server, execution):
    """All events."""
    states = server.client("stepfunctions")
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def check_history(events):
    """What holds of every whole history: ids without gaps, causes before effects, one beginning, one end."""
    ids = [event["id"] for event in events]
    assert ids == list(range(1, len(ids) + 1))
    assert all(event["previousEventId"] < event["id"] for event in events)
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    kinds = [event["type"] for event in events]
    assert kinds.count("ExecutionStarted") == 1 and kinds[0] == "ExecutionStarted"
    ends = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
    assert [kind for kind in kinds if kind in ends] == kinds[-1:]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    left = sum(kind.endswith("StateExited") for kind in kinds)
    # A state that fails, or that the failure of another stops, is not left.
    fails = any(kind.endswith(("Failed", "Aborted", "TimedOut")) or kind == "FailStateEntered" for kind in kinds)
    assert left <= entered if fails else left == entered
