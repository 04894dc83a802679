//! The service's model, as SQS itself checks requests: in words of its own.

use serde_json::{Value, json};
use wire::Model;

/// The model of this crate without the constraints that SQS words by itself, and with the errors that its model does
/// not name.
///
/// Other services answer a missing member or an unknown attribute name with `ValidationException`; SQS answers
/// `MissingParameter`, `InvalidAttributeName` and the like. So nothing is required and nothing enumerated here, and
/// every operation checks its input.
pub(crate) fn load() -> Model {
    let text = include_str!("../model.json");
    let mut document: Value = serde_json::from_str(text).expect("the model in this crate is JSON");
    if let Some(Value::Object(shapes)) = document.get_mut("shapes") {
        for (name, shape) in shapes.iter_mut() {
            let Value::Object(shape) = shape else { continue };
            shape.remove("enum");
            if name.ends_with("Request") || name.ends_with("Entry") || name.ends_with("Value") {
                shape.remove("required");
            }
        }
        // AWS: recorded: the code in the body and the one in the header differ for these.
        for (name, code) in [
            ("InvalidParameterValueException", "InvalidParameterValue"),
            ("MissingRequiredParameterException", "MissingParameter"),
        ] {
            shapes.insert(
                name.to_owned(),
                json!({
                    "type": "structure", "exception": true,
                    "error": {"code": code, "httpStatusCode": 400, "senderFault": true},
                    "members": {"message": {"shape": "ExceptionMessage"}},
                }),
            );
        }
    }
    Model::parse(&document.to_string()).expect("the model in this crate can be read")
}
