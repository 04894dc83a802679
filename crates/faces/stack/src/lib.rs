//! Pulumi projects: evaluate, plan, apply, state.
