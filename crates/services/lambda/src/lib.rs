//! AWS Lambda functions as child processes.
