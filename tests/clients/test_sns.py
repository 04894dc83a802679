"""SNS as boto3 sees it, and where its messages arrive."""

import json

import pytest

from support.code import function
from support.machines import machine, started, succeeded
from support.names import unique
from support.poll import eventually
from support.refusals import refused
from support.training import log_lines


@pytest.fixture
def sns(client):
    return client("sns")


@pytest.fixture
def topic(sns):
    return sns.create_topic(Name=unique("topic"))["TopicArn"]


def queue(server, topic):
    """A queue that the topic may write to: URL and ARN."""
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    return url, arn


def received(server, url):
    messages = server.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])
    return [message["Body"] for message in messages]


def test_a_message_arrives_in_a_queue(server, sns, topic):
    url, arn = queue(server, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sent = sns.publish(TopicArn=topic, Subject="Weather", Message="promoted ä")
    [body] = received(server, url)
    notice = json.loads(body)
    assert (notice["Type"], notice["MessageId"], notice["TopicArn"]) == ("Notification", sent["MessageId"], topic)
    assert (notice["Subject"], notice["Message"]) == ("Weather", "promoted ä")


def test_raw_delivery_and_filters(server, sns, topic):
    url, arn = queue(server, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={
        "RawMessageDelivery": "true", "FilterPolicy": json.dumps({"decision": ["promoted"]})})
    for decision in ("kept", "promoted"):
        sns.publish(TopicArn=topic, Message=f"it was {decision}",
                    MessageAttributes={"decision": {"DataType": "String", "StringValue": decision}})
    assert received(server, url) == ["it was promoted"]


def test_a_message_arrives_in_a_function(server, sns, topic):
    name = function(server, "tell.py")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    server.client("lambda").add_permission(
        FunctionName=name, StatementId="topic", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    eventually(lambda: [l for l in log_lines(server, f"/aws/lambda/{name}") if "looking at" in l], "the function ran")


def test_every_message_is_in_the_server_s_log(server, sns, topic):
    sns.publish(TopicArn=topic, Subject="Weather model", Message="read me in the log")
    eventually(lambda: "read me in the log" in server.log(), "it is logged")


def test_a_state_machine_tells(server, topic):
    url, arn = queue(server, topic)
    server.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    tell = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True,
            "Parameters": {"TopicArn": topic, "Message": {"rmse.$": "$.rmse"}}}
    made = machine(server, {"Tell": tell}, ("sns:Publish", topic))
    answer = succeeded(server, started(server, made, {"rmse": 2.5}))
    notice = json.loads(received(server, url)[0])
    assert notice["MessageId"] == answer["MessageId"]
    assert json.loads(notice["Message"]) == {"rmse": 2.5}


def test_topics_and_subscriptions_are_listed_and_deleted(server, sns, topic):
    _, arn = queue(server, topic)
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert sns.create_topic(Name=topic.rpartition(":")[2])["TopicArn"] == topic
    topics = [one["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for one in page["Topics"]]
    assert topic in topics
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (listed["SubscriptionArn"], listed["Endpoint"]) == (subscription, arn)
    sns.unsubscribe(SubscriptionArn=subscription)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    sns.delete_topic(TopicArn=topic)
    with refused("NotFound", "Topic does not exist"):
        sns.publish(TopicArn=topic, Message="x")


def test_refusals(sns, topic):
    with refused("InvalidParameter"):
        sns.publish(TopicArn=topic, Message="")
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=topic, Protocol="pigeon", Endpoint="roof")
    with refused("InvalidParameter"):
        sns.create_topic(Name="not a name")
