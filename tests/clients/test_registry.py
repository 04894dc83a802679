"""The model registry: groups, versioned packages, approval."""

import pytest

from support.names import unique
from support.refusals import refused
from support.training import IMAGE


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture
def group(sagemaker):
    name = unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="of a test")
    return name


def registered(sagemaker, group, **more):
    return sagemaker.create_model_package(**{
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
        },
    } | more)["ModelPackageArn"]


def test_a_group(sagemaker, group):
    described = sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    assert described["ModelPackageGroupStatus"] == "Completed"
    assert described["ModelPackageGroupArn"].endswith(f":model-package-group/{group}")
    assert described["ModelPackageGroupDescription"] == "of a test"
    listed = sagemaker.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]
    assert [one["ModelPackageGroupName"] for one in listed] == [group]
    with refused("ValidationException", "already exists"):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)


def test_versions_count_from_one(sagemaker, group):
    arns = [registered(sagemaker, group, CustomerMetadataProperties={"rmse": str(n)}) for n in range(3)]
    assert [arn.rpartition(f":model-package/{group}/")[2] for arn in arns] == ["1", "2", "3"]
    described = sagemaker.describe_model_package(ModelPackageName=arns[1])
    assert described["ModelPackageVersion"] == 2
    assert described["ModelPackageStatus"] == "Completed"
    assert described["CustomerMetadataProperties"] == {"rmse": "1"}
    assert described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == "s3://bucket/model.tar.gz"
    newest = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=2)
    assert [one["ModelPackageVersion"] for one in newest["ModelPackageSummaryList"]] == [3, 2]
    assert newest["NextToken"]


def test_approval(sagemaker, group):
    first, second = registered(sagemaker, group), registered(sagemaker, group)
    sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Approved", ApprovalDescription="better")
    sagemaker.update_model_package(ModelPackageArn=second, ModelApprovalStatus="Rejected")

    def listed(status):
        found = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus=status)
        return [one["ModelPackageArn"] for one in found["ModelPackageSummaryList"]]

    assert (listed("Approved"), listed("Rejected"), listed("PendingManualApproval")) == ([first], [second], [])
    assert sagemaker.describe_model_package(ModelPackageName=first)["ApprovalDescription"] == "better"


def test_deleting(sagemaker, group):
    package = registered(sagemaker, group)
    with refused("ConflictException"):
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.delete_model_package(ModelPackageName=package)
    with refused("ValidationException"):
        sagemaker.describe_model_package(ModelPackageName=package)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with refused("ValidationException"):
        sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_a_package_needs_its_group(sagemaker):
    with refused("ValidationException"):
        registered(sagemaker, "nobody-made-it")
