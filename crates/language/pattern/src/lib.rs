//! Event patterns, input paths and input transformers of EventBridge.
//!
//! A [`Pattern`] decides whether a rule wants an event; an [`InputPath`] or a [`Transformer`] makes
//! what a target gets out of the event. All three work on values in memory and on nothing else.
//!
//! ```
//! use pattern::Pattern;
//! use serde_json::json;
//!
//! let pattern = Pattern::parse(r#"{"source": ["aws.s3"], "detail": {"size": [{"numeric": [">", 9]}]}}"#).unwrap();
//! assert!(pattern.matches(&json!({"source": "aws.s3", "detail": {"size": 10}})));
//! assert!(!pattern.matches(&json!({"source": "aws.s3", "detail": {"size": 3}})));
//! ```

mod address;
mod compile;
mod error;
mod matcher;
mod matching;
mod path;
mod reader;
mod template;
mod wildcard;

pub use error::Error;
pub use matching::Pattern;
pub use path::InputPath;
pub use template::{Context, Transformer};
