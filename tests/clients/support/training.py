"""Training jobs and their data."""

import random

from support.names import unique
from support.poll import eventually
from support.roles import role

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
PARAMETERS = {"objective": "reg:squarederror", "num_round": "20", "eta": "0.3", "max_depth": "4"}


def table(rows, columns=4, seed=7):
    """CSV as the XGBoost image wants it: no header, the label first. The label depends on the first two columns."""
    numbers = random.Random(seed)
    lines = []
    for _ in range(rows):
        values = [numbers.uniform(-1, 1) for _ in range(columns)]
        label = 3 * values[0] - 2 * values[1] + numbers.gauss(0, 0.05)
        lines.append(",".join(f"{value:.5f}" for value in [label, *values]))
    return "\n".join(lines) + "\n"


def bucket(server):
    """A new bucket."""
    name = unique("bucket")
    server.client("s3").create_bucket(Bucket=name)
    return name


def job_role(server, name):
    """A role for jobs on the bucket of that name."""
    arn = f"arn:aws:s3:::{name}"
    return role(server, "sagemaker", (["s3:GetObject", "s3:PutObject"], f"{arn}/*"), ("s3:ListBucket", arn), (LOGS, "*"))


def channel(name, uri):
    """A channel of CSV files below the prefix."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}


def request(server, name, channels=("train",), parameters=None, seconds=300, **more):
    """A CreateTrainingJob request over a bucket whose channels are folders of their names."""
    return {
        "TrainingJobName": unique("job"),
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": more.pop("RoleArn", None) or job_role(server, name),
        "HyperParameters": PARAMETERS | (parameters or {}),
        "InputDataConfig": [channel(one, f"s3://{name}/{one}/") for one in channels],
        "OutputDataConfig": {"S3OutputPath": f"s3://{name}/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
    } | more


def trained(server, wanted):
    """Runs the job; answers its description once it has ended."""
    server.client("sagemaker").create_training_job(**wanted)
    return training_ended(server, wanted["TrainingJobName"])


def training_ended(server, name, seconds=240):
    """The job's description once it has ended."""
    sagemaker = server.client("sagemaker")

    def look():
        described = sagemaker.describe_training_job(TrainingJobName=name)
        return described if described["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(look, f"the training job {name} ends", seconds)


def log_lines(server, group, prefix=""):
    """All messages of the group's streams whose names begin with the prefix."""
    logs = server.client("logs")
    search = {"logGroupName": group} | ({"logStreamNamePrefix": prefix} if prefix else {})
    try:
        streams = logs.describe_log_streams(**search)["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    lines = []
    for stream in streams:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        lines += [event["message"] for event in page["events"]]
    return lines
