//! Which integrations there are.

use super::job::Job;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

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

/// The names of errors of a service that calls are forwarded to; made once per service, so they live as long as the server.
pub(super) fn forwarded(name: &'static str, service_id: &str, is_sdk: bool) -> &'static Api {
    static MADE: LazyLock<Mutex<HashMap<(&'static str, bool), &'static Api>>> =
        LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry((name, is_sdk)).or_insert_with(|| {
        // AWS: optimised integrations name errors as the AWS SDK for Java 1 does, the others as its successor.
        let plain: String = service_id.split_whitespace().collect();
        let prefix = if is_sdk { class_name(&plain) } else { plain };
        let base = format!("{prefix}Exception").leak();
        let prefix: &'static str = prefix.leak();
        Box::leak(Box::new(Api { prefix, base, name: prefix, is_sdk }))
    })
}

/// `DynamoDB` as `DynamoDb`: words begin with a capital and go on in small letters.
fn class_name(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let starts_word = before.is_none_or(|before| before.is_lowercase())
            || letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if starts_word {
            name.push(*letter);
        } else {
            name.extend(letter.to_lowercase());
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::class_name;

    #[test]
    fn classes() {
        for (id, class) in [
            ("DynamoDB", "DynamoDb"),
            ("SFN", "Sfn"),
            ("EC2", "Ec2"),
            ("CodeBuild", "CodeBuild"),
            ("APIGateway", "ApiGateway"),
        ] {
            assert_eq!(class_name(id), class);
        }
    }
}
