"""Training with code of one's own: scripts as archives in a bucket."""

import io
import json
import tarfile

from support.names import unique
from support.training import request, trained

SCIKIT = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


def archive(files):
    """A .tar.gz of files by name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def plain_image(server):
    """An image of the server's table whose environment holds nothing: made in a moment, and without a network."""
    rows = [{"image": "plain-python", "python": []}]
    file = server.data / "images.json"
    rows += [row for row in (json.loads(file.read_text()) if file.exists() else []) if row["image"] != "plain-python"]
    file.write_text(json.dumps(rows))
    return "plain-python"


def script_request(server, bucket, files, program="train.py", image=None, parameters=None, **more):
    """A CreateTrainingJob request that runs the program among the files, as an SDK would make it."""
    key = f"code/{unique('source')}.tar.gz"
    body = files if isinstance(files, bytes) else archive(files)
    server.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    platform = {"sagemaker_program": program, "sagemaker_submit_directory": f"s3://{bucket}/{key}"}
    given = {name: json.dumps(value) for name, value in (platform | (parameters or {})).items()}
    wanted = request(server, bucket, more.pop("channels", ["train"]), **more)
    wanted["HyperParameters"] = given
    wanted["AlgorithmSpecification"] = {
        "TrainingImage": image or plain_image(server), "TrainingInputMode": "File",
    } | more.get("AlgorithmSpecification", {})
    return wanted


def run_script(server, bucket, files, **more):
    """Runs it; answers the job's description once it has ended."""
    return trained(server, script_request(server, bucket, files, **more))


def model_files(server, described):
    """The model artefact's files by name."""
    bucket, key = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    body = server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers() if one.isfile()}
