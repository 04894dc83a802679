"""EventBridge Scheduler as boto3 sees it: schedules with time zones and groups that call what they name."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from support.machines import machine, succeeded
from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.roles import role

OFF = {"Mode": "OFF"}


@pytest.fixture
def scheduler(client):
    return client("scheduler")



def in_a_second():
    return f"at({(datetime.now(timezone.utc) + timedelta(seconds=2)).strftime('%Y-%m-%dT%H:%M:%S')})"


def target(server, arn, *statements, **more):
    return {"Arn": arn, "RoleArn": role(server, "scheduler", *statements), **more}


def test_a_schedule_is_kept_changed_and_removed(server, scheduler):
    name = unique("schedule")
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    wish = {
        "Name": name, "ScheduleExpression": "cron(0 6 * * ? *)", "ScheduleExpressionTimezone": "Europe/Vienna",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}, "Description": "every morning",
        "Target": target(server, arn, ("states:StartExecution", arn), Input='{"a": 1}'),
    }
    made = scheduler.create_schedule(**wish)["ScheduleArn"]
    assert made == f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}"
    assert scheduler.create_schedule(**wish)["ScheduleArn"] == made
    found = scheduler.get_schedule(Name=name)
    assert {key: found[key] for key in wish} == wish
    assert (found["State"], found["GroupName"], found["ActionAfterCompletion"]) == ("ENABLED", "default", "NONE")
    with refused("ConflictException", name):
        scheduler.create_schedule(**wish | {"ScheduleExpression": "rate(1 hour)"})
    # An update replaces all of it.
    scheduler.update_schedule(
        Name=name, ScheduleExpression="rate(2 hours)", FlexibleTimeWindow=OFF, Target=wish["Target"], State="DISABLED"
    )
    found = scheduler.get_schedule(Name=name)
    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == ("rate(2 hours)", "UTC")
    assert "Description" not in found and found["FlexibleTimeWindow"] == OFF
    [listed] = scheduler.list_schedules(NamePrefix=name, State="DISABLED")["Schedules"]
    assert (listed["Arn"], listed["Target"]) == (made, {"Arn": arn})
    assert scheduler.list_schedules(NamePrefix=name, State="ENABLED")["Schedules"] == []
    scheduler.delete_schedule(Name=name)
    with refused("ResourceNotFoundException", name):
        scheduler.get_schedule(Name=name)


def test_what_is_refused(server, scheduler):
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    good = {
        "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF,
        "Target": target(server, arn, ("states:StartExecution", arn)),
    }
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    cases = [
        ({"ScheduleExpression": "rate(1 days)"}, "rate(1 days)"),
        ({"ScheduleExpression": "at(tomorrow)"}, "at(tomorrow)"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"EndDate": past}, "EndDate"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"Target": good["Target"] | {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:listQueues"}}, "read-only"),
        ({"Target": good["Target"] | {"Arn": "arn:aws:scheduler:::aws-sdk:quantum:compute"}}, "quantum"),
        ({"Target": good["Target"] | {"Arn": "arn:aws:ecs:us-east-1:000000000000:cluster/c"}}, "cluster/c"),
    ]
    for change, said in cases:
        with refused("ValidationException", said):
            scheduler.create_schedule(Name=unique("schedule"), **good | change)
    with refused("ResourceNotFoundException", "nowhere"):
        scheduler.create_schedule(Name=unique("schedule"), GroupName="nowhere", **good)


def test_a_schedule_starts_a_machine_once_and_goes(server, scheduler):
    arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    name = unique("schedule")
    text = '{"schedule": "<aws.scheduler.schedule-arn>", "time": "<aws.scheduler.scheduled-time>", "try": <aws.scheduler.attempt-number>}'
    made = scheduler.create_schedule(
        Name=name, ScheduleExpression=in_a_second(), FlexibleTimeWindow=OFF, ActionAfterCompletion="DELETE",
        Target=target(server, arn, ("states:StartExecution", arn), Input=text),
    )["ScheduleArn"]
    states = server.client("stepfunctions")
    [execution] = eventually(lambda: states.list_executions(stateMachineArn=arn)["executions"], "the schedule fires")
    output = succeeded(server, execution["executionArn"])
    assert (output["schedule"], output["try"]) == (made, 1) and output["time"].endswith("Z")

    def is_gone():
        return scheduler.list_schedules(NamePrefix=name)["Schedules"] == []

    eventually(is_gone, "the schedule has deleted itself")


def test_a_universal_target_and_a_dead_letter(server, scheduler):
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    scheduler.create_schedule(
        Name=unique("schedule"), ScheduleExpression=in_a_second(), FlexibleTimeWindow=OFF,
        Target=target(
            server, "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", ("sqs:SendMessage", queue_arn),
            Input=json.dumps({"QueueUrl": queue, "MessageBody": "at <aws.scheduler.scheduled-time>"}),
        ),
    )
    # What its role may not do goes to the dead-letter queue at once.
    machine_arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    scheduler.create_schedule(
        Name=unique("schedule"), ScheduleExpression=in_a_second(), FlexibleTimeWindow=OFF,
        Target=target(server, machine_arn, ("sqs:SendMessage", queue_arn), DeadLetterConfig={"Arn": queue_arn}, Input="{}"),
    )
    found = []

    def both():
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1)
        found.extend(got.get("Messages", []))
        return len(found) >= 2

    eventually(both, "both messages arrive")
    by_kind = {"MessageAttributes" in message: message for message in found}
    assert by_kind[False]["Body"].startswith("at 20")
    attributes = by_kind[True]["MessageAttributes"]
    assert attributes["X-Amz-Scheduler-Target-ARN"]["StringValue"] == machine_arn
    assert "AccessDenied" in attributes["X-Amz-Scheduler-Error-Code"]["StringValue"]


def test_groups_hold_schedules_and_tags(server, scheduler):
    group = unique("group")
    arn = scheduler.create_schedule_group(Name=group, Tags=[{"Key": "team", "Value": "ml"}])["ScheduleGroupArn"]
    with refused("ConflictException", group):
        scheduler.create_schedule_group(Name=group)
    assert scheduler.get_schedule_group(Name=group)["State"] == "ACTIVE"
    names = {one["Name"] for one in scheduler.list_schedule_groups()["ScheduleGroups"]}
    assert {"default", group} <= names
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "refit:missed-runs", "Value": "all"}])
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "refit:missed-runs", "Value": "all"}]
    machine_arn = machine(server, {"Done": {"Type": "Pass", "End": True}})
    for name in ("a", "b", "c"):
        scheduler.create_schedule(
            Name=name, GroupName=group, ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF,
            Target=target(server, machine_arn, ("states:StartExecution", machine_arn)),
        )
    pages = scheduler.get_paginator("list_schedules").paginate(GroupName=group, PaginationConfig={"PageSize": 2})
    assert [[one["Name"] for one in page["Schedules"]] for page in pages] == [["a", "b"], ["c"]]
    scheduler.delete_schedule_group(Name=group)
    with refused("ResourceNotFoundException"):
        scheduler.list_schedules(GroupName=group)
    assert [one for one in scheduler.list_schedules()["Schedules"] if one["GroupName"] == group] == []
    with refused("ValidationException"):
        scheduler.delete_schedule_group(Name="default")
