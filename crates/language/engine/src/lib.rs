//! One execution as a fold: (execution, input, now) to history events and effects.
