"""ECR as boto3 and the AWS CLI see it: repositories and their settings; no registry behind them."""

import json

import pytest

from support.names import unique
from support.refusals import refused


@pytest.fixture
def ecr(client):
    return client("ecr")


def test_a_repository_is_kept_changed_and_removed(ecr):
    name = f"team/{unique('images')}"
    made = ecr.create_repository(
        repositoryName=name, imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "a", "Value": "b"}],
    )["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"
    assert made["repositoryUri"] == f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{name}"
    assert ecr.describe_repositories(repositoryNames=[name])["repositories"] == [made]
    with pytest.raises(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=name)
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration={"scanOnPush": False})
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1})
    [found] = [one for page in pages for one in page["repositories"] if one["repositoryName"] == name]
    assert (found["imageTagMutability"], found["imageScanningConfiguration"]) == ("MUTABLE", {"scanOnPush": False})
    arn = made["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "c", "Value": "d"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "c", "Value": "d"}]
    assert ecr.list_images(repositoryName=name)["imageIds"] == []
    assert ecr.describe_images(repositoryName=name)["imageDetails"] == []
    with refused("ImageNotFoundException", "latest"):
        ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "latest"}])
    ecr.delete_repository(repositoryName=name, force=True)
    with refused("RepositoryNotFoundException", name):
        ecr.list_images(repositoryName=name)


def test_policies_are_kept(ecr):
    name = unique("images")
    ecr.create_repository(repositoryName=name)
    with pytest.raises(ecr.exceptions.LifecyclePolicyNotFoundException):
        ecr.get_lifecycle_policy(repositoryName=name)
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
    rules = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=rules)
    assert ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"] == rules
    with refused("InvalidParameterException", "rules"):
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rule": "x" * 100}))
    ecr.delete_lifecycle_policy(repositoryName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    ecr.set_repository_policy(repositoryName=name, policyText=policy)
    assert ecr.get_repository_policy(repositoryName=name)["policyText"] == policy
    ecr.delete_repository_policy(repositoryName=name)
    with pytest.raises(ecr.exceptions.RepositoryPolicyNotFoundException):
        ecr.get_repository_policy(repositoryName=name)


def test_there_is_nothing_to_log_in_to(ecr):
    with refused("InvalidParameterException", "no image registry"):
        ecr.get_authorization_token()
