//! Requests that are refused, by the limits of AWS's model and by its rules beyond it.

use crate::world::{ROLE, World};
use serde_json::{Map, Value, json};

/// A request that is taken.
fn request(operation: &str) -> Value {
    let s3 = |uri: &str| json!({"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}});
    let training = json!({
        "AlgorithmSpecification": {"TrainingImage": "sagemaker-xgboost:1.7-1", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [{"ChannelName": "train", "DataSource": s3("s3://bucket/train/")}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    });
    match operation {
        "CreateTrainingJob" => {
            let mut request = training;
            request["TrainingJobName"] = json!("job");
            request["HyperParameters"] = json!({"num_round": "1"});
            request
        }
        "CreateProcessingJob" => json!({
            "ProcessingJobName": "job", "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": "sagemaker-scikit-learn:1.4-2", "ContainerEntrypoint": ["python3", "x.py"]},
            "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}},
        }),
        "CreateModel" => json!({
            "ModelName": "model", "ExecutionRoleArn": ROLE,
            "PrimaryContainer": {"Image": "sagemaker-xgboost:1.7-1", "ModelDataUrl": "s3://bucket/model.tar.gz"},
        }),
        "CreateTransformJob" => json!({
            "TransformJobName": "job", "ModelName": "model",
            "TransformInput": {"DataSource": s3("s3://bucket/in/")},
            "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
            "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
        }),
        "CreateEndpointConfig" => json!({
            "EndpointConfigName": "config",
            "ProductionVariants": [{"VariantName": "all", "ModelName": "model", "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large"}],
        }),
        "CreateModelPackageGroup" => json!({"ModelPackageGroupName": "group"}),
        "CreateHyperParameterTuningJob" => json!({
            "HyperParameterTuningJobName": "tuning",
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"},
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
                "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}]},
            },
            "TrainingJobDefinition": training,
        }),
        other => panic!("no request for {other}"),
    }
}

/// The request with another value, or without one, at a place.
fn changed(operation: &str, place: &str, value: Option<Value>) -> Value {
    let mut request = request(operation);
    let (parent, name) = place.rsplit_once('/').unwrap();
    let parent =
        request.pointer_mut(parent).unwrap_or_else(|| panic!("{operation} has no {place}"));
    match (parent, value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
        (Value::Object(members), None) => drop(members.shift_remove(name)),
        (other, _) => panic!("{place}: {other}"),
    }
    request
}

/// Refuses the changed request with these words, and takes it unchanged.
async fn check(operation: &str, cases: &[(&str, Option<Value>, &[&str])]) {
    for (place, value, words) in cases {
        let world = World::new();
        if operation == "CreateTransformJob" || operation == "CreateEndpointConfig" {
            world.call("CreateModel", request("CreateModel")).await.unwrap();
        }
        let input = changed(operation, place, value.clone());
        let refused = world.call(operation, input).await;
        let Err(error) = refused else { panic!("{operation} takes {place} as {value:?}") };
        assert!(error.code.starts_with("Validation"), "{operation} {place}: {error:?}");
        for word in *words {
            assert!(error.message.contains(word), "{operation} {place}: {}", error.message);
        }
        let taken = world.call(operation, request(operation)).await;
        assert!(taken.is_ok(), "nothing is left of the refused request: {taken:?}");
    }
}

const NAME: &str = "regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,";
const LENGTH: &str = "length less than or equal to 63";

#[tokio::test]
async fn training_jobs() {
    let channels = |count: usize| {
        let channel = |number| {
            json!({"ChannelName": format!("c{number}"), "DataSource": {"S3DataSource":
                {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train/"}}})
        };
        Value::from((0..count).map(channel).collect::<Vec<_>>())
    };
    let parameters = |count: usize, size: usize| {
        let entry = |number| (format!("p{number}"), Value::from("x".repeat(size)));
        Value::Object((0..count).map(entry).collect::<Map<_, _>>())
    };
    check(
        "CreateTrainingJob",
        &[
            ("/TrainingJobName", None, &["Value null at 'trainingJobName'", "must not be null"]),
            (
                "/TrainingJobName",
                Some(json!("")),
                &["trainingJobName", "length greater than or equal to 1"],
            ),
            ("/TrainingJobName", Some(json!("a b")), &["trainingJobName", NAME]),
            ("/TrainingJobName", Some(json!("-a")), &[NAME]),
            ("/TrainingJobName", Some(json!("x".repeat(64))), &[LENGTH]),
            ("/RoleArn", None, &["'roleArn'"]),
            (
                "/RoleArn",
                Some(json!("trainer")),
                &["roleArn", "length greater than or equal to 20"],
            ),
            (
                "/RoleArn",
                Some(json!("arn:aws:iam::123456789012:user/somebody")),
                &["roleArn", "pattern"],
            ),
            ("/OutputDataConfig", None, &["'outputDataConfig'"]),
            ("/OutputDataConfig/S3OutputPath", None, &["'outputDataConfig.s3OutputPath'"]),
            (
                "/OutputDataConfig/S3OutputPath",
                Some(json!("/srv")),
                &["s3OutputPath", "(https|s3)"],
            ),
            (
                "/OutputDataConfig/CompressionType",
                Some(json!("ZIP")),
                &["compressionType", "[GZIP, NONE]"],
            ),
            ("/AlgorithmSpecification", None, &["AlgorithmSpecification is required"]),
            (
                "/AlgorithmSpecification/TrainingInputMode",
                Some(json!("Stream")),
                &["trainingInputMode", "enum value set"],
            ),
            (
                "/AlgorithmSpecification/TrainingImage",
                None,
                &["either an algorithm name or a training image"],
            ),
            ("/AlgorithmSpecification/AlgorithmName", Some(json!("mine")), &["but not both"]),
            (
                "/AlgorithmSpecification/MetricDefinitions",
                Some(json!([{"Name": "m", "Regex": "x".repeat(501)}])),
                &["metricDefinitions.1.member.regex", "less than or equal to 500"],
            ),
            (
                "/InputDataConfig",
                Some(channels(21)),
                &["inputDataConfig", "less than or equal to 20"],
            ),
            (
                "/InputDataConfig",
                Some(json!([])),
                &["inputDataConfig", "greater than or equal to 1"],
            ),
            (
                "/InputDataConfig",
                Some(json!([channels(1)[0], channels(1)[0]])),
                &["Channel names must be unique"],
            ),
            ("/InputDataConfig/0/ChannelName", Some(json!("a/b")), &["channelName", "pattern"]),
            ("/InputDataConfig/0/DataSource", None, &["inputDataConfig.1.member.dataSource"]),
            (
                "/InputDataConfig/0/DataSource/S3DataSource/S3Uri",
                Some(json!("s3://bucket/nothing/")),
                &["No S3 objects found", ROLE_NAME],
            ),
            ("/ResourceConfig", None, &["ResourceConfig is required"]),
            (
                "/ResourceConfig/InstanceType",
                Some(json!("m5")),
                &["instanceType", "enum value set"],
            ),
            (
                "/ResourceConfig/InstanceCount",
                Some(json!(-1)),
                &["instanceCount", "greater than or equal to"],
            ),
            ("/ResourceConfig/InstanceCount", Some(json!(33)), &["at most 32 instances"]),
            ("/StoppingCondition", None, &["StoppingCondition is required"]),
            (
                "/StoppingCondition/MaxRuntimeInSeconds",
                Some(json!(0)),
                &["maxRuntimeInSeconds", "greater than or equal to 1"],
            ),
            (
                "/StoppingCondition/MaxWaitTimeInSeconds",
                Some(json!(60)),
                &["MaxWaitTimeInSeconds", "EnableManagedSpotTraining"],
            ),
            ("/EnableManagedSpotTraining", Some(json!(true)), &["MaxWaitTimeInSeconds"]),
            (
                "/HyperParameters",
                Some(parameters(101, 1)),
                &["hyperParameters", "less than or equal to 100"],
            ),
            (
                "/HyperParameters",
                Some(parameters(1, 2501)),
                &["hyperParameters", "less than or equal to 2500"],
            ),
            (
                "/Environment",
                Some(parameters(101, 1)),
                &["environment", "less than or equal to 100"],
            ),
            ("/Environment", Some(json!({"1x": "y"})), &["environment", "pattern"]),
            (
                "/RetryStrategy",
                Some(json!({"MaximumRetryAttempts": 31})),
                &["maximumRetryAttempts", "less than or equal to 30"],
            ),
            ("/Tags", Some(json!([{"Key": "", "Value": "x"}])), &["tags.1.member.key"]),
        ],
    )
    .await;
}

const ROLE_NAME: &str = "trainer";

#[tokio::test]
async fn other_jobs() {
    check(
        "CreateProcessingJob",
        &[
            ("/ProcessingJobName", Some(json!("a_b")), &["processingJobName", NAME]),
            ("/AppSpecification", None, &["'appSpecification'"]),
            (
                "/AppSpecification/ImageUri",
                Some(json!("x".repeat(256))),
                &["imageUri", "less than or equal to 255"],
            ),
            (
                "/AppSpecification/ContainerEntrypoint",
                Some(json!([])),
                &["containerEntrypoint", "greater than or equal to 1"],
            ),
            (
                "/ProcessingResources/ClusterConfig/InstanceCount",
                Some(json!(101)),
                &["instanceCount", "less than or equal to 100"],
            ),
            (
                "/ProcessingResources/ClusterConfig/VolumeSizeInGB",
                None,
                &["volumeSizeInGB", "must not be null"],
            ),
            (
                "/StoppingCondition",
                Some(json!({"MaxRuntimeInSeconds": 0})),
                &["maxRuntimeInSeconds"],
            ),
        ],
    )
    .await;
    check(
        "CreateTransformJob",
        &[
            ("/TransformJobName", Some(json!("é")), &["transformJobName", NAME]),
            ("/ModelName", Some(json!("nobody")), &["Could not find model"]),
            ("/BatchStrategy", Some(json!("All")), &["batchStrategy", "enum value set"]),
            ("/MaxPayloadInMB", Some(json!(-1)), &["maxPayloadInMB", "greater than or equal to 0"]),
            ("/TransformInput/DataSource", None, &["transformInput.dataSource"]),
            ("/TransformInput/SplitType", Some(json!("Word")), &["splitType", "enum value set"]),
            ("/TransformOutput/S3OutputPath", None, &["transformOutput.s3OutputPath"]),
            (
                "/TransformResources/InstanceCount",
                Some(json!(0)),
                &["instanceCount", "greater than or equal to 1"],
            ),
        ],
    )
    .await;
    check(
        "CreateHyperParameterTuningJob",
        &[
            (
                "/HyperParameterTuningJobName",
                Some(json!("x".repeat(33))),
                &["less than or equal to 32"],
            ),
            (
                "/HyperParameterTuningJobConfig/Strategy",
                Some(json!("Guess")),
                &["strategy", "enum value set"],
            ),
            (
                "/HyperParameterTuningJobConfig/ResourceLimits/MaxParallelTrainingJobs",
                None,
                &["maxParallelTrainingJobs"],
            ),
            ("/TrainingJobDefinition/RoleArn", None, &["trainingJobDefinition.roleArn"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn models_and_endpoints() {
    check(
        "CreateModel",
        &[
            ("/ModelName", Some(json!("a.b")), &["modelName", "pattern"]),
            (
                "/PrimaryContainer/ModelDataUrl",
                Some(json!("file:///model")),
                &["modelDataUrl", "(https|s3)"],
            ),
            ("/PrimaryContainer/Mode", Some(json!("Some")), &["mode", "enum value set"]),
            (
                "/PrimaryContainer/ContainerHostname",
                Some(json!("x".repeat(64))),
                &["containerHostname", LENGTH],
            ),
        ],
    )
    .await;
    check(
        "CreateEndpointConfig",
        &[
            ("/EndpointConfigName", None, &["'endpointConfigName'"]),
            (
                "/ProductionVariants",
                Some(json!([])),
                &["productionVariants", "greater than or equal to 1"],
            ),
            ("/ProductionVariants/0/VariantName", Some(json!("a b")), &["variantName", "pattern"]),
            (
                "/ProductionVariants/0/InitialInstanceCount",
                Some(json!(0)),
                &["initialInstanceCount", "greater than or equal to 1"],
            ),
            (
                "/ProductionVariants/0/InitialVariantWeight",
                Some(json!(-1)),
                &["initialVariantWeight", "greater than or equal to 0"],
            ),
            ("/ProductionVariants/0/ModelName", Some(json!("nobody")), &["Could not find model"]),
        ],
    )
    .await;
    check(
        "CreateModelPackageGroup",
        &[
            ("/ModelPackageGroupName", Some(json!("a_b")), &["modelPackageGroupName", "pattern"]),
            (
                "/ModelPackageGroupDescription",
                Some(json!("x".repeat(1025))),
                &["less than or equal to 1024"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_name_is_used_once() {
    let world = World::new();
    for operation in [
        "CreateTrainingJob",
        "CreateProcessingJob",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateTransformJob",
        "CreateModelPackageGroup",
    ] {
        world.call(operation, request(operation)).await.unwrap();
        let again = world.call(operation, request(operation)).await;
        assert!(again.is_err(), "{operation} was taken twice");
    }
    let again = world.call("CreateTrainingJob", request("CreateTrainingJob")).await.unwrap_err();
    assert_eq!(again.code, "ResourceInUse");
    assert!(again.message.contains("arn:aws:sagemaker:us-east-1:123456789012:training-job/job"));
}
