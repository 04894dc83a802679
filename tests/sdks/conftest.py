"""Fixtures of the SDK suites: a server, and an environment in which an SDK finds it as it would find AWS."""

import os
import sys
import time
from pathlib import Path

import botocore.session
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))

from support.roles import role  # noqa: E402
from support.server import REGION, Server  # noqa: E402
from support.training import table  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server, to which this process's AWS settings point."""
    shared = Server(tmp_path_factory.mktemp("server"))
    home = tmp_path_factory.mktemp("home")
    config = home / "config.yaml"
    config.write_text("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
    try:
        shared.start()
        key_id, secret = shared.keys()
        settings = {
            "AWS_ENDPOINT_URL": shared.url, "AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "HOME": str(home),
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(config), "AWS_EC2_METADATA_DISABLED": "true",
        }
        before = dict(os.environ)
        os.environ.update(settings)
        yield shared
        os.environ.clear()
        os.environ.update(before)
    finally:
        shared.close()


@pytest.fixture(scope="session")
def job_role(server):
    """A role that jobs may use for everything in S3 and for their logs."""
    return role(server, "sagemaker", (["s3:*", "logs:*", "sagemaker:*", "ecr:*", "cloudwatch:*", "ec2:*", "iam:*", "sts:*"], "*"))


@pytest.fixture(scope="session")
def data_files(tmp_path_factory):
    """CSV files `train.csv` and `validation.csv`: the label first."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "train.csv").write_text(table(200, seed=1))
    (folder / "validation.csv").write_text(table(80, seed=2))
    return folder


@pytest.fixture(scope="session", autouse=True)
def patient():
    """The SDK looks at a job every few seconds, which is patience that these tests do not have."""
    with pytest.MonkeyPatch.context() as patch:
        really = time.sleep
        patch.setattr(time, "sleep", lambda seconds: really(min(seconds, 0.2)))
        yield


@pytest.fixture(scope="session", autouse=True)
def sts(server):
    """The SDK names AWS's own address for STS, whatever AWS_ENDPOINT_URL says: leave the name out."""
    original = botocore.session.Session.create_client

    def create_client(self, service_name, *arguments, **options):
        if service_name == "sts":
            options["endpoint_url"] = None
        return original(self, service_name, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session.Session, "create_client", create_client)
        yield
