"""The server is killed again and again while many clients ask at once; what it answered holds."""

import json
import threading

from botocore.exceptions import BotoCoreError, ClientError

from support.machines import check_history, ended, history, machine
from support.names import unique

CLIENTS = 8
KILLS = 8


class Client(threading.Thread):
    """Starts executions and sends messages, one after the other, and remembers what was acknowledged."""

    def __init__(self, server, number, arn, queue, halt):
        super().__init__(daemon=True)
        self.server, self.number, self.arn, self.queue, self.halt = server, number, arn, queue, halt
        self.acknowledged, self.sent, self.asked = [], [], 0
        self.url, self.states, self.sqs = None, None, None

    def connect(self):
        """The server has another port after each death."""
        if self.url != self.server.url:
            self.url, session = self.server.url, self.server.session()
            self.states, self.sqs = (self.server.client_of(session, name) for name in ("stepfunctions", "sqs"))

    def run(self):
        while not self.halt.is_set():
            self.asked += 1
            name = f"client-{self.number}-{self.asked}"
            try:
                self.connect()
                self.states.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps({"name": name}))
                self.acknowledged.append(name)
                self.sqs.send_message(QueueUrl=self.queue, MessageBody=name)
                self.sent.append(name)
            except (BotoCoreError, ClientError, OSError, KeyError, AssertionError):
                # It is dead just now, or dying: nothing was promised.
                self.halt.wait(0.01)


def test_killed_in_a_loop_under_load(make_server):
    server = make_server().start()
    arn = machine(server, {
        "Count": {"Type": "Pass", "Parameters": {"name.$": "$.name", "n.$": "States.MathAdd(20, 1)"}, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Done"},
        "Done": {"Type": "Pass", "End": True},
    })
    queue = server.client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    halt = threading.Event()
    clients = [Client(server, number, arn, queue, halt) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for number in range(KILLS):
        promised = sum(len(client.acknowledged) for client in clients)
        # Not before more has been promised since the last death.
        while sum(len(client.acknowledged) for client in clients) < promised + 5 + 3 * number:
            halt.wait(0.002)
        server.kill9()
        server.start()
    halt.set()
    for client in clients:
        client.join(60)
        assert not client.is_alive()
    acknowledged = {name for client in clients for name in client.acknowledged}
    assert len(acknowledged) >= 5 * KILLS
    pages = server.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=arn)
    listed = [one["executionArn"] for page in pages for one in page["executions"]]
    names = [execution.rsplit(":", 1)[1] for execution in listed]
    assert len(names) == len(set(names)), "an execution is there twice"
    assert acknowledged <= set(names), "an acknowledged execution is lost"
    for execution in listed:
        name = execution.rsplit(":", 1)[1]
        described = ended(server, execution)
        assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"name": name, "n": 21})
        check_history(history(server, execution))
    check_messages(server, queue, {name for client in clients for name in client.sent})


def check_messages(server, queue, sent):
    """Every acknowledged message is there once; of the others at most one."""
    sqs, found = server.client("sqs"), []
    while True:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            break
        found.extend(message["Body"] for message in messages)
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
    assert len(found) == len(set(found)), "a message is there twice"
    assert sent <= set(found), "an acknowledged message is lost"
