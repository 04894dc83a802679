"""SQS as boto3 sees it."""

import json

import pytest

from support.names import unique
from support.refusals import refused


@pytest.fixture
def sqs(client):
    return client("sqs")


def made(sqs, **attributes):
    name = unique("queue") + (".fifo" if attributes.get("FifoQueue") else "")
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def received(sqs, url, **more):
    return sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, **more).get("Messages", [])


def arn_of(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def test_a_message_is_taken_and_deleted(sqs):
    url = made(sqs)
    attribute = {"kind": {"DataType": "String", "StringValue": "news"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello ä", MessageAttributes=attribute)
    [message] = received(sqs, url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
    assert (message["Body"], message["MessageId"]) == ("hello ä", sent["MessageId"])
    assert message["MessageAttributes"] == attribute
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


def test_a_message_that_is_not_deleted_comes_back(sqs):
    url = made(sqs, VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="again")
    [first] = received(sqs, url)
    [second] = received(sqs, url, AttributeNames=["ApproximateReceiveCount"])
    assert first["MessageId"] == second["MessageId"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    assert len(received(sqs, url)) == 1


def test_batches(sqs):
    url = made(sqs)
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": f"m{n}"} for n in range(5)])
    assert len(sent["Successful"]) == 5
    got = []
    while len(got) < 5:
        messages = received(sqs, url, MaxNumberOfMessages=10)
        assert messages
        got += messages
    assert sorted(message["Body"] for message in got) == [f"m{n}" for n in range(5)]
    entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(got)]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 5


def test_fifo_keeps_order_and_knows_duplicates(sqs):
    url = made(sqs, FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("one", "two", "one", "three"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    got = []
    while messages := received(sqs, url) if len(got) < 3 else []:
        got += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert got == ["one", "two", "three"]
    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []


def test_dead_letters(sqs):
    dead = made(sqs)
    policy = json.dumps({"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 1})
    url = made(sqs, VisibilityTimeout="0", RedrivePolicy=policy)
    sqs.send_message(QueueUrl=url, MessageBody="nobody wants it")
    assert len(received(sqs, url)) == 1
    sqs.receive_message(QueueUrl=url)
    [message] = received(sqs, dead)
    assert message["Body"] == "nobody wants it"


def test_delay(sqs):
    url = made(sqs, DelaySeconds="1")
    sqs.send_message(QueueUrl=url, MessageBody="later")
    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []
    assert len(received(sqs, url)) == 1


def test_queues_are_found_purged_and_deleted(sqs):
    url = made(sqs)
    name = url.rpartition("/")[2]
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.list_queues(QueueNamePrefix=name)["QueueUrls"][0] == url
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.purge_queue(QueueUrl=url)
    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []
    sqs.delete_queue(QueueUrl=url)
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        sqs.get_queue_url(QueueName=name)


def test_refusals(sqs):
    url = made(sqs)
    with refused("QueueAlreadyExists"):
        sqs.create_queue(QueueName=url.rpartition("/")[2], Attributes={"DelaySeconds": "7"})
    with refused("ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="made up")
    with refused("InvalidAttributeName"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Colour": "red"})
    with refused("InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="x" * (1024 * 1024 + 1))


def test_messages_outlive_the_server(make_server):
    server = make_server().start()
    sqs = server.client("sqs")
    url = made(sqs)
    sent = sqs.send_message(QueueUrl=url, MessageBody="kept")["MessageId"]
    server.kill9()
    server.start()
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName=url.rpartition("/")[2])["QueueUrl"]
    assert url.startswith(server.url)
    [message] = received(sqs, url)
    assert message["MessageId"] == sent
