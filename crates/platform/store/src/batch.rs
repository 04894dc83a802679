//! What one commit changes.

/// What must hold of a record for a batch to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Anything: the put overwrites.
    Any,
    /// No such record yet.
    Absent,
    /// The record has exactly this version.
    Version(u64),
}

/// Writes one record.
#[derive(Debug, Clone)]
pub struct Put {
    /// Record kind: `"<service>/<noun>"`.
    pub kind: String,
    /// Key within the kind.
    pub key: String,
    /// JSON text.
    pub body: Vec<u8>,
    /// The record's index entries: `(index name, index key)`; they replace those of the version before.
    /// Index keys need not be unique: of records with the same one, the one that was made first comes first.
    pub index: Vec<(&'static str, String)>,
    /// What must hold for the batch to be applied.
    pub expect: Expect,
}

/// Removes one record; removing what is not there is allowed with [`Expect::Any`].
#[derive(Debug, Clone)]
pub struct Remove {
    /// Record kind.
    pub kind: String,
    /// Key within the kind.
    pub key: String,
    /// What must hold for the batch to be applied.
    pub expect: Expect,
}

/// Appends one row to a log stream.
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream, a number the caller chose when the stream began.
    pub stream: u64,
    /// Opaque bytes.
    pub body: Vec<u8>,
}

/// Everything one commit does: all of it or nothing.
///
/// Every expectation is about what was stored before the batch. Then, in this order: prefixes and records are removed,
/// records are put, rows are appended, streams are dropped. So a record that one batch removes and puts is there, and a
/// stream that it appends to and drops is not.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Records that must hold without being written.
    pub checks: Vec<(String, String, Expect)>,
    /// Records to write.
    pub puts: Vec<Put>,
    /// Records to remove.
    pub removes: Vec<Remove>,
    /// Records to remove by kind and key prefix.
    pub remove_prefixes: Vec<(String, String)>,
    /// Log rows to append.
    pub appends: Vec<Append>,
    /// Log streams whose rows are no longer needed.
    pub drop_streams: Vec<u64>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// True when committing it would do nothing.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
            && self.puts.is_empty()
            && self.removes.is_empty()
            && self.remove_prefixes.is_empty()
            && self.appends.is_empty()
            && self.drop_streams.is_empty()
    }

    /// Adds a put of `value` as JSON, without index entries.
    pub fn put(
        &mut self,
        kind: &str,
        key: impl Into<String>,
        value: &impl serde::Serialize,
        expect: Expect,
    ) -> &mut Self {
        self.put_indexed(kind, key, value, Vec::new(), expect)
    }

    /// Adds a put of `value` as JSON with its index entries.
    pub fn put_indexed(
        &mut self,
        kind: &str,
        key: impl Into<String>,
        value: &impl serde::Serialize,
        index: Vec<(&'static str, String)>,
        expect: Expect,
    ) -> &mut Self {
        let mut body = Vec::with_capacity(1024);
        serde_json::to_writer(&mut body, value)
            .expect("records are plain data and always serialise");
        self.puts.push(Put { kind: kind.to_owned(), key: key.into(), body, index, expect });
        self
    }

    /// Adds a removal.
    pub fn remove(&mut self, kind: &str, key: impl Into<String>, expect: Expect) -> &mut Self {
        self.removes.push(Remove { kind: kind.to_owned(), key: key.into(), expect });
        self
    }

    /// Everything that must hold: kind, key and expectation.
    pub(crate) fn expectations(&self) -> impl Iterator<Item = (&str, &str, Expect)> {
        let checks = self.checks.iter().map(|(kind, key, expect)| (&**kind, &**key, *expect));
        let puts = self.puts.iter().map(|put| (&*put.kind, &*put.key, put.expect));
        let removes =
            self.removes.iter().map(|remove| (&*remove.kind, &*remove.key, remove.expect));
        checks.chain(puts).chain(removes).filter(|(_, _, expect)| *expect != Expect::Any)
    }

    /// Adds the content of another batch after this one's.
    pub fn extend(&mut self, other: Self) -> &mut Self {
        self.checks.extend(other.checks);
        self.puts.extend(other.puts);
        self.removes.extend(other.removes);
        self.remove_prefixes.extend(other.remove_prefixes);
        self.appends.extend(other.appends);
        self.drop_streams.extend(other.drop_streams);
        self
    }
}
