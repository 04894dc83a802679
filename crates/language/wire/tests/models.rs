//! The models of refit's services can be read, and their patterns be checked but for a known few.

#![allow(clippy::unwrap_used)] // Helpers of tests may stop the test.

use wire::{Model, Protocol};

const MODELS: &[(&str, &str, Protocol)] = &[
    ("states", include_str!("../../../services/states/model.json"), Protocol::Json),
    ("events", include_str!("../../../services/events/model.json"), Protocol::Json),
    ("sagemaker", include_str!("../../../services/sagemaker/model.json"), Protocol::Json),
    ("lambda", include_str!("../../../services/lambda/model.json"), Protocol::RestJson),
    ("iam", include_str!("../../../services/iam/model.json"), Protocol::Query),
    ("sts", include_str!("../../../services/iam/model_sts.json"), Protocol::Query),
    ("cloudwatch", include_str!("../../../services/cloudwatch/model.json"), Protocol::Json),
    ("ecr", include_str!("../../../services/ecr/model.json"), Protocol::Json),
    ("sns", include_str!("../../../services/sns/model.json"), Protocol::Query),
    ("sqs", include_str!("../../../services/sqs/model.json"), Protocol::Json),
    ("logs", include_str!("../../../services/logs/model.json"), Protocol::Json),
    ("s3", include_str!("../../../services/s3/model.json"), Protocol::RestXml),
];

#[test]
fn every_model_parses() {
    for (name, text, protocol) in MODELS {
        let model = Model::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(model.metadata.protocol, *protocol, "{name}");
        assert!(model.operations().count() > 0, "{name}");
    }
}

#[test]
fn patterns_are_checked_but_for_these() {
    let mut unchecked = Vec::new();
    for (name, text, _) in MODELS {
        let model = Model::parse(text).unwrap();
        unchecked.extend(model.unchecked_patterns().map(|(shape, _)| format!("{name}:{shape}")));
    }
    // The last looks back in its middle; the others need too large a machine.
    let known = [
        "sagemaker:CfnStackParameterValue",
        "sagemaker:CfnStackStatusMessage",
        "sagemaker:MetricsEndpointPath",
        "sagemaker:ModelPackageSourceUri",
        "sagemaker:VersionedArnOrName",
    ];
    assert_eq!(unchecked, known);
}
