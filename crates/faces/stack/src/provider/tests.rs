//! Checks, differences and documents as data.
