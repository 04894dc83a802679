//! What jobs ask for and what the machine has: instance types and the admission queue.
