//! cron(), rate() and at() expressions to instants.
