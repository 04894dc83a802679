"""EventBridge as boto3 sees it: schedules, patterns, and events that start state machines."""

import json
import time

import pytest

from support.code import function
from support.machines import ended, machine, succeeded
from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.roles import role
from support.training import log_lines


@pytest.fixture
def events(client):
    return client("events")


def executions(server, arn):
    return server.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]


def starter(server, arn):
    return role(server, "events", ("states:StartExecution", arn))


def test_a_schedule_is_kept_and_fires_next(server, events):
    rule = unique("rule")
    arn = events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)", Description="often")["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:000000000000:rule/{rule}"
    described = events.describe_rule(Name=rule)
    assert (described["ScheduleExpression"], described["State"], described["Description"]) == ("rate(1 minute)", "ENABLED", "often")

    def due():
        status = json.loads(server.refit("status", "--json").stdout)
        return [one["due_ms"] for one in status["schedules"] if one["rule"] == rule]

    [due_ms] = due()
    assert 0 < due_ms - time.time() * 1000 <= 61_000
    events.disable_rule(Name=rule)
    assert events.describe_rule(Name=rule)["State"] == "DISABLED"
    assert due() == []
    events.enable_rule(Name=rule)
    assert len(due()) == 1
    assert f"{rule} fires in" in server.refit("status").stdout
    events.put_rule(Name=rule, ScheduleExpression="cron(0 8 1 1 ? 2099)")
    assert due() == [4070937600000]
    events.delete_rule(Name=rule)
    assert due() == []


@pytest.mark.parametrize("expression", ["rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "cron(* * * * *)", "cron(0 8 1 1 1 *)", "hourly"])
def test_wrong_schedules_are_refused(events, expression):
    with refused("ValidationException", "ScheduleExpression"):
        events.put_rule(Name=unique("rule"), ScheduleExpression=expression)


def test_an_event_that_matches_starts_the_machine(server, events):
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    rule = unique("rule")
    pattern = {"source": ["weather"], "detail-type": ["data arrived"], "detail": {"months": [{"numeric": [">", 24]}], "run": [rule]}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    put = events.put_targets(Rule=rule, Targets=[{
        "Id": "machine", "Arn": arn, "RoleArn": starter(server, arn),
        "InputTransformer": {"InputPathsMap": {"months": "$.detail.months"}, "InputTemplate": '{"seen": <months>}'},
    }])
    assert put["FailedEntryCount"] == 0
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == [rule]
    sent = events.put_events(Entries=[
        {"Source": "weather", "DetailType": "data arrived", "Detail": json.dumps({"months": months, "run": rule})}
        for months in (12, 25)
    ])
    assert sent["FailedEntryCount"] == 0 and len({one["EventId"] for one in sent["Entries"]}) == 2
    [execution] = eventually(lambda: executions(server, arn), "the event starts it")
    assert succeeded(server, execution["executionArn"]) == {"seen": 25}
    assert len(executions(server, arn)) == 1
    with refused("ValidationException"):
        events.delete_rule(Name=rule)
    events.remove_targets(Rule=rule, Ids=["machine"])
    events.delete_rule(Name=rule)
    with refused("ResourceNotFoundException"):
        events.describe_rule(Name=rule)


def test_the_whole_event_is_the_input_otherwise(server, events):
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    rule = unique("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "machine", "Arn": arn, "RoleArn": starter(server, arn)}])
    sent = events.put_events(Entries=[{"Source": rule, "DetailType": "t", "Detail": '{"a": 1}', "Resources": ["r"]}])
    [execution] = eventually(lambda: executions(server, arn), "the event starts it")
    event = succeeded(server, execution["executionArn"])
    assert event["id"] == sent["Entries"][0]["EventId"]
    assert (event["version"], event["source"], event["detail-type"], event["account"], event["region"]) == (
        "0", rule, "t", "000000000000", "us-east-1")
    assert (event["resources"], event["detail"]) == (["r"], {"a": 1})


def test_the_end_of_an_execution_is_an_event(server, events):
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue_arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    watched = machine(server, {"F": {"Type": "Fail", "Error": "Mine"}})
    rule = unique("rule")
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"], "stateMachineArn": [watched]}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue_arn}])
    execution = server.client("stepfunctions").start_execution(stateMachineArn=watched)["executionArn"]
    assert ended(server, execution)["status"] == "FAILED"
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == execution and event["detail"]["error"] == "Mine"


def test_a_function_admits_the_rule_it_names(server, events):
    name = function(server, "tell.py")
    rule = unique("rule")
    rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))["RuleArn"]
    server.client("lambda").add_permission(
        FunctionName=name, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule_arn)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    events.put_targets(Rule=rule, Targets=[{"Id": "function", "Arn": arn, "Input": '{"name": "the rule"}'}])
    events.put_events(Entries=[{"Source": rule, "DetailType": "t", "Detail": "{}"}])
    wanted = "looking at the rule"
    eventually(lambda: [line for line in log_lines(server, f"/aws/lambda/{name}") if wanted in line], "it ran")


def test_a_target_role_that_may_not_is_tried_and_harms_nobody(server, events):
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    rule = unique("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "machine", "Arn": arn, "RoleArn": role(server, "events")}])
    events.put_events(Entries=[{"Source": rule, "DetailType": "t", "Detail": "{}"}])
    eventually(lambda: "is not authorized to perform: states:StartExecution" in server.log(), "the log says why")
    assert executions(server, arn) == []


@pytest.mark.parametrize("pattern, event, matches", [
    ({"source": ["a"]}, {"source": "a"}, True),
    ({"source": ["a"]}, {"source": "b"}, False),
    ({"source": [{"prefix": "we"}]}, {"source": "weather"}, True),
    ({"detail": {"x": [{"exists": False}]}}, {"source": "b"}, True),
    ({"detail": {"x": [{"anything-but": ["a", "b"]}]}}, {"detail": {"x": "c"}}, True),
    ({"detail": {"x": [{"numeric": ["=", 3e2]}]}}, {"detail": {"x": 300}}, True),
])
def test_patterns_can_be_tried(events, pattern, event, matches):
    whole = {"id": "1", "account": "000000000000", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
             "resources": [], "detail-type": "t", "detail": {}} | event
    assert events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(whole))["Result"] is matches


def test_wrong_patterns_and_events_are_refused(events):
    with refused("InvalidEventPatternException"):
        events.put_rule(Name=unique("rule"), EventPattern='{"source": "not a list"}')
    answer = events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "not json"}])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "MalformedDetail"
    with refused("ResourceNotFoundException"):
        events.put_targets(Rule="nobody-made-it", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:q"}])
