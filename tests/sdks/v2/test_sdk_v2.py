"""The SageMaker Python SDK v2: estimators, endpoints, processors, transformers, tuners, the registry."""

import boto3
import pytest
import sagemaker
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.serializers import CSVSerializer
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, IntegerParameter

from support.names import unique
from support.scripts import plain_image
from support.training import log_lines

REGION = "us-east-1"


@pytest.fixture(scope="module")
def session(server):
    return sagemaker.Session(boto3.Session(region_name=REGION))


@pytest.fixture(scope="module")
def channels(session, data_files):
    """The channels, uploaded to the bucket that the SDK makes for itself."""
    prefix = unique("data")
    return {name: TrainingInput(session.upload_data(str(data_files / f"{name}.csv"), key_prefix=f"{prefix}/{name}"), content_type="text/csv")
            for name in ("train", "validation")}


def xgboost(session, job_role):
    estimator = Estimator(
        image_uris.retrieve("xgboost", REGION, "1.7-1"), job_role, instance_count=1, instance_type="ml.m5.large",
        sagemaker_session=session, base_job_name="weather")
    estimator.set_hyperparameters(objective="reg:squarederror", num_round=20, eta=0.3, max_depth=4)
    return estimator


@pytest.fixture(scope="module")
def fitted(session, job_role, channels):
    estimator = xgboost(session, job_role)
    estimator.fit(channels, wait=True, logs="All")
    return estimator


def test_fit_shows_the_log_and_the_model(session, fitted, capsys, job_role, channels):
    assert session.default_bucket() == f"sagemaker-{REGION}-000000000000"
    assert fitted.model_data.endswith("/output/model.tar.gz")
    estimator = xgboost(session, job_role)
    estimator.fit(channels, wait=True, logs="All")
    shown = capsys.readouterr().out
    assert "[19]" in shown and "Training job completed" in shown and "Billable seconds" in shown


def test_attach(session, fitted):
    attached = Estimator.attach(fitted.latest_training_job.name, sagemaker_session=session)
    assert attached.model_data == fitted.model_data
    assert attached.hyperparameters()["num_round"] == "20"


def test_deploy_and_predict(server, session, fitted):
    predictor = fitted.deploy(1, "ml.m5.large", serializer=CSVSerializer())
    try:
        high, low = (float(predictor.predict([[a, 0, 0, 0]]).decode()) for a in (0.9, -0.9))
        assert high > 1 > -1 > low
        predictor.update_endpoint(initial_instance_count=2, instance_type="ml.m5.large")
        assert float(predictor.predict("0.9,0,0,0").decode()) == high
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()


def test_transform(session, fitted, data_files):
    rows = [line.partition(",")[2] for line in (data_files / "validation.csv").read_text().splitlines()]
    place = sagemaker.s3.S3Uploader.upload_string_as_file_body("\n".join(rows), f"s3://{session.default_bucket()}/batch/in/rows.csv", sagemaker_session=session)
    transformer = fitted.transformer(1, "ml.m5.large", assemble_with="Line", accept="text/csv", output_path=f"s3://{session.default_bucket()}/batch/out")
    transformer.transform(place, content_type="text/csv", split_type="Line", wait=True, logs=True)
    answers = sagemaker.s3.S3Downloader.read_file(f"{transformer.output_path}/rows.csv.out", sagemaker_session=session).splitlines()
    assert len(answers) == len(rows)


def test_register(session, fitted):
    group = unique("group")
    package = fitted.register(
        content_types=["text/csv"], response_types=["text/csv"], inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"], model_package_group_name=group, approval_status="PendingManualApproval")
    client = session.sagemaker_client
    client.update_model_package(ModelPackageArn=package.model_package_arn, ModelApprovalStatus="Approved")
    [listed] = client.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert listed["ModelApprovalStatus"] == "Approved"
    described = client.describe_model_package(ModelPackageName=package.model_package_arn)
    assert described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == fitted.model_data
    predictor = package.deploy(1, "ml.m5.large", endpoint_name=unique("registered"))
    runtime = boto3.client("sagemaker-runtime")
    name = package.endpoint_name
    assert runtime.invoke_endpoint(EndpointName=name, Body="0,0,0,0", ContentType="text/csv")["Body"].read()
    client.delete_endpoint(EndpointName=name)
    assert predictor is None or predictor.endpoint_name == name


def test_processor(server, session, job_role, tmp_path):
    script = tmp_path / "process.py"
    script.write_text("import pathlib, sys\nroot = pathlib.Path('/opt/ml/processing')\n"
                      "rows = (root / 'input/rows.csv').read_text().split()\n"
                      "print('rows:', len(rows), sys.argv[1:])\n(root / 'output/count.txt').write_text(str(len(rows)))\n")
    rows = tmp_path / "rows.csv"
    rows.write_text("1\n2\n3\n")
    processor = ScriptProcessor(
        image_uri=plain_image(server), command=["python3"], role=job_role, instance_count=1, instance_type="ml.m5.large",
        sagemaker_session=session, base_job_name="prepare")
    processor.run(
        code=str(script), arguments=["--x", "1"], wait=True, logs=True,
        inputs=[ProcessingInput(source=str(rows), destination="/opt/ml/processing/input")],
        outputs=[ProcessingOutput(source="/opt/ml/processing/output", output_name="count")])
    [output] = processor.latest_job.outputs
    assert sagemaker.s3.S3Downloader.read_file(f"{output.destination}/count.txt", sagemaker_session=session) == "3"
    assert "rows: 3 ['--x', '1']" in log_lines(server, "/aws/sagemaker/ProcessingJobs", processor.latest_job.name)


def test_a_script_of_ones_own(server, session, job_role, channels, tmp_path):
    (tmp_path / "train.py").write_text(
        "import argparse, os\nparser = argparse.ArgumentParser()\nparser.add_argument('--rounds', type=int)\n"
        "given = parser.parse_args()\nprint('loss=0.5')\n"
        "open(os.path.join(os.environ['SM_MODEL_DIR'], 'model.txt'), 'w').write(str(given.rounds))\n")
    estimator = Estimator(
        plain_image(server), job_role, 1, "ml.m5.large", entry_point="train.py", source_dir=str(tmp_path),
        hyperparameters={"rounds": 3}, metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9.]+)"}], sagemaker_session=session)
    estimator.fit({"train": channels["train"]}, logs="All")
    described = session.describe_training_job(estimator.latest_training_job.name)
    assert [one["Value"] for one in described["FinalMetricDataList"]] == [0.5]


def test_tuner(session, job_role, channels):
    tuner = HyperparameterTuner(
        xgboost(session, job_role), "validation:rmse", {"eta": ContinuousParameter(0.05, 0.9), "max_depth": IntegerParameter(1, 6)},
        objective_type="Minimize", max_jobs=4, max_parallel_jobs=2, base_tuning_job_name="tune")
    tuner.fit(channels)
    tuner.wait()
    best = tuner.best_training_job()
    assert best.startswith(tuner.latest_tuning_job.name)
    found = tuner.analytics().dataframe()
    assert len(found) == 4
    assert found.sort_values("FinalObjectiveValue").iloc[0]["TrainingJobName"] == best
    assert tuner.best_estimator().model_data.endswith(f"{best}/output/model.tar.gz")
