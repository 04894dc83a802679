//! FIFO queues: group after group, those that became ready first; of each, messages in the order in which they were
//! sent. A group of which a message is in flight is not ready.

use super::{Harvest, Picker};
use crate::Sqs;
use crate::error::Error;
use crate::records::{GROUP, Group, MESSAGE, Message, READY};
use store::Scan;

const PAGE: usize = 16;

pub(super) async fn take(sqs: &Sqs, mut picker: Picker<'_>) -> Result<Harvest, Error> {
    let prefix = picker.queue().prefix();
    let lock = sqs.locks.lock(&prefix).await;
    let mut after: Option<String> = None;
    'pages: loop {
        let scan =
            Scan { index: Some(READY), after: after.as_deref(), ..Scan::of(GROUP, &prefix, PAGE) };
        let (page, next) = picker.ctx.records::<Group>(GROUP).scan(scan).await?;
        for found in page {
            if found.value.ready_ms > picker.wish.now_ms {
                let ready_ms = found.value.ready_ms;
                picker.next_ms = Some(picker.next_ms.map_or(ready_ms, |ms| ms.min(ready_ms)));
                break 'pages;
            }
            take_of(&mut picker, &found.value.id).await?;
            if picker.is_full() {
                break 'pages;
            }
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => break,
        }
    }
    picker.finish(Box::new(move || drop(lock))).await
}

/// Takes what can be taken of one group.
async fn take_of(picker: &mut Picker<'_>, group: &str) -> Result<(), Error> {
    let prefix = picker.queue().group_prefix(group);
    let mut after: Option<String> = None;
    loop {
        let scan = Scan { after: after.as_deref(), ..Scan::of(MESSAGE, &prefix, PAGE) };
        let (page, next) = picker.ctx.records::<Message>(MESSAGE).scan(scan).await?;
        for found in page {
            let visible_ms = found.value.visible_at(picker.queue());
            if visible_ms > picker.wish.now_ms {
                picker.next_ms = Some(picker.next_ms.map_or(visible_ms, |ms| ms.min(visible_ms)));
                return Ok(());
            }
            picker.pick(found).await?;
            if picker.is_full() {
                return Ok(());
            }
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => return Ok(()),
        }
    }
}
