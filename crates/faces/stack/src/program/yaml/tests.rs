//! Projects to registrations, or to what is wrong with them.
