// Train on a schedule, keep the model if it is better than the last one.
//
// A rule starts a state machine; the state machine trains with SageMaker's XGBoost, compares the error with that of the last
// approved model, and registers the new one as approved or rejected.

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
// AWS's own XGBoost image in us-east-1; refit runs its built-in XGBoost for any image of that name.
const image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";

type Statement = { Action: pulumi.Input<string | string[]>; Resource: pulumi.Input<pulumi.Input<string>[] | string>; Condition?: object };

/** A role with a policy of its own. */
function role(name: string, service: string, ...statements: Statement[]): aws.iam.Role {
  const made = new aws.iam.Role(name, { assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: service }) });
  new aws.iam.RolePolicy(name, {
    role: made.name,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })),
    }),
  });
  return made;
}

// The data: yesterday's weather, and tomorrow's highest temperature first.
const bucket = new aws.s3.Bucket("data", { forceDestroy: true });
const channels = ["train", "validation"].map(
  (channel) =>
    new aws.s3.BucketObjectv2(channel, {
      bucket: bucket.bucket,
      key: `${channel}/days.csv`,
      source: new pulumi.asset.FileAsset(`data/${channel}.csv`),
      contentType: "text/csv",
    }),
);
const models = new aws.sagemaker.ModelPackageGroup("models", { modelPackageGroupName: "tomorrow-typescript" });

// What a training job may do.
const jobRole = role(
  "jobRole",
  "sagemaker.amazonaws.com",
  { Action: ["s3:GetObject", "s3:PutObject"], Resource: pulumi.interpolate`${bucket.arn}/*` },
  { Action: "s3:ListBucket", Resource: bucket.arn },
  {
    Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
    Resource: "arn:aws:logs:*:*:log-group:/aws/sagemaker/*",
  },
  {
    Action: ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
    Resource: "*",
  },
);

// What the retraining may do.
const machineRole = role(
  "machineRole",
  "states.amazonaws.com",
  {
    Action: ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "sagemaker:AddTags"],
    Resource: "arn:aws:sagemaker:*:*:training-job/tomorrow-*",
  },
  { Action: "sagemaker:ListModelPackages", Resource: "*" },
  {
    Action: ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
    Resource: [models.arn, "arn:aws:sagemaker:*:*:model-package/tomorrow-typescript/*"],
  },
  {
    Action: "iam:PassRole",
    Resource: jobRole.arn,
    Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
  },
  {
    Action: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
    Resource: "arn:aws:events:*:*:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
  },
);

/** One input of the training job. */
const channel = (name: string) => ({
  ChannelName: name,
  ContentType: "text/csv",
  DataSource: {
    S3DataSource: {
      S3DataType: "S3Prefix",
      S3Uri: pulumi.interpolate`s3://${bucket.bucket}/${name}/`,
      S3DataDistributionType: "FullyReplicated",
    },
  },
});

const machine = new aws.sfn.StateMachine(
  "retrain",
  {
    roleArn: machineRole.arn,
    definition: pulumi.jsonStringify({
      Comment: "Train, compare with the last approved model, register.",
      QueryLanguage: "JSONata",
      StartAt: "Train",
      States: {
        Train: {
          Type: "Task",
          Resource: "arn:aws:states:::sagemaker:createTrainingJob.sync",
          Arguments: {
            TrainingJobName:
              "{% 'tomorrow-' & $substring($replace($states.context.Execution.Name, /[^a-zA-Z0-9]/, '-'), 0, 36) %}",
            AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: "File" },
            RoleArn: jobRole.arn,
            HyperParameters: { objective: "reg:squarederror", num_round: "30", max_depth: "3" },
            InputDataConfig: ["train", "validation"].map(channel),
            OutputDataConfig: { S3OutputPath: pulumi.interpolate`s3://${bucket.bucket}/models` },
            ResourceConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 5 },
            StoppingCondition: { MaxRuntimeInSeconds: 900 },
          },
          Assign: {
            model_data: "{% $states.result.ModelArtifacts.S3ModelArtifacts %}",
            rmse: "{% $states.result.FinalMetricDataList[MetricName = 'validation:rmse'].Value %}",
          },
          Output: {},
          Next: "FindLast",
        },
        FindLast: {
          Type: "Task",
          Resource: "arn:aws:states:::aws-sdk:sagemaker:listModelPackages",
          Arguments: {
            ModelPackageGroupName: models.modelPackageGroupName,
            ModelApprovalStatus: "Approved",
            SortBy: "CreationTime",
            SortOrder: "Descending",
            MaxResults: 1,
          },
          Assign: { last: "{% [$states.result.ModelPackageSummaryList.ModelPackageArn] %}", last_rmse: 1000 },
          Output: {},
          Next: "IsThereOne",
        },
        IsThereOne: {
          Type: "Choice",
          Choices: [{ Condition: "{% $count($last) > 0 %}", Next: "DescribeLast" }],
          Default: "Register",
        },
        DescribeLast: {
          Type: "Task",
          Resource: "arn:aws:states:::aws-sdk:sagemaker:describeModelPackage",
          Arguments: { ModelPackageName: "{% $last[0] %}" },
          Assign: { last_rmse: "{% $number($states.result.CustomerMetadataProperties.rmse) %}" },
          Output: {},
          Next: "Register",
        },
        Register: {
          Type: "Task",
          Resource: "arn:aws:states:::aws-sdk:sagemaker:createModelPackage",
          Arguments: {
            ModelPackageGroupName: models.modelPackageGroupName,
            ModelApprovalStatus: "{% $rmse < $last_rmse ? 'Approved' : 'Rejected' %}",
            CustomerMetadataProperties: { rmse: "{% $string($rmse) %}" },
            InferenceSpecification: {
              Containers: [{ Image: image, ModelDataUrl: "{% $model_data %}" }],
              SupportedContentTypes: ["text/csv"],
              SupportedResponseMIMETypes: ["text/csv"],
            },
          },
          Output: {
            rmse: "{% $rmse %}",
            decision: "{% $rmse < $last_rmse ? 'kept' : 'the last model stays' %}",
          },
          End: true,
        },
      },
    }),
  },
  { dependsOn: channels },
);

// The schedule.
const scheduleRole = role("scheduleRole", "events.amazonaws.com", { Action: "states:StartExecution", Resource: machine.arn });
const schedule = new aws.cloudwatch.EventRule("schedule", { scheduleExpression: config.require("scheduleExpression") });
new aws.cloudwatch.EventTarget("start", { rule: schedule.name, arn: machine.arn, roleArn: scheduleRole.arn });

export const bucketName = bucket.bucket;
export const stateMachineArn = machine.arn;
export const modelPackageGroup = models.modelPackageGroupName;
