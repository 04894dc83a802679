//! IAM and STS through the dispatcher: each scenario is a list of calls with what they answer.

mod administrator;
mod decisions;
mod documents;
mod groups_and_users;
mod hostile;
mod paging;
mod policies;
mod races;
mod roles;
mod sessions;
mod simulation;
mod world;
