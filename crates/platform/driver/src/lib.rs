//! The only loops: turns, effects, timers, durable work, recovery.
