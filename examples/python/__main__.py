"""Train on a schedule, keep the model if it is better than the last one.

A rule starts a state machine; the state machine trains with SageMaker's XGBoost, compares the error with that of the last
approved model, and registers the new one as approved or rejected.
"""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
# AWS's own XGBoost image in us-east-1; refit runs its built-in XGBoost for any image of that name.
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def may_be_assumed_by(service):
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(name, role, *statements):
    """A role's own policy."""
    statements = [{"Effect": "Allow", **statement} for statement in statements]
    document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})
    return aws.iam.RolePolicy(name, role=role.name, policy=document)


# The data: yesterday's weather, and tomorrow's highest temperature first.
bucket = aws.s3.Bucket("data", force_destroy=True)
channels = [
    aws.s3.BucketObjectv2(
        channel,
        bucket=bucket.bucket,
        key=f"{channel}/days.csv",
        source=pulumi.FileAsset(f"data/{channel}.csv"),
        content_type="text/csv",
    )
    for channel in ("train", "validation")
]
models = aws.sagemaker.ModelPackageGroup("models", model_package_group_name="tomorrow-python")

# What a training job may do.
job_role = aws.iam.Role("jobRole", assume_role_policy=may_be_assumed_by("sagemaker.amazonaws.com"))
policy(
    "jobPolicy",
    job_role,
    {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": pulumi.Output.concat(bucket.arn, "/*")},
    {"Action": "s3:ListBucket", "Resource": bucket.arn},
    {"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
     "Resource": "arn:aws:logs:*:*:log-group:/aws/sagemaker/*"},
    {"Action": ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer",
                "ecr:BatchGetImage"], "Resource": "*"},
)

# What the retraining may do.
machine_role = aws.iam.Role("machineRole", assume_role_policy=may_be_assumed_by("states.amazonaws.com"))
machine_policy = policy(
    "machinePolicy",
    machine_role,
    {"Action": ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob",
                "sagemaker:AddTags"], "Resource": "arn:aws:sagemaker:*:*:training-job/tomorrow-*"},
    {"Action": "sagemaker:ListModelPackages", "Resource": "*"},
    {"Action": ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
     "Resource": [models.arn, "arn:aws:sagemaker:*:*:model-package/tomorrow-python/*"]},
    {"Action": "iam:PassRole", "Resource": job_role.arn,
     "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}},
    {"Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
     "Resource": "arn:aws:events:*:*:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"},
)


def channel(name, bucket_name):
    """One input of the training job."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket_name}/{name}/", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}


def definition(given):
    """The state machine, from what it refers to."""
    find = {"ModelPackageGroupName": given["group"], "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    return json.dumps({
        "Comment": "Train, compare with the last approved model, register.",
        "QueryLanguage": "JSONata",
        "StartAt": "Train",
        "States": {
            "Train": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Arguments": {
                    "TrainingJobName": "{% 'tomorrow-' & $substring($replace($states.context.Execution.Name, /[^a-zA-Z0-9]/, '-'), 0, 36) %}",
                    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
                    "RoleArn": given["job_role"],
                    "HyperParameters": {"objective": "reg:squarederror", "num_round": "30", "max_depth": "3"},
                    "InputDataConfig": [channel(name, given["bucket"]) for name in ("train", "validation")],
                    "OutputDataConfig": {"S3OutputPath": f"s3://{given['bucket']}/models"},
                    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 900},
                },
                "Assign": {
                    "model_data": "{% $states.result.ModelArtifacts.S3ModelArtifacts %}",
                    "rmse": "{% $states.result.FinalMetricDataList[MetricName = 'validation:rmse'].Value %}",
                },
                "Output": {},
                "Next": "FindLast",
            },
            "FindLast": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:listModelPackages",
                "Arguments": find,
                "Assign": {"last": "{% [$states.result.ModelPackageSummaryList.ModelPackageArn] %}", "last_rmse": 1000},
                "Output": {},
                "Next": "IsThereOne",
            },
            "IsThereOne": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $count($last) > 0 %}", "Next": "DescribeLast"}],
                "Default": "Register",
            },
            "DescribeLast": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeModelPackage",
                "Arguments": {"ModelPackageName": "{% $last[0] %}"},
                "Assign": {"last_rmse": "{% $number($states.result.CustomerMetadataProperties.rmse) %}"},
                "Output": {},
                "Next": "Register",
            },
            "Register": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:createModelPackage",
                "Arguments": {
                    "ModelPackageGroupName": given["group"],
                    "ModelApprovalStatus": "{% $rmse < $last_rmse ? 'Approved' : 'Rejected' %}",
                    "CustomerMetadataProperties": {"rmse": "{% $string($rmse) %}"},
                    "InferenceSpecification": {
                        "Containers": [{"Image": IMAGE, "ModelDataUrl": "{% $model_data %}"}],
                        "SupportedContentTypes": ["text/csv"],
                        "SupportedResponseMIMETypes": ["text/csv"],
                    },
                },
                "Output": {
                    "rmse": "{% $rmse %}",
                    "decision": "{% $rmse < $last_rmse ? 'kept' : 'the last model stays' %}",
                },
                "End": True,
            },
        },
    })


machine = aws.sfn.StateMachine(
    "retrain",
    role_arn=machine_role.arn,
    definition=pulumi.Output.all(
        bucket=bucket.bucket, job_role=job_role.arn, group=models.model_package_group_name
    ).apply(definition),
    opts=pulumi.ResourceOptions(depends_on=[machine_policy, *channels]),
)

# The schedule.
schedule_role = aws.iam.Role("scheduleRole", assume_role_policy=may_be_assumed_by("events.amazonaws.com"))
policy("schedulePolicy", schedule_role, {"Action": "states:StartExecution", "Resource": machine.arn})
schedule = aws.cloudwatch.EventRule(
    "schedule", schedule_expression=config.require("scheduleExpression")
)
aws.cloudwatch.EventTarget("start", rule=schedule.name, arn=machine.arn, role_arn=schedule_role.arn)

pulumi.export("bucket", bucket.bucket)
pulumi.export("stateMachineArn", machine.arn)
pulumi.export("modelPackageGroup", models.model_package_group_name)
