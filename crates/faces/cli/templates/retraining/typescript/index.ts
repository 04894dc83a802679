// Train every night; keep the new model if it is better.

import * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";

const config = new pulumi.Config();
const scheduleExpression = config.get("scheduleExpression") ?? "cron(0 0 * * ? *)";
// AWS's own XGBoost image in us-east-1; refit runs its built-in XGBoost for any image of that name.
const trainingImage = config.get("trainingImage") ?? "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";

// The data: label first, no header. Put yours in its place.
const data = new aws.s3.Bucket("data", { forceDestroy: true });
const trainData = new aws.s3.BucketObjectv2("trainData", { bucket: data.bucket, key: "train/data.csv", source: new pulumi.asset.FileAsset("data/train.csv") });
const validationData = new aws.s3.BucketObjectv2("validationData", {
    bucket: data.bucket,
    key: "validation/data.csv",
    source: new pulumi.asset.FileAsset("data/validation.csv"),
});

// The models that were kept, and who is told.
const models = new aws.sagemaker.ModelPackageGroup("models", { modelPackageGroupName: "{{name}}" });
const news = new aws.sns.Topic("news");

// What a training job may do.
const jobRole = new aws.iam.Role("jobRole", {
    assumeRolePolicy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
    }),
});
const jobPolicy = new aws.iam.RolePolicy("jobPolicy", {
    role: jobRole.id,
    policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
            { Effect: "Allow", Action: "s3:GetObject", Resource: pulumi.interpolate`${data.arn}/*` },
            { Effect: "Allow", Action: "s3:PutObject", Resource: pulumi.interpolate`${data.arn}/models/*` },
            { Effect: "Allow", Action: "s3:ListBucket", Resource: data.arn },
            {
                Effect: "Allow",
                Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                Resource: "arn:aws:logs:*:*:log-group:/aws/sagemaker/*",
            },
            {
                Effect: "Allow",
                Action: [
                    "ecr:GetAuthorizationToken",
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:BatchGetImage",
                ],
                Resource: "*",
            },
        ],
    }),
});

// What the retraining may do.
const retrainRole = new aws.iam.Role("retrainRole", {
    assumeRolePolicy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }],
    }),
});
const retrainPolicy = new aws.iam.RolePolicy("retrainPolicy", {
    role: retrainRole.id,
    policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
            {
                Effect: "Allow",
                Action: [
                    "sagemaker:CreateTrainingJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:StopTrainingJob",
                    "sagemaker:AddTags",
                ],
                Resource: "arn:aws:sagemaker:*:*:training-job/{{name}}-*",
            },
            {
                Effect: "Allow",
                Action: "iam:PassRole",
                Resource: jobRole.arn,
                Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
            },
            {
                Effect: "Allow",
                Action: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                Resource: "arn:aws:events:*:*:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
            },
            { Effect: "Allow", Action: "sagemaker:ListModelPackages", Resource: "*" },
            {
                Effect: "Allow",
                Action: ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
                Resource: [models.arn, "arn:aws:sagemaker:*:*:model-package/{{name}}/*"],
            },
            { Effect: "Allow", Action: "s3:GetObject", Resource: pulumi.interpolate`${data.arn}/models/*` },
            { Effect: "Allow", Action: "sns:Publish", Resource: news.arn },
        ],
    }),
});

