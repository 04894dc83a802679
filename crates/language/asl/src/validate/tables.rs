//! Which fields each type of state has, in each language.

use crate::program::QueryLanguage;

/// The values of `Type`, in the order AWS lists them.
pub(super) const TYPES: [&str; 8] =
    ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];

/// Fields of the whole definition.
pub(super) const TOP: &[&str] =
    &["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"];

/// Fields of a branch.
pub(super) const BRANCH: &[&str] = &["Comment", "StartAt", "States"];

/// Fields of an item processor.
pub(super) const PROCESSOR: &[&str] = &["Comment", "StartAt", "States", "ProcessorConfig"];

/// Fields every state has.
const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage"];

/// Fields of `Map` for items that run as executions of their own.
pub(super) const DISTRIBUTED: &[&str] = &[
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
];

fn own(state_type: &str, language: QueryLanguage) -> &'static [&'static str] {
    use QueryLanguage::{JsonPath, Jsonata};
    match (state_type, language) {
        ("Pass", JsonPath) => &[
            "InputPath",
            "OutputPath",
            "ResultPath",
            "Parameters",
            "Result",
            "Assign",
            "Next",
            "End",
        ],
        ("Pass", Jsonata) => &["Output", "Assign", "Next", "End"],
        ("Task", JsonPath) => &[
            "Resource",
            "InputPath",
            "OutputPath",
            "ResultPath",
            "Parameters",
            "ResultSelector",
            "Assign",
            "Retry",
            "Catch",
            "TimeoutSeconds",
            "TimeoutSecondsPath",
            "HeartbeatSeconds",
            "HeartbeatSecondsPath",
            "Credentials",
            "Next",
            "End",
        ],
        ("Task", Jsonata) => &[
            "Resource",
            "Arguments",
            "Output",
            "Assign",
            "Retry",
            "Catch",
            "TimeoutSeconds",
            "HeartbeatSeconds",
            "Credentials",
            "Next",
            "End",
        ],
        ("Choice", JsonPath) => &["InputPath", "OutputPath", "Choices", "Default", "Assign"],
        ("Choice", Jsonata) => &["Choices", "Default", "Output", "Assign"],
        ("Wait", JsonPath) => &[
            "InputPath",
            "OutputPath",
            "Seconds",
            "SecondsPath",
            "Timestamp",
            "TimestampPath",
            "Assign",
            "Next",
            "End",
        ],
        ("Wait", Jsonata) => &["Seconds", "Timestamp", "Output", "Assign", "Next", "End"],
        ("Succeed", JsonPath) => &["InputPath", "OutputPath"],
        ("Succeed", Jsonata) => &["Output"],
        ("Fail", JsonPath) => &["Error", "ErrorPath", "Cause", "CausePath"],
        ("Fail", Jsonata) => &["Error", "Cause"],
        ("Parallel", JsonPath) => &[
            "Branches",
            "InputPath",
            "OutputPath",
            "ResultPath",
            "Parameters",
            "ResultSelector",
            "Assign",
            "Retry",
            "Catch",
            "Next",
            "End",
        ],
        ("Parallel", Jsonata) => {
            &["Branches", "Arguments", "Output", "Assign", "Retry", "Catch", "Next", "End"]
        }
        ("Map", JsonPath) => &[
            "ItemProcessor",
            "Iterator",
            "InputPath",
            "OutputPath",
            "ItemsPath",
            "ItemSelector",
            "Parameters",
            "ResultPath",
            "ResultSelector",
            "MaxConcurrency",
            "MaxConcurrencyPath",
            "Assign",
            "Retry",
            "Catch",
            "Next",
            "End",
        ],
        ("Map", Jsonata) => &[
            "ItemProcessor",
            "Iterator",
            "Items",
            "ItemSelector",
            "MaxConcurrency",
            "Output",
            "Assign",
            "Retry",
            "Catch",
            "Next",
            "End",
        ],
        _ => &[],
    }
}

/// Whether a state of the type has the field.
pub(super) fn has(state_type: &str, language: QueryLanguage, field: &str) -> bool {
    // A path field stands for a computed value, which JSONata has for every field.
    let distributed = state_type == "Map"
        && DISTRIBUTED.contains(&field)
        && (language == QueryLanguage::JsonPath || !field.ends_with("Path"));
    COMMON.contains(&field) || own(state_type, language).contains(&field) || distributed
}

/// All fields a state of the type has.
pub(super) fn all(state_type: &str, language: QueryLanguage) -> impl Iterator<Item = &'static str> {
    let distributed: &[&str] = if state_type == "Map" { DISTRIBUTED } else { &[] };
    COMMON.iter().chain(own(state_type, language)).chain(distributed).copied()
}
