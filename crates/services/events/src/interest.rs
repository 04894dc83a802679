//! Which services' events some rule may match, so that services need not announce what nobody hears.

use crate::records::{RULE, Rule};
use serde_json::Value;
use service::{AwsError, Ctx};

/// Counts the rules that are stored. Once, at start.
pub(crate) async fn recover(ctx: &Ctx) -> Result<(), AwsError> {
    for rule in ctx.records::<Rule>(RULE).all("").await? {
        if let Some(pattern) = &rule.value.event_pattern {
            listen(ctx, pattern);
        }
    }
    ctx.kit.interest.known();
    Ok(())
}

/// A rule with this pattern is about to be stored.
pub(crate) fn listen(ctx: &Ctx, pattern: &str) {
    let pattern: Value = serde_json::from_str(pattern).unwrap_or_default();
    let Some(sources) = pattern["source"].as_array() else { return ctx.kit.interest.listen(None) };
    for source in sources {
        // Anything but a plain text (a prefix, a negation) may be any source.
        ctx.kit.interest.listen(source.as_str());
    }
}
