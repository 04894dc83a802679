//! CSV to items: one object per row, all values texts.

use super::Fault;
use csv_core::ReadRecordResult;
use serde_json::{Map, Value};

/// Most bytes of a header.
// AWS: ItemReader page: 10 KiB.
const MAX_HEADER_BYTES: usize = 10 * 1024;
/// Most bytes of a row.
const MAX_ROW_BYTES: usize = 16 << 20;

/// Takes bytes, gives rows.
pub(super) struct Csv {
    reader: csv_core::Reader,
    header: Option<Vec<String>>,
    fields: Vec<u8>,
    fields_end: usize,
    ends: Vec<usize>,
    ends_end: usize,
}

impl Csv {
    /// With a header, or with that of the first row.
    pub(super) fn new(header: Option<Vec<String>>, delimiter: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self {
            reader,
            header,
            fields: vec![0; 4096],
            fields_end: 0,
            ends: vec![0; 64],
            ends_end: 0,
        }
    }

    /// Takes a piece, and the rows that it completes; the end is an empty one.
    pub(super) fn push(&mut self, mut piece: &[u8], rows: &mut Vec<Value>) -> Result<(), Fault> {
        let at_end = piece.is_empty();
        loop {
            let (result, read, written, ended) = self.reader.read_record(
                piece,
                self.fields.get_mut(self.fields_end..).unwrap_or_default(),
                self.ends.get_mut(self.ends_end..).unwrap_or_default(),
            );
            piece = piece.get(read..).unwrap_or_default();
            self.fields_end += written;
            self.ends_end += ended;
            match result {
                ReadRecordResult::InputEmpty if at_end => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Ok(()),
                ReadRecordResult::OutputFull => {
                    if self.fields.len() >= MAX_ROW_BYTES {
                        return Err(Fault::content("A row of the CSV file is too long"));
                    }
                    self.fields.resize(self.fields.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => self.row(rows)?,
            }
        }
    }

    fn row(&mut self, rows: &mut Vec<Value>) -> Result<(), Fault> {
        let mut values = Vec::with_capacity(self.ends_end);
        let mut from = 0;
        for end in self.ends.iter().take(self.ends_end) {
            let bytes = self.fields.get(from..*end).unwrap_or_default();
            values.push(String::from_utf8_lossy(bytes).into_owned());
            from = *end;
        }
        let bytes = self.fields_end;
        (self.fields_end, self.ends_end) = (0, 0);
        let Some(header) = &self.header else {
            if bytes > MAX_HEADER_BYTES {
                // AWS: as an independent emulator recorded.
                return Err(Fault::content("CSV headers cannot be larger than 10KB."));
            }
            self.header = Some(values);
            return Ok(());
        };
        // AWS: ItemReader page: values without a name are left out, names without a value get an empty one.
        let mut values = values.into_iter();
        let mut row = Map::with_capacity(header.len());
        for name in header {
            row.insert(name.clone(), Value::String(values.next().unwrap_or_default()));
        }
        rows.push(Value::Object(row));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, header: Option<&[&str]>, delimiter: u8, expected: Value) {
        for size in [1, 2, 3, 7, text.len().max(1)] {
            let header = header.map(|names| names.iter().map(ToString::to_string).collect());
            let mut csv = Csv::new(header, delimiter);
            let mut rows = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                csv.push(piece, &mut rows).unwrap();
            }
            csv.push(&[], &mut rows).unwrap();
            assert_eq!(Value::Array(rows), expected, "{text:?} in pieces of {size}");
        }
    }

    #[test]
    fn rows() {
        let ab = json!([{"a": "1", "b": "2"}]);
        check("a,b\n1,2\n", None, b',', ab.clone());
        check("a,b\r\n1,2", None, b',', ab.clone());
        check("a|b\n\n1|2\n\n", None, b'|', ab.clone());
        check("1,2\n", Some(&["a", "b"]), b',', ab);
        check("a,b\n1\n", None, b',', json!([{"a": "1", "b": ""}]));
        check("a,b\n1,2,3\n", None, b',', json!([{"a": "1", "b": "2"}]));
        check("a\n\"x, \"\"y\"\"\nz\"\n", None, b',', json!([{"a": "x, \"y\"\nz"}]));
        check("a\nä€\n", None, b',', json!([{"a": "ä€"}]));
        check("", None, b',', json!([]));
        check("a,b", None, b',', json!([]));
    }

    #[test]
    fn a_long_header_is_refused() {
        let mut csv = Csv::new(None, b',');
        let header = "x".repeat(MAX_HEADER_BYTES + 1) + "\n";
        assert!(csv.push(header.as_bytes(), &mut Vec::new()).is_err());
    }
}
