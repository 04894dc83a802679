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

/// Fields of one type of state, separated by spaces.
struct Fields {
    state_type: &'static str,
    both: &'static str,
    json_path: &'static str,
    jsonata: &'static str,
}

const OWN: [Fields; 8] = [
    Fields {
        state_type: "Pass",
        both: "Assign Next End",
        json_path: "InputPath OutputPath ResultPath Parameters Result",
        jsonata: "Output",
    },
    Fields {
        state_type: "Task",
        both: "Resource Assign Retry Catch TimeoutSeconds HeartbeatSeconds Credentials Next End",
        json_path: "InputPath OutputPath ResultPath Parameters ResultSelector TimeoutSecondsPath \
                    HeartbeatSecondsPath",
        jsonata: "Arguments Output",
    },
    Fields {
        state_type: "Choice",
        both: "Choices Default Assign",
        json_path: "InputPath OutputPath",
        jsonata: "Output",
    },
    Fields {
        state_type: "Wait",
        both: "Seconds Timestamp Assign Next End",
        json_path: "InputPath OutputPath SecondsPath TimestampPath",
        jsonata: "Output",
    },
    Fields {
        state_type: "Succeed",
        both: "",
        json_path: "InputPath OutputPath",
        jsonata: "Output",
    },
    Fields {
        state_type: "Fail",
        both: "Error Cause",
        json_path: "ErrorPath CausePath",
        jsonata: "",
    },
    Fields {
        state_type: "Parallel",
        both: "Branches Assign Retry Catch Next End",
        json_path: "InputPath OutputPath ResultPath Parameters ResultSelector",
        jsonata: "Arguments Output",
    },
    Fields {
        state_type: "Map",
        both: "ItemProcessor Iterator ItemSelector MaxConcurrency Assign Retry Catch Next End",
        json_path: "InputPath OutputPath ItemsPath Parameters ResultPath ResultSelector \
                    MaxConcurrencyPath",
        jsonata: "Items Output",
    },
];

fn own(state_type: &str, language: QueryLanguage) -> impl Iterator<Item = &'static str> {
    let fields = OWN.iter().find(|fields| fields.state_type == state_type);
    fields.into_iter().flat_map(move |fields| {
        let special = match language {
            QueryLanguage::JsonPath => fields.json_path,
            QueryLanguage::Jsonata => fields.jsonata,
        };
        fields.both.split_whitespace().chain(special.split_whitespace())
    })
}

/// Whether a state of the type has the field.
pub(super) fn has(state_type: &str, language: QueryLanguage, field: &str) -> bool {
    // A path field stands for a computed value, which JSONata has for every field.
    let distributed = state_type == "Map"
        && DISTRIBUTED.contains(&field)
        && (language == QueryLanguage::JsonPath || !field.ends_with("Path"));
    COMMON.contains(&field) || distributed || own(state_type, language).any(|own| own == field)
}

/// All fields a state of the type has.
pub(super) fn all(state_type: &str, language: QueryLanguage) -> impl Iterator<Item = &'static str> {
    let distributed: &[&str] = if state_type == "Map" { DISTRIBUTED } else { &[] };
    COMMON.iter().copied().chain(own(state_type, language)).chain(distributed.iter().copied())
}
