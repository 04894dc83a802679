"""Train every night; keep the new model if it is better."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
schedule_expression = config.get("scheduleExpression") or "cron(0 0 * * ? *)"
# AWS's own XGBoost image in us-east-1; refit runs its built-in XGBoost for any image of that name.
training_image = config.get("trainingImage") or "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"

# The data: label first, no header. Put yours in its place.
data = aws.s3.Bucket("data", force_destroy=True)
train_data = aws.s3.BucketObjectv2("trainData", bucket=data.bucket, key="train/data.csv", source=pulumi.FileAsset("data/train.csv"))
validation_data = aws.s3.BucketObjectv2("validationData", bucket=data.bucket, key="validation/data.csv", source=pulumi.FileAsset("data/validation.csv"))

# The models that were kept, and who is told.
models = aws.sagemaker.ModelPackageGroup("models", model_package_group_name="{{name}}")
news = aws.sns.Topic("news")

# What a training job may do.
job_role = aws.iam.Role(
    "jobRole",
    assume_role_policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }),
)
job_policy = aws.iam.RolePolicy(
    "jobPolicy",
    role=job_role.id,
    policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": pulumi.Output.concat(data.arn, "/*")},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": pulumi.Output.concat(data.arn, "/models/*")},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": data.arn},
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": "arn:aws:logs:*:*:log-group:/aws/sagemaker/*",
            },
            {
                "Effect": "Allow",
                "Action": [
                    "ecr:GetAuthorizationToken",
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:BatchGetImage",
                ],
                "Resource": "*",
            },
        ],
    }),
)

# What the retraining may do.
retrain_role = aws.iam.Role(
    "retrainRole",
    assume_role_policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }),
)
retrain_policy = aws.iam.RolePolicy(
    "retrainPolicy",
    role=retrain_role.id,
    policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "sagemaker:CreateTrainingJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:StopTrainingJob",
                    "sagemaker:AddTags",
                ],
                "Resource": "arn:aws:sagemaker:*:*:training-job/{{name}}-*",
            },
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": job_role.arn,
                "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            },
            {
                "Effect": "Allow",
                "Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                "Resource": "arn:aws:events:*:*:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
            },
            {"Effect": "Allow", "Action": "sagemaker:ListModelPackages", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
                "Resource": [models.arn, "arn:aws:sagemaker:*:*:model-package/{{name}}/*"],
            },
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": pulumi.Output.concat(data.arn, "/models/*")},
            {"Effect": "Allow", "Action": "sns:Publish", "Resource": news.arn},
        ],
    }),
)

# The retraining: train; keep the model if its error is smaller than that of the last one that was kept; tell.
tell = [{"ErrorEquals": ["States.ALL"], "Assign": {"failure": "{% $states.errorOutput %}"}, "Next": "TellFailure"}]
retrain = aws.sfn.StateMachine(
    "retrain",
    role_arn=retrain_role.arn,
    definition=pulumi.Output.json_dumps({
        "Comment": "Train; keep the model if its error is smaller than that of the last one that was kept; tell.",
        "QueryLanguage": "JSONata",
        "StartAt": "Train",
        "TimeoutSeconds": 7200,
        "States": {
            "Train": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Arguments": {
                    "TrainingJobName": "{% '{{name}}-' & $uuid() %}",
                    "RoleArn": job_role.arn,
                    "AlgorithmSpecification": {"TrainingImage": training_image, "TrainingInputMode": "File"},
                    "HyperParameters": {"objective": "reg:squarederror", "num_round": "50", "max_depth": "4", "eta": "0.2"},
                    "InputDataConfig": [
                        {
                            "ChannelName": "train",
                            "ContentType": "text/csv",
                            "DataSource": {
                                "S3DataSource": {
                                    "S3DataType": "S3Prefix",
                                    "S3Uri": pulumi.Output.concat("s3://", data.bucket, "/train/"),
                                    "S3DataDistributionType": "FullyReplicated",
                                },
                            },
                        },
                        {
                            "ChannelName": "validation",
                            "ContentType": "text/csv",
                            "DataSource": {
                                "S3DataSource": {
                                    "S3DataType": "S3Prefix",
                                    "S3Uri": pulumi.Output.concat("s3://", data.bucket, "/validation/"),
                                    "S3DataDistributionType": "FullyReplicated",
                                },
                            },
                        },
                    ],
                    "OutputDataConfig": {"S3OutputPath": pulumi.Output.concat("s3://", data.bucket, "/models/")},
                    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                },
                "Assign": {
                    "model": "{% $states.result.ModelArtifacts.S3ModelArtifacts %}",
                    "error": "{% $states.result.FinalMetricDataList[MetricName = 'validation:rmse'].Value %}",
                },
                "Retry": [
                    {
                        "ErrorEquals": ["SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededException"],
                        "IntervalSeconds": 30,
                        "MaxAttempts": 2,
                        "BackoffRate": 2,
                    },
                ],
                "Catch": tell,
                "Next": "FindReigning",
            },
            "FindReigning": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:listModelPackages",
                "Arguments": {
                    "ModelPackageGroupName": models.model_package_group_name,
                    "SortBy": "CreationTime",
                    "SortOrder": "Descending",
                    "MaxResults": 1,
                },
                "Assign": {"reigning": "{% [$states.result.ModelPackageSummaryList.ModelPackageArn] %}"},
                "Catch": tell,
                "Next": "IsFirst",
            },
            "IsFirst": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $count($reigning) = 0 %}", "Next": "Keep"}],
                "Default": "Compare",
            },
            "Compare": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeModelPackage",
                "Arguments": {"ModelPackageName": "{% $reigning[0] %}"},
                "Output": "{% $error < $number($states.result.CustomerMetadataProperties.error) %}",
                "Catch": tell,
                "Next": "IsBetter",
            },
            "IsBetter": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input %}", "Next": "Keep"}],
                "Default": "TellKept",
            },
            "Keep": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:createModelPackage",
                "Arguments": {
                    "ModelPackageGroupName": models.model_package_group_name,
                    "ModelApprovalStatus": "Approved",
                    "InferenceSpecification": {
                        "Containers": [{"Image": training_image, "ModelDataUrl": "{% $model %}"}],
                        "SupportedContentTypes": ["text/csv"],
                        "SupportedResponseMIMETypes": ["text/csv"],
                    },
                    "CustomerMetadataProperties": {"error": "{% $string($error) %}"},
                },
                "Catch": tell,
                "Next": "TellNew",
            },
            "TellNew": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Arguments": {
                    "TopicArn": news.arn,
                    "Subject": "A new model",
                    "Message": "{% 'Error ' & $string($error) & ': kept.' %}",
                },
                "Output": {"decision": "kept", "error": "{% $error %}", "model": "{% $model %}"},
                "End": True,
            },
            "TellKept": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Arguments": {
                    "TopicArn": news.arn,
                    "Subject": "The model stays",
                    "Message": "{% 'Error ' & $string($error) & ': not better.' %}",
                },
                "Output": {"decision": "the model stays", "error": "{% $error %}"},
                "End": True,
            },
            "TellFailure": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Arguments": {"TopicArn": news.arn, "Subject": "Retraining failed", "Message": "{% $string($failure) %}"},
                "Next": "Failed",
            },
            "Failed": {
                "Type": "Fail",
                "Error": "{% $failure.Error %}",
                "Cause": "{% $exists($failure.Cause) ? $failure.Cause : 'no cause given' %}",
            },
        },
    }),
    opts=pulumi.ResourceOptions(depends_on=[retrain_policy, job_policy]),
)

# The schedule.
schedule_role = aws.iam.Role(
    "scheduleRole",
    assume_role_policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }),
)
schedule_policy = aws.iam.RolePolicy(
    "schedulePolicy",
    role=schedule_role.id,
    policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": retrain.arn}],
    }),
)
schedule = aws.cloudwatch.EventRule("schedule", schedule_expression=schedule_expression)
schedule_target = aws.cloudwatch.EventTarget(
    "scheduleTarget",
    rule=schedule.name,
    arn=retrain.arn,
    role_arn=schedule_role.arn,
    opts=pulumi.ResourceOptions(depends_on=[schedule_policy]),
)

pulumi.export("stateMachineArn", retrain.arn)
pulumi.export("bucket", data.bucket)
pulumi.export("topicArn", news.arn)
