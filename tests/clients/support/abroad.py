"""An AWS that is not refit's: moto's server, and a proxy before it that answers as AWS does on a bad day."""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import boto3

REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
# Whose calls they are with those keys.
ACCOUNT = "123456789012"


@contextlib.contextmanager
def moto(folder):
    """moto's server, in a process of its own, on a port it finds itself."""
    log = folder / "log"
    program = (
        "from moto.server import DomainDispatcherApplication, create_backend_app\n"
        "from werkzeug.serving import make_server\n"
        "server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=True)\n"
        "print(server.port, flush=True)\n"
        "server.serve_forever()\n"
    )
    with open(log, "wb") as sink:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=sink)
    try:
        port = process.stdout.readline().decode().strip()
        assert port, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(30)


def client(url, name, role=None):
    """A boto3 client there, as the account itself or in a role."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    if role:
        given = client(url, "sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
    return boto3.client(name, endpoint_url=url, region_name=REGION, **keys)


def left(url, role=None):
    """Everything that is there."""
    return {
        "buckets": client(url, "s3", role).list_buckets()["Buckets"],
        "topics": client(url, "sns", role).list_topics()["Topics"],
        "queues": client(url, "sqs", role).list_queues().get("QueueUrls", []),
        "groups": client(url, "logs", role).describe_log_groups()["logGroups"],
        "roles": client(url, "iam", role).list_roles()["Roles"],
        "machines": client(url, "stepfunctions", role).list_state_machines()["stateMachines"],
        "rules": client(url, "events", role).list_rules()["Rules"],
    }


class Proxy:
    """Passes requests on, but for those that it was told to refuse."""

    def __init__(self, url):
        self.calls = []
        self.rules = []
        proxy, there = self, urlsplit(url)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                operation = proxy.operation(self.command, self.headers, body)
                rule = proxy.take(operation)
                if rule == "drop":
                    self.close_connection = True
                    return
                if rule:
                    self.reply(*rule)
                    return
                onward = http.client.HTTPConnection(there.hostname, there.port, timeout=60)
                onward.request(self.command, self.path, body, dict(self.headers))
                answer = onward.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length", "server", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(answer.getheader("Content-Length") if self.command == "HEAD" else len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one  # noqa: N815

            def reply(self, status, code, message):
                if "X-Amz-Target" in self.headers:
                    kind, text = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
                else:
                    kind = "text/xml"
                    text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def operation(method, headers, body):
        """The operation's name; of the REST services the method."""
        if target := headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        if found := re.search(rb"(?:^|&)Action=(\w+)", body):
            return found[1].decode()
        return method

    def refuse(self, operation, times, code, message, status=400):
        """Answers the next calls of an operation (`*` is each one for itself) with an error."""
        self.rules.append({"operation": operation, "left": {}, "times": times, "answer": (status, code, message)})

    def drop(self, operation, times):
        """Breaks the connection in the next calls of an operation, before they are passed on."""
        self.rules.append({"operation": operation, "left": {}, "times": times, "answer": "drop"})

    def take(self, operation):
        with self.lock:
            self.calls.append(operation)
            for rule in self.rules:
                if rule["operation"] in ("*", operation):
                    left = rule["left"].setdefault(operation, rule["times"])
                    if left > 0:
                        rule["left"][operation] = left - 1
                        return rule["answer"]
        return None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
