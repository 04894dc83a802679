//! Names that people try and Pulumi has not.

/// Modules of `pulumi_aws` by the names of AWS's services.
pub(super) fn meant_module(name: &str) -> Option<&'static str> {
    Some(match name {
        "stepfunctions" | "step_functions" | "stepFunctions" | "states" => "sfn",
        "eventbridge" | "event_bridge" | "events" | "logs" | "cloudwatchlogs" => "cloudwatch",
        "awslambda" | "lambdas" | "aws_lambda" => "lambda_",
        "secrets_manager" => "secretsmanager",
        "sage_maker" => "sagemaker",
        _ => return None,
    })
}

/// Classes by what one would expect them to be called.
pub(super) fn meant_class(module: &str, name: &str) -> Option<&'static str> {
    Some(match (module, name) {
        ("cloudwatch", "Rule") => "EventRule",
        ("cloudwatch", "Target") => "EventTarget",
        ("cloudwatch", "Bus") => "EventBus",
        ("sfn", "StepFunction" | "Machine") => "StateMachine",
        ("lambda_" | "lambda", "LambdaFunction") => "Function",
        ("iam", "PolicyAttachement" | "RolePolicyAttachement") => "RolePolicyAttachment",
        _ => return None,
    })
}

/// Names that Python has without anybody defining them.
pub(super) fn is_builtin(name: &str) -> bool {
    const BUILTINS: &[&str] = &[
        "abs", "all", "any", "bool", "bytes", "chr", "dict", "dir", "enumerate", "filter", "float", "format", "frozenset", "getattr",
        "globals", "hasattr", "hash", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "list", "locals", "map",
        "max", "min", "next", "object", "open", "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set",
        "setattr", "slice", "sorted", "str", "sum", "super", "tuple", "type", "vars", "zip", "Exception", "ValueError", "KeyError",
        "TypeError", "RuntimeError", "NotImplementedError", "FileNotFoundError", "OSError", "Ellipsis", "NotImplemented",
        "staticmethod", "classmethod", "callable", "divmod", "oct", "bin", "memoryview", "bytearray", "complex", "delattr",
        "StopIteration", "AttributeError", "IndexError", "ImportError", "AssertionError", "_", "exit", "quit", "self", "cls",
    ];
    BUILTINS.contains(&name) || (name.starts_with("__") && name.ends_with("__"))
}
