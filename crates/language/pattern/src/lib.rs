//! Event patterns, input paths and input transformers of EventBridge.
