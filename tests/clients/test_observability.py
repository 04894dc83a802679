"""What a server shows of itself: numbers, lines, traces; and what it never shows."""

import http.server
import json
import threading
import urllib.error
import urllib.request

import pytest

from support.machines import ended, machine, started
from support.poll import eventually

SECRET = "quite-a-secret-api-key-7c1f"


def metrics(server, path="/metrics", **headers):
    request = urllib.request.Request(server.announced()["url"] + path, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = answer.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


@pytest.fixture
def collector():
    """A collector on this machine: paths and documents as they came."""
    taken = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            taken.append((self.path, self.headers.get("api-key"), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_address[1]}", taken
    listener.shutdown()
    listener.server_close()


def test_numbers(make_server):
    server = make_server().start()
    arn = machine(server, {"Pass": {"Type": "Pass", "Next": "Fail"}, "Fail": {"Type": "Fail"}})
    ended(server, started(server, arn))
    for path in ("/metrics", "/_refit/metrics"):
        found = metrics(server, path)
        assert found['refit_executions_ended_total{status="FAILED"}'] == 1
        assert found["refit_transitions_total"] == 2
        assert found["refit_store_commits_total"] > 0
        assert found["refit_store_fsync_seconds_count"] > 0
        assert found["process_resident_memory_bytes"] > 1e6
        answered = 'refit_requests_total{service="states",operation="StartExecution",status="200"}'
        assert found[answered] == 1
        assert found["refit_store_disk_full_total"] == 0
    # The numbers are no web page's business.
    for headers in ({"Origin": "http://evil.example"}, {"Host": "rebound.evil.example"}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            metrics(server, **headers)
        assert refused.value.code == 403
    # A bucket of that name is not in the way, and the numbers are not in the bucket's.
    s3 = server.client("s3")
    s3.create_bucket(Bucket="metrics")
    assert s3.list_objects_v2(Bucket="metrics")["KeyCount"] == 0


def test_status_says_nothing_when_all_is_well(make_server):
    server = make_server().start()
    said = json.loads(server.refit("status", "--json").stdout)
    assert [line for line in said["trouble"] if "disk" not in line] == []


def test_lines_are_documents_and_hold_no_secrets(make_server, monkeypatch):
    server = make_server()
    spawn = server.spawn
    environment = {"REFIT_LOG": "trace", "REFIT_LOG_FORMAT": "json"}

    def spawn_with(*more):
        import support.server as module

        plain = module.environment
        monkeypatch.setattr(module, "environment", lambda home: plain(home) | environment)
        return spawn(*more)

    server.spawn = spawn_with
    server.start()
    key = server.client("iam").create_user(UserName="u") and server.client("iam").create_access_key(UserName="u")
    session = server.client("sts").get_session_token()["Credentials"]
    parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": SECRET}}
    server.client("events").create_connection(
        Name="c", AuthorizationType="API_KEY", AuthParameters=parameters
    )
    arn = machine(server, {"Fail": {"Type": "Fail"}})
    ended(server, started(server, arn, {"password": SECRET}))
    log = server.log()
    lines = [line for line in log.splitlines() if line.startswith("{")]
    assert lines and all("timestamp" in json.loads(line) for line in lines)
    assert any(json.loads(line).get("request_id") for line in lines)
    administrator = (server.data / "credentials").read_text().split("aws_secret_access_key")[1].split("=")[1].split()[0]
    for secret in (SECRET, key["AccessKey"]["SecretAccessKey"], session["SecretAccessKey"], administrator):
        assert secret not in log


def test_traces_and_metrics_reach_a_collector(make_server, collector, monkeypatch):
    endpoint, taken = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"api-key={SECRET}")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "1000")
    server = make_server().start()
    arn = machine(server, {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Fail", "Error": "Broken"}})
    execution = started(server, arn)
    path, key, body = eventually(
        lambda: next((it for it in taken if it[0] == "/v1/traces"), None), "a trace comes"
    )
    assert key == SECRET and SECRET not in server.log()
    [resource] = body["resourceSpans"]
    root, *visits = resource["scopeSpans"][0]["spans"]
    assert {"key": "aws.step_functions.execution.arn", "value": {"stringValue": execution}} in root["attributes"]
    assert root["status"] == {"code": 2, "message": "Broken"}
    assert [visit["name"] for visit in visits] == ["One", "Two"]
    assert all(visit["parentSpanId"] == root["spanId"] for visit in visits)
    _, _, body = eventually(lambda: next((it for it in taken if it[0] == "/v1/metrics"), None), "metrics come")
    [resource] = body["resourceMetrics"]
    names = {metric["name"] for metric in resource["scopeMetrics"][0]["metrics"]}
    assert {"refit_store_commits_total", "refit_request_seconds"} <= names


def test_a_protocol_that_is_not_spoken_is_said(make_server, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    server = make_server()
    assert server.spawn().wait(30) == 1
    assert "http/json" in server.log()
