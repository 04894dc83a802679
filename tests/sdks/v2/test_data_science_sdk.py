"""The AWS Step Functions Data Science SDK: its training pipeline, from data to an endpoint."""

import boto3
import pytest
import sagemaker
from sagemaker import image_uris
from sagemaker.estimator import Estimator

from support.poll import eventually
from support.roles import role


@pytest.fixture(scope="module")
def session(server):
    return sagemaker.Session(boto3.Session(region_name="us-east-1"), default_bucket="sagemaker-pipelines")


def test_the_training_pipeline(server, session, job_role, data_files):
    from stepfunctions.template.pipeline import TrainingPipeline

    s3 = server.client("s3")
    s3.create_bucket(Bucket="sagemaker-pipelines")
    s3.upload_file(str(data_files / "train.csv"), "sagemaker-pipelines", "train/train.csv")
    estimator = Estimator(
        image_uris.retrieve("xgboost", "us-east-1", "1.7-1"), job_role, 1, "ml.m5.large", sagemaker_session=session,
        output_path="s3://sagemaker-pipelines/out")
    estimator.set_hyperparameters(objective="reg:squarederror", num_round=5)
    states = role(server, "states", (["sagemaker:*", "iam:PassRole", "events:*"], "*"))
    pipeline = TrainingPipeline(
        estimator=estimator, role=states, s3_bucket="sagemaker-pipelines",
        inputs={"train": sagemaker.inputs.TrainingInput("s3://sagemaker-pipelines/train/", content_type="text/csv")})
    pipeline.create()
    execution = pipeline.execute()
    sfn = server.client("stepfunctions")

    def ended():
        described = sfn.describe_execution(executionArn=execution.execution_arn)
        return described if described["status"] != "RUNNING" else None

    assert eventually(ended, "the pipeline ends", 90)["status"] == "SUCCEEDED"
    assert [event["type"] for event in execution.list_events()][-1] == "ExecutionSucceeded"
    client = server.client("sagemaker")
    [endpoint] = client.list_endpoints()["Endpoints"]
    client.get_waiter("endpoint_in_service").wait(EndpointName=endpoint["EndpointName"], WaiterConfig={"Delay": 1})
    answer = server.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint["EndpointName"], Body="0,0,0,0", ContentType="text/csv")
    assert float(answer["Body"].read())
    client.delete_endpoint(EndpointName=endpoint["EndpointName"])
