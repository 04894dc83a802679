//! The service models that tasks' arguments are checked with.

use crate::machine::Task;
use crate::model::upper_first;
use std::sync::LazyLock;
use wire::{Model, Operation};

macro_rules! models {
    ($($service:literal => $file:literal),+ $(,)?) => {
        fn model(service: &str) -> Option<&'static Model> {
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
    "events" => "../../../services/events/model.json",
    "lambda" => "../../../services/lambda/model.json",
    "s3" => "../../../services/s3/model.json",
    "sagemaker" => "../../../services/sagemaker/model.json",
    "sns" => "../../../services/sns/model.json",
    "sqs" => "../../../services/sqs/model.json",
    "states" => "../../../services/states/model.json",
}

/// The operation a task calls, if its model is here.
pub(crate) fn operation(task: &Task) -> Option<(&'static Model, &'static Operation)> {
    if task.function.is_some() {
        return None;
    }
    let service = match (task.is_sdk, task.service.as_str()) {
        (true, "sfn") => "states",
        (true, "eventbridge") => "events",
        (_, other) => other,
    };
    let model = model(service)?;
    Some((model, model.operation(&upper_first(&task.action))?))
}

/// A member's name as Step Functions writes it.
pub(crate) fn name(task: &Task, member: &str) -> String {
    if !task.is_sdk {
        return upper_first(member);
    }
    // The SDK for Java writes a run of capitals at the start as one word.
    let characters: Vec<char> = member.chars().collect();
    let is = |at: usize, test: fn(char) -> bool| characters.get(at).copied().is_some_and(test);
    let mut run = 1;
    while is(run, char::is_uppercase) && !is(run + 1, char::is_lowercase) {
        run += 1;
    }
    let lowered = characters.iter().take(run).flat_map(|c| c.to_lowercase());
    upper_first(&lowered.chain(characters.iter().skip(run).copied()).collect::<String>())
}
