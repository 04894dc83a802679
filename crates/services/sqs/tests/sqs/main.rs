//! SQS through the dispatcher, in virtual time: each scenario is a list of calls with what they answer.

mod access;
mod batches;
mod crashes;
mod dead_letters;
mod fifo;
mod hostile;
mod long_polling;
mod messages;
mod queues;
mod retention;
mod world;