// The retraining: train; keep the model if its error is smaller than that of the last one that was kept; tell.
const tell = [{ ErrorEquals: ["States.ALL"], Assign: { failure: "{% $states.errorOutput %}" }, Next: "TellFailure" }];
const retrain = new aws.sfn.StateMachine("retrain", {
    roleArn: retrainRole.arn,
    definition: pulumi.jsonStringify({
        Comment: "Train; keep the model if its error is smaller than that of the last one that was kept; tell.",
        QueryLanguage: "JSONata",
        StartAt: "Train",
        TimeoutSeconds: 7200,
        States: {
            Train: {
                Type: "Task",
                Resource: "arn:aws:states:::sagemaker:createTrainingJob.sync",
                Arguments: {
                    TrainingJobName: "{% '{{name}}-' & $uuid() %}",
                    RoleArn: jobRole.arn,
                    AlgorithmSpecification: { TrainingImage: trainingImage, TrainingInputMode: "File" },
                    HyperParameters: { objective: "reg:squarederror", num_round: "50", max_depth: "4", eta: "0.2" },
                    InputDataConfig: [
                        {
                            ChannelName: "train",
                            ContentType: "text/csv",
                            DataSource: {
                                S3DataSource: {
                                    S3DataType: "S3Prefix",
                                    S3Uri: pulumi.interpolate`s3://${data.bucket}/train/`,
                                    S3DataDistributionType: "FullyReplicated",
                                },
                            },
                        },
                        {
                            ChannelName: "validation",
                            ContentType: "text/csv",
                            DataSource: {
                                S3DataSource: {
                                    S3DataType: "S3Prefix",
                                    S3Uri: pulumi.interpolate`s3://${data.bucket}/validation/`,
                                    S3DataDistributionType: "FullyReplicated",
                                },
                            },
                        },
                    ],
                    OutputDataConfig: { S3OutputPath: pulumi.interpolate`s3://${data.bucket}/models/` },
                    ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 10 },
                    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
                },
                Assign: {
                    model: "{% $states.result.ModelArtifacts.S3ModelArtifacts %}",
                    error: "{% $states.result.FinalMetricDataList[MetricName = 'validation:rmse'].Value %}",
                },
                Retry: [
                    {
                        ErrorEquals: ["SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededException"],
                        IntervalSeconds: 30,
                        MaxAttempts: 2,
                        BackoffRate: 2,
                    },
                ],
                Catch: tell,
                Next: "FindReigning",
            },
            FindReigning: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:sagemaker:listModelPackages",
                Arguments: {
                    ModelPackageGroupName: models.modelPackageGroupName,
                    SortBy: "CreationTime",
                    SortOrder: "Descending",
                    MaxResults: 1,
                },
                Assign: { reigning: "{% [$states.result.ModelPackageSummaryList.ModelPackageArn] %}" },
                Catch: tell,
                Next: "IsFirst",
            },
            IsFirst: {
                Type: "Choice",
                Choices: [{ Condition: "{% $count($reigning) = 0 %}", Next: "Keep" }],
                Default: "Compare",
            },
            Compare: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:sagemaker:describeModelPackage",
                Arguments: { ModelPackageName: "{% $reigning[0] %}" },
                Output: "{% $error < $number($states.result.CustomerMetadataProperties.error) %}",
                Catch: tell,
                Next: "IsBetter",
            },
            IsBetter: { Type: "Choice", Choices: [{ Condition: "{% $states.input %}", Next: "Keep" }], Default: "TellKept" },
            Keep: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:sagemaker:createModelPackage",
                Arguments: {
                    ModelPackageGroupName: models.modelPackageGroupName,
                    ModelApprovalStatus: "Approved",
                    InferenceSpecification: {
                        Containers: [{ Image: trainingImage, ModelDataUrl: "{% $model %}" }],
                        SupportedContentTypes: ["text/csv"],
                        SupportedResponseMIMETypes: ["text/csv"],
                    },
                    CustomerMetadataProperties: { error: "{% $string($error) %}" },
                },
                Catch: tell,
                Next: "TellNew",
            },
            TellNew: {
                Type: "Task",
                Resource: "arn:aws:states:::sns:publish",
                Arguments: { TopicArn: news.arn, Subject: "A new model", Message: "{% 'Error ' & $string($error) & ': kept.' %}" },
                Output: { decision: "kept", error: "{% $error %}", model: "{% $model %}" },
                End: true,
            },
            TellKept: {
                Type: "Task",
                Resource: "arn:aws:states:::sns:publish",
                Arguments: {
                    TopicArn: news.arn,
                    Subject: "The model stays",
                    Message: "{% 'Error ' & $string($error) & ': not better.' %}",
                },
                Output: { decision: "the model stays", error: "{% $error %}" },
                End: true,
            },
            TellFailure: {
                Type: "Task",
                Resource: "arn:aws:states:::sns:publish",
                Arguments: { TopicArn: news.arn, Subject: "Retraining failed", Message: "{% $string($failure) %}" },
                Next: "Failed",
            },
            Failed: {
                Type: "Fail",
                Error: "{% $failure.Error %}",
                Cause: "{% $exists($failure.Cause) ? $failure.Cause : 'no cause given' %}",
            },
        },
    }),
}, { dependsOn: [retrainPolicy, jobPolicy] });

// The schedule.
const scheduleRole = new aws.iam.Role("scheduleRole", {
    assumeRolePolicy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sts:AssumeRole" }],
    }),
});
const schedulePolicy = new aws.iam.RolePolicy("schedulePolicy", {
    role: scheduleRole.id,
    policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "states:StartExecution", Resource: retrain.arn }] }),
});
const schedule = new aws.cloudwatch.EventRule("schedule", { scheduleExpression: scheduleExpression });
const scheduleTarget = new aws.cloudwatch.EventTarget("scheduleTarget", { rule: schedule.name, arn: retrain.arn, roleArn: scheduleRole.arn }, { dependsOn: [schedulePolicy] });

export const stateMachineArn = retrain.arn;
export const bucket = data.bucket;
export const topicArn = news.arn;
