//! The service models calls are made with.

use std::sync::LazyLock;
use wire::Model;

macro_rules! models {
    ($($service:literal => $file:literal),+ $(,)?) => {
        /// The model of a service.
        pub(crate) fn model(service: &str) -> Option<&'static Model> {
            match service {
                $($service => {
                    static MODEL: LazyLock<Model> = LazyLock::new(|| {
                        Model::parse(include_str!($file)).expect("the model in the repository can be read")
                    });
                    Some(&MODEL)
                })+
                _ => None,
            }
        }
    };
}

models! {
    "cloudwatch" => "../../../services/cloudwatch/model.json",
    "ecr" => "../../../services/ecr/model.json",
    "events" => "../../../services/events/model.json",
    "iam" => "../../../services/iam/model.json",
    "lambda" => "../../../services/lambda/model.json",
    "logs" => "../../../services/logs/model.json",
    "s3" => "../../../services/s3/model.json",
    "sagemaker" => "../../../services/sagemaker/model.json",
    "scheduler" => "../../../services/scheduler/model.json",
    "sns" => "../../../services/sns/model.json",
    "sqs" => "../../../services/sqs/model.json",
    "states" => "../../../services/states/model.json",
    "sts" => "../../../services/iam/model_sts.json",
}
