"""Models and endpoints."""

import io
import tarfile

from support.names import unique
from support.poll import eventually
from support.training import IMAGE, job_role


def archive(files):
    """A model.tar.gz of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def model(server, bucket, uri, image=IMAGE, **environment):
    """A model of the artefact; answers its name."""
    name = unique("model")
    container = {"Image": image, "Environment": environment} | ({"ModelDataUrl": uri} if uri else {})
    server.client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=job_role(server, bucket), PrimaryContainer=container)
    return name


def config(server, *models, count=1, weights=None):
    """An endpoint configuration with a variant per model; answers its name."""
    name = unique("config")
    weights = weights or [1] * len(models)
    server.client("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=[
        {"VariantName": f"variant-{number}", "ModelName": one, "InitialInstanceCount": count,
         "InstanceType": "ml.m5.large", "InitialVariantWeight": weight}
        for number, (one, weight) in enumerate(zip(models, weights, strict=True), 1)])
    return name


def settled(server, name, seconds=240):
    """The endpoint's description once nothing of it changes any more."""
    sagemaker = server.client("sagemaker")

    def look():
        described = sagemaker.describe_endpoint(EndpointName=name)
        return described if described["EndpointStatus"] in ("InService", "Failed") else None

    return eventually(look, f"the endpoint {name} settles", seconds)


def endpoint(server, configuration, seconds=240):
    """A new endpoint in service; answers its name."""
    name = unique("endpoint")
    server.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=configuration)
    described = settled(server, name, seconds)
    assert described["EndpointStatus"] == "InService", described
    return name
