//! SNS through the dispatcher, with stand-ins for the services that it delivers to.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod deliveries;
mod fifo;
mod filters;
mod hostile;
mod topics;
mod world;
