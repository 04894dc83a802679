//! Standard queues: whatever has been visible longest, by index; messages that other receives are about to hand out are
//! passed over.

use super::{Harvest, Picker};
use crate::Sqs;
use crate::error::Error;
use crate::records::{MESSAGE, Message, VISIBLE};
use store::Scan;

const PAGE: usize = 16;

pub(super) async fn take(sqs: &Sqs, mut picker: Picker<'_>) -> Result<Harvest, Error> {
    let (prefix, bell) = (picker.queue().prefix(), picker.queue().bell());
    let mut claimed = sqs.claims.start(&picker.ctx.kit.notices, bell);
    let mut after: Option<String> = None;
    'pages: loop {
        let scan = Scan {
            index: Some(VISIBLE),
            after: after.as_deref(),
            ..Scan::of(MESSAGE, &prefix, PAGE)
        };
        let (page, next) = picker.ctx.records::<Message>(MESSAGE).scan(scan).await?;
        for found in page {
            if found.value.visible_ms > picker.wish.now_ms {
                picker.next_ms = Some(found.value.visible_ms);
                break 'pages;
            }
            if claimed.claim(&found.key) {
                picker.pick(found).await?;
            }
            if picker.is_full() {
                break 'pages;
            }
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => break,
        }
    }
    picker.finish(Box::new(move || claimed.done())).await
}
