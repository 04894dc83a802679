//! Items to inputs of children: one each, or several as `ItemBatcher` says.

use serde_json::{Map, Value};

use crate::map_run::MapRun;

/// Most bytes of a child's input.
// AWS: quotas page: 256 KiB.
const MAX_INPUT_BYTES: u64 = 256 * 1024;

/// The input of one child.
#[derive(Debug, Clone, PartialEq)]
pub struct Batched {
    /// How many items it stands for.
    pub items: u32,
    /// The input.
    pub input: Value,
}

/// Collects items into inputs.
#[derive(Debug)]
pub struct Batcher {
    limits: Option<(u64, u64)>,
    batch_input: Option<Value>,
    /// Bytes of a batch without items.
    empty_bytes: u64,
    waiting: Vec<Value>,
    waiting_bytes: u64,
}

impl Batcher {
    /// The batcher of a run.
    pub fn new(run: &MapRun) -> Self {
        let spec = run.batcher.as_ref();
        let batch_input = spec.and_then(|spec| spec.batch_input.as_ref());
        let own = batch_input.map_or(0, |input| "\"BatchInput\":,".len() + input.text().len());
        Self {
            limits: spec.map(|spec| {
                let bytes = spec.max_bytes.unwrap_or(MAX_INPUT_BYTES).min(MAX_INPUT_BYTES);
                (spec.max_items.unwrap_or(u64::MAX).max(1), bytes)
            }),
            batch_input: batch_input.map(|input| input.value().clone()),
            empty_bytes: ("{\"Items\":[]}".len() + own) as u64,
            waiting: Vec::new(),
            waiting_bytes: 0,
        }
    }

    /// Takes an item; answers a batch once one is full. The item itself may be the first of the next.
    pub fn push(&mut self, item: Value) -> Option<Batched> {
        let Some((most_items, most_bytes)) = self.limits else {
            return Some(Batched { items: 1, input: item });
        };
        let bytes = asl::value::json_size_bytes(&item) as u64 + 1;
        let full = self.waiting_bytes + bytes + self.empty_bytes > most_bytes;
        let before = if full { self.finish() } else { None };
        self.waiting.push(item);
        self.waiting_bytes += bytes;
        if before.is_none() && self.waiting.len() as u64 >= most_items {
            return self.finish();
        }
        before
    }

    /// Whether the items that wait make a full batch already.
    pub fn is_full(&self) -> bool {
        self.limits.is_some_and(|(most_items, _)| self.waiting.len() as u64 >= most_items)
    }

    /// The last batch, if any item is left.
    // AWS: ItemBatcher page: the members and their names.
    pub fn finish(&mut self) -> Option<Batched> {
        if self.waiting.is_empty() {
            return None;
        }
        let items = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let mut input = Map::new();
        if let Some(batch_input) = &self.batch_input {
            input.insert("BatchInput".into(), batch_input.clone());
        }
        input.insert("Items".into(), Value::Array(items));
        Some(Batched { items: count, input: Value::Object(input) })
    }

    /// How many items wait for a batch to become full.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
