//! Amazon SQS: standard and FIFO queues. Being built: nothing is served yet.
