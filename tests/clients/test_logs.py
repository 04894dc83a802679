"""CloudWatch Logs as boto3 sees it."""

import time

import pytest

from support.names import unique
from support.refusals import refused


@pytest.fixture
def logs(client):
    return client("logs")


@pytest.fixture
def group(logs):
    name = unique("/test/group")
    logs.create_log_group(logGroupName=name)
    return name


def now_ms():
    return int(time.time() * 1000)


def put(logs, group, stream, *messages, at=None):
    at = at or now_ms()
    return logs.put_log_events(
        logGroupName=group, logStreamName=stream,
        logEvents=[{"timestamp": at + number, "message": message} for number, message in enumerate(messages)],
    )


def test_events_come_back_in_order_by_pages(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", *[f"line {number}" for number in range(10)])
    seen, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, limit=4, **more)
        seen += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert seen == [f"line {number}" for number in range(10)]
    newest = logs.get_log_events(logGroupName=group, logStreamName="s", limit=2)["events"]
    assert [event["message"] for event in newest] == ["line 8", "line 9"]
    put(logs, group, "s", "line 10")
    more = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, nextToken=token)
    assert [event["message"] for event in more["events"]] == ["line 10"]


def test_streams_are_described(logs, group):
    for name in ("job-a/algo-1", "job-a/algo-2", "job-b/algo-1"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    at = now_ms()
    put(logs, group, "job-a/algo-1", "first", "last", at=at)
    found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="job-a/")["logStreams"]
    assert [one["logStreamName"] for one in found] == ["job-a/algo-1", "job-a/algo-2"]
    assert (found[0]["firstEventTimestamp"], found[0]["lastEventTimestamp"]) == (at, at + 1)


def test_filtering(logs, group):
    at = now_ms()
    for stream, messages in (("a", ["ERROR one", "fine"]), ("b", ["error two", "ERROR three"])):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, group, stream, *messages, at=at)

    def found(**search):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **search)
        return sorted(event["message"] for page in pages for event in page["events"])

    assert found() == ["ERROR one", "ERROR three", "error two", "fine"]
    assert found(filterPattern="ERROR") == ["ERROR one", "ERROR three"]
    assert found(filterPattern="ERROR -three") == ["ERROR one"]
    assert found(filterPattern='"error two"') == ["error two"]
    assert found(logStreamNames=["b"], filterPattern="ERROR") == ["ERROR three"]
    assert found(startTime=at + 1) == ["ERROR three", "fine"]


def test_groups_are_described_kept_and_deleted(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    [found] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 7 and found["arn"].endswith(f":log-group:{group}:*")
    logs.tag_resource(resourceArn=found["arn"].removesuffix(":*"), tags={"team": "forecast"})
    assert logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"] == {"team": "forecast"}
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_refusals(logs, group):
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName=group)
    with refused("ResourceNotFoundException", "The specified log stream does not exist."):
        put(logs, group, "none", "x")
    with refused("ResourceNotFoundException", "The specified log group does not exist."):
        logs.get_log_events(logGroupName="/nobody/made/it", logStreamName="s")
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)


def test_events_far_from_now_are_rejected(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    day = 24 * 3600 * 1000
    answer = put(logs, group, "s", "old", at=now_ms() - 15 * day)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert logs.get_log_events(logGroupName=group, logStreamName="s")["events"] == []
