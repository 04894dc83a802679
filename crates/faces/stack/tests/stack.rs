//! Projects from their file to AWS calls, against a scripted AWS.

#[path = "stack/calls.rs"]
mod calls;
#[path = "stack/components.rs"]
mod components;
#[path = "stack/edits.rs"]
mod edits;
#[path = "stack/faults.rs"]
mod faults;
#[path = "stack/plans.rs"]
mod plans;
#[path = "stack/runs.rs"]
mod runs;
#[path = "stack/support.rs"]
mod support;
#[path = "stack/trouble.rs"]
mod trouble;
#[path = "stack/weather.rs"]
mod weather;
