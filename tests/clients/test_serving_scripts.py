"""Endpoints of the user's own code: scripts, folders, containers in a row."""

import json

import pytest

from support.names import unique
from support.refusals import refused
from support.scripts import plain_image
from support.serving import archive, config, endpoint, model, settled
from support.training import bucket, job_role

SCRIPT = """
import json, os

def model_fn(folder):
    print("loading", sorted(os.listdir(folder)), flush=True)
    return json.load(open(os.path.join(folder, "factor.json")))

def input_fn(body, content_type):
    if content_type != "application/json":
        raise ValueError("only JSON, not " + content_type)
    return json.loads(body)

def predict_fn(data, model):
    return [one * model for one in data]
"""
OUTPUT = """
def output_fn(prediction, accept):
    return "-".join(map(str, prediction)), "text/plain"
"""


@pytest.fixture(scope="module")
def data(server):
    return bucket(server)


def stored(server, data, key, files):
    server.client("s3").put_object(Bucket=data, Key=key, Body=archive(files))
    return f"s3://{data}/{key}"


def invoke(server, name, body, kind="application/json", **more):
    answer = server.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=body, ContentType=kind, **more)
    return answer["Body"].read().decode(), answer["ContentType"]


def test_a_script_in_the_model(server, data):
    uri = stored(server, data, "one.tar.gz", {"factor.json": "3", "code/inference.py": SCRIPT})
    name = endpoint(server, config(server, model(server, data, uri, plain_image(server))), 120)
    assert invoke(server, name, "[1, 2]") == ("[3, 6]", "application/json")
    with refused("ModelError", "only JSON, not text/csv", status=424) as caught:
        invoke(server, name, "1,2", "text/csv")
    assert caught.value.response["OriginalStatusCode"] == 500
    server.client("sagemaker").delete_endpoint(EndpointName=name)


def test_a_script_beside_the_model(server, data):
    uri = stored(server, data, "two.tar.gz", {"factor.json": "2"})
    code = stored(server, data, "two-code.tar.gz", {"serve_it.py": SCRIPT + OUTPUT})
    environment = {"SAGEMAKER_PROGRAM": "serve_it.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    name = endpoint(server, config(server, model(server, data, uri, plain_image(server), **environment)), 120)
    assert invoke(server, name, "[1, 2]") == ("2-4", "text/plain")
    server.client("sagemaker").delete_endpoint(EndpointName=name)


def test_a_script_that_cannot_load(server, data):
    uri = stored(server, data, "three.tar.gz", {"factor.json": "2", "code/inference.py": "import nothing_of_the_kind"})
    name = unique("endpoint")
    server.client("sagemaker").create_endpoint(
        EndpointName=name, EndpointConfigName=config(server, model(server, data, uri, plain_image(server))))
    described = settled(server, name, 120)
    assert described["EndpointStatus"] == "Failed"
    assert "nothing_of_the_kind" in described["FailureReason"]
    server.client("sagemaker").delete_endpoint(EndpointName=name)


SERVE = """#!/usr/bin/env python3
import http.server, os, pathlib

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = self.headers.get("X-Amzn-SageMaker-Custom-Attributes", "")
        self.send_response(200)
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", told.upper())
        self.end_headers()
        self.wfile.write(pathlib.Path("/opt/ml/model/word").read_bytes() + body)

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Answer).serve_forever()
"""


def test_a_folder_and_a_pipeline(server, data, tmp_path):
    (tmp_path / "serve").write_text(SERVE)
    (tmp_path / "serve").chmod(0o755)
    image = f"file://{tmp_path}"
    first, second = (stored(server, data, f"{word}.tar.gz", {"word": word}) for word in ("a", "b"))
    name = endpoint(server, config(server, model(server, data, first, image)))
    answer = server.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body="x", CustomAttributes="seen=yes")
    assert (answer["Body"].read(), answer["CustomAttributes"]) == (b"ax", "SEEN=YES")
    pipeline = unique("model")
    server.client("sagemaker").create_model(ModelName=pipeline, ExecutionRoleArn=job_role(server, data), Containers=[
        {"Image": image, "ModelDataUrl": first, "ContainerHostname": "first"},
        {"Image": image, "ModelDataUrl": second, "ContainerHostname": "second"}])
    server.client("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=config(server, pipeline))
    assert settled(server, name)["EndpointStatus"] == "InService"
    assert server.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body="x")["Body"].read() == b"bax"
    server.client("sagemaker").delete_endpoint(EndpointName=name)


def test_a_registered_model(server, data):
    sagemaker = server.client("sagemaker")
    uri = stored(server, data, "four.tar.gz", {"factor.json": "5", "code/inference.py": SCRIPT})
    group = unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    package = sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification={
        "Containers": [{"Image": plain_image(server), "ModelDataUrl": uri}],
        "SupportedContentTypes": ["application/json"], "SupportedResponseMIMETypes": ["application/json"]})["ModelPackageArn"]
    name = unique("model")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=job_role(server, data), PrimaryContainer={"ModelPackageName": package})
    served = endpoint(server, config(server, name), 120)
    assert json.loads(invoke(server, served, "[2]")[0]) == [10]
    sagemaker.delete_endpoint(EndpointName=served)
