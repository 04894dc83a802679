//! Amazon SQS queues.
