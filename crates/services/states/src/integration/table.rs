//! Which integrations there are.

use super::job::Job;

/// How a service's errors are named, and its members.
#[derive(Debug)]
pub(super) struct Api {
    /// What error names begin with.
    pub(super) prefix: &'static str,
    /// The error class of what the service's model does not name.
    pub(super) base: &'static str,
    /// The service's name in causes.
    pub(super) name: &'static str,
    /// Whether names and causes are those of the AWS SDK integrations.
    pub(super) is_sdk: bool,
}

/// The optimised integrations of one service.
pub(super) struct Optimised {
    /// The service in the resource's ARN.
    pub(super) word: &'static str,
    /// refit's service.
    pub(super) service: &'static str,
    pub(super) api: Api,
    pub(super) actions: &'static [Action],
}

/// One optimised integration.
pub(super) struct Action {
    /// The action in the resource's ARN, without its pattern.
    pub(super) name: &'static str,
    /// What `.sync` waits for.
    pub(super) job: Option<&'static Job>,
    /// Paths of members that take any JSON and hand it on as JSON text; `[]` stands for each element.
    pub(super) json_texts: &'static [&'static str],
}

/// A service of the AWS SDK integrations.
pub(super) struct Sdk {
    /// The service in the resource's ARN.
    pub(super) word: &'static str,
    /// refit's service.
    pub(super) service: &'static str,
    pub(super) api: Api,
}

const fn optimised(prefix: &'static str, base: &'static str, name: &'static str) -> Api {
    Api { prefix, base, name, is_sdk: false }
}

const fn action(name: &'static str) -> Action {
    Action { name, job: None, json_texts: &[] }
}

const fn with_job(name: &'static str, job: &'static Job) -> Action {
    Action { name, job: Some(job), json_texts: &[] }
}

const fn with_json(name: &'static str, json_texts: &'static [&'static str]) -> Action {
    Action { name, job: None, json_texts }
}

/// The optimised integrations.
// AWS: Step Functions: optimised integrations. Error classes and names in causes are those of the AWS SDK for Java 1.
pub(super) static OPTIMISED: &[Optimised] = &[
    Optimised {
        word: "sagemaker",
        service: "sagemaker",
        api: optimised("SageMaker", "AmazonSageMakerException", "AmazonSageMaker"),
        actions: &[
            with_job("createTrainingJob", &Job::TRAINING),
            with_job("createTransformJob", &Job::TRANSFORM),
            with_job("createProcessingJob", &Job::PROCESSING),
            with_job("createHyperParameterTuningJob", &Job::TUNING),
            action("createModel"),
            action("createEndpointConfig"),
            action("createEndpoint"),
            action("updateEndpoint"),
        ],
    },
    Optimised {
        word: "lambda",
        service: "lambda",
        api: optimised("Lambda", "AWSLambdaException", "AWSLambda"),
        actions: &[action("invoke")],
    },
    Optimised {
        word: "sns",
        service: "sns",
        api: optimised("SNS", "AmazonSNSException", "AmazonSNS"),
        actions: &[with_json("publish", &["Message"])],
    },
    Optimised {
        word: "sqs",
        service: "sqs",
        api: optimised("SQS", "AmazonSQSException", "AmazonSQS"),
        actions: &[with_json("sendMessage", &["MessageBody"])],
    },
    Optimised {
        word: "events",
        service: "events",
        api: optimised("EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"),
        actions: &[with_json("putEvents", &["Entries[].Detail"])],
    },
    Optimised {
        word: "states",
        service: "states",
        api: optimised("StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"),
        actions: &[Action {
            name: "startExecution",
            job: Some(&Job::EXECUTION),
            json_texts: &["Input"],
        }],
    },
];

const fn sdk(
    word: &'static str,
    service: &'static str,
    prefix: &'static str,
    base: &'static str,
) -> Sdk {
    Sdk { word, service, api: Api { prefix, base, name: prefix, is_sdk: true } }
}

/// The services of the AWS SDK integrations; every operation of theirs can be called.
// AWS: Step Functions: supported AWS SDK integrations, with their exception prefixes.
pub(super) static SDK: &[Sdk] = &[
    sdk("cloudwatchlogs", "logs", "CloudWatchLogs", "CloudWatchLogsException"),
    sdk("eventbridge", "events", "EventBridge", "EventBridgeException"),
    sdk("iam", "iam", "Iam", "IamException"),
    sdk("lambda", "lambda", "Lambda", "LambdaException"),
    sdk("s3", "s3", "S3", "S3Exception"),
    sdk("sagemaker", "sagemaker", "SageMaker", "SageMakerException"),
    sdk("sfn", "states", "Sfn", "SfnException"),
    sdk("sns", "sns", "Sns", "SnsException"),
    sdk("sqs", "sqs", "Sqs", "SqsException"),
    sdk("sts", "sts", "Sts", "StsException"),
];
