"""AWS's own algorithms through the SDK's classes for them (recordio-protobuf in and out), beside scikit-learn."""

import boto3
import numpy
import pytest
import sagemaker
from sagemaker import KMeans, LinearLearner, PCA, RandomCutForest
from sklearn.cluster import KMeans as OtherKMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA as OtherPCA
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PLACE = {"instance_count": 1, "instance_type": "ml.m5.large"}


@pytest.fixture(scope="module")
def session(server):
    server.client("s3").create_bucket(Bucket="sagemaker-algorithms")
    return sagemaker.Session(boto3.Session(region_name="us-east-1"), default_bucket="sagemaker-algorithms")


def fitted(estimator, values, labels=None):
    """The estimator after a job, and its metrics."""
    values = values.astype("float32")
    records = estimator.record_set(values) if labels is None else estimator.record_set(values, labels.astype("float32"))
    # The SDK knows one size for forests.
    estimator.fit(records, mini_batch_size=1000 if isinstance(estimator, RandomCutForest) else 50, logs=False)
    described = estimator.sagemaker_session.describe_training_job(estimator.latest_training_job.name)
    assert described["TrainingJobStatus"] == "Completed"
    return estimator, {one["MetricName"]: one["Value"] for one in described.get("FinalMetricDataList", [])}


def answers(server, estimator, values, name):
    """A named value of the endpoint's answers for some rows, as the SDK reads them."""
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large")
    try:
        found = predictor.predict(values.astype("float32"))
        return numpy.array([list(one.label[name].float32_tensor.values) for one in found])
    finally:
        predictor.delete_endpoint()


def test_linear_learner_classifies_as_scikit_learn_does(server, session, job_role):
    values, labels = load_breast_cancer(return_X_y=True)
    made = LinearLearner(job_role, predictor_type="binary_classifier", sagemaker_session=session, wd=1 / len(values), **PLACE)
    made, metrics = fitted(made, values, labels)
    other = make_pipeline(StandardScaler(), LogisticRegression(C=1, max_iter=1000, tol=1e-8)).fit(values, labels)
    assert metrics["train:binary_classification_accuracy"] >= other.score(values, labels) - 0.002
    scores = answers(server, made, values[:50], "score")[:, 0]
    assert numpy.max(numpy.abs(scores - other.predict_proba(values[:50])[:, 1])) < 1e-3


def test_linear_learner_tells_several_classes_apart(server, session, job_role):
    values, labels = load_iris(return_X_y=True)
    made = LinearLearner(
        job_role, predictor_type="multiclass_classifier", num_classes=3, sagemaker_session=session, wd=1 / len(values), **PLACE)
    made, metrics = fitted(made, values, labels)
    other = make_pipeline(StandardScaler(), LogisticRegression(C=1, max_iter=1000, tol=1e-8)).fit(values, labels)
    assert abs(metrics["train:multiclass_accuracy"] - other.score(values, labels)) < 0.01
    scores = answers(server, made, values[::7], "score")
    assert numpy.max(numpy.abs(scores - other.predict_proba(values[::7]))) < 1e-3


def test_linear_learner_finds_the_line_that_scikit_learn_finds(server, session, job_role):
    values, labels = load_diabetes(return_X_y=True)
    made = LinearLearner(job_role, predictor_type="regressor", sagemaker_session=session, wd=0, **PLACE)
    made, metrics = fitted(made, values, labels)
    other = LinearRegression().fit(values, labels)
    wanted = numpy.mean((other.predict(values) - labels) ** 2)
    assert metrics["train:mse"] == pytest.approx(wanted, rel=1e-3)
    assert metrics["train:objective_loss"] == pytest.approx(wanted, rel=1e-3)


def test_kmeans_finds_the_clusters_that_scikit_learn_finds(server, session, job_role):
    values = load_iris().data
    made, metrics = fitted(KMeans(job_role, k=3, sagemaker_session=session, **PLACE), values)
    other = OtherKMeans(3, n_init=10, random_state=0).fit(values)
    assert metrics["train:msd"] == pytest.approx(other.inertia_ / len(values), rel=0.01)
    distances = answers(server, made, values[:20], "distance_to_cluster")[:, 0]
    assert numpy.max(numpy.abs(distances - other.transform(values[:20]).min(axis=1))) < 0.1


def test_pca_projects_as_scikit_learn_does(server, session, job_role):
    values = load_iris().data
    made, _ = fitted(PCA(job_role, num_components=2, sagemaker_session=session, **PLACE), values)
    projections = answers(server, made, values[:20], "projection")
    other = OtherPCA(2).fit(values).transform(values[:20])[:, ::-1]
    # Directions may be the other way round.
    assert numpy.max(numpy.abs(numpy.abs(projections) - numpy.abs(other))) < 1e-3


def test_a_forest_scores_what_an_isolation_forest_takes_for_anomalies(server, session, job_role):
    values = load_breast_cancer().data
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    strange = numpy.vstack([values, numpy.full((5, values.shape[1]), 8.0)])
    made, _ = fitted(RandomCutForest(job_role, num_trees=100, num_samples_per_tree=256, sagemaker_session=session, **PLACE), values)
    scores = answers(server, made, strange, "score")[:, 0]
    assert min(scores[-5:]) > max(scores[:-5])
    other = -IsolationForest(random_state=0).fit(values).score_samples(values)
    order, wanted = scores[:-5].argsort().argsort(), other.argsort().argsort()
    assert numpy.corrcoef(order, wanted)[0, 1] > 0.9


def test_a_transform_job_answers_lines_of_json(server, session, job_role):
    values = load_iris().data
    made, _ = fitted(KMeans(job_role, k=3, sagemaker_session=session, **PLACE), values)
    text = "\n".join(",".join(map(str, row)) for row in values[:10])
    server.client("s3").put_object(Bucket="sagemaker-algorithms", Key="rows/iris.csv", Body=text)
    transformer = made.transformer(1, "ml.m5.large", output_path="s3://sagemaker-algorithms/answers", accept="application/jsonlines", assemble_with="Line")
    transformer.transform("s3://sagemaker-algorithms/rows/", content_type="text/csv", split_type="Line", wait=True, logs=False)
    lines = server.client("s3").get_object(Bucket="sagemaker-algorithms", Key="answers/iris.csv.out")["Body"].read().decode().split()
    assert len([line for line in lines if "closest_cluster" in line]) == 10
