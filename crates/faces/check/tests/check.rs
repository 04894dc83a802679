//! What is found, and where; the pages of the rules; renderings.

#[path = "check/components.rs"]
mod components;
#[path = "check/conversions.rs"]
mod conversions;
#[path = "check/findings.rs"]
mod findings;
#[path = "check/modules.rs"]
mod modules;
#[path = "check/pages.rs"]
mod pages;
#[path = "check/policies.rs"]
mod policies;
#[path = "check/programs.rs"]
mod programs;
#[path = "check/renderings.rs"]
mod renderings;
#[path = "check/schedulers.rs"]
mod schedulers;
