//! Step Functions through the dispatcher, in virtual time, over memory and fakes of the services it calls.

#![allow(clippy::unwrap_used)]

mod access;
mod activities;
mod conformance;
mod executions;
mod fakes;
mod forwarding;
mod hostile;
mod http;
mod integrations;
mod jobs;
mod limits;
mod logging;
mod machines;
mod redrive;
mod server;
mod status_events;
mod trials;
mod words;
mod world;
