//! `EnableRule`.

use crate::Events;
use crate::error::Error;
use crate::ops::switch::{Input, switch};
use serde_json::Value;
use service::{Ctx, Reply};

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    switch(ctx, input, "ENABLED").await
}
