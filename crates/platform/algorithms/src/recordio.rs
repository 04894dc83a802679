//! recordio-protobuf, SageMaker's own format: `RecordIO` frames that hold `Record` messages, read and written.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html (the message's definition stands there).

use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;

use crate::{Error, Result};

/// What every frame begins with.
const MAGIC: u32 = 0xced7_230a;
/// The bits of a frame's second word that hold its length; those above say which part of a message it is.
const LENGTH_BITS: u32 = 29;

type Outcome<T> = std::result::Result<T, String>;

/// Whether a file begins as such data does.
pub(crate) fn is_recordio(file: &Path) -> Result<bool> {
    let mut start = [0; 4];
    let mut opened = std::fs::File::open(file).map_err(Error::io("read", file))?;
    Ok(opened.read_exact(&mut start).is_ok() && start == MAGIC.to_le_bytes())
}

/// The messages in some bytes; ends after the first fault.
pub(crate) struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// One frame: which part it is (0 the whole, 1 the first, 2 a middle, 3 the last) and its content.
    fn frame(&mut self) -> Outcome<(u32, &'a [u8])> {
        let magic = self.word()?;
        if magic != MAGIC {
            return Err("is not recordio: the magic number is missing".to_owned());
        }
        let word = self.word()?;
        let length = (word & ((1 << LENGTH_BITS) - 1)) as usize;
        let content = self.rest.get(..length).ok_or("is cut off")?;
        // Some writers leave out the padding of the last frame.
        let padded = length.next_multiple_of(4).min(self.rest.len());
        self.rest = &self.rest[padded..];
        Ok((word >> LENGTH_BITS, content))
    }

    fn word(&mut self) -> Outcome<u32> {
        let (word, rest) = self.rest.split_first_chunk::<4>().ok_or("is cut off")?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*word))
    }

    fn message(&mut self) -> Outcome<Cow<'a, [u8]>> {
        let (mut part, content) = self.frame()?;
        if part == 0 {
            return Ok(Cow::Borrowed(content));
        }
        let mut whole = content.to_vec();
        while part != 3 {
            // A message is cut where it holds the magic number itself.
            whole.extend(MAGIC.to_le_bytes());
            let (next, content) = self.frame()?;
            if next < 2 {
                return Err("a message is cut into parts that do not fit together".to_owned());
            }
            whole.extend(content);
            part = next;
        }
        Ok(Cow::Owned(whole))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Outcome<Cow<'a, [u8]>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let message = self.message();
        if message.is_err() {
            self.rest = &[];
        }
        Some(message)
    }
}

/// The features and labels of one message: those named `values`.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) values: Vec<f32>,
    /// The column of each value, when the row is sparse.
    pub(crate) keys: Option<Vec<u64>>,
    /// How many columns a sparse row says there are.
    pub(crate) width: Option<usize>,
    pub(crate) labels: Vec<f32>,
}

/// The numbers of a message's fields.
mod field {
    pub(super) const FEATURES: u64 = 1;
    pub(super) const LABEL: u64 = 2;
    pub(super) const MAP_KEY: u64 = 1;
    pub(super) const MAP_VALUE: u64 = 2;
    pub(super) const FLOAT32: u64 = 2;
    pub(super) const FLOAT64: u64 = 3;
    pub(super) const INT32: u64 = 7;
    pub(super) const BYTES: u64 = 9;
    pub(super) const VALUES: u64 = 1;
    pub(super) const KEYS: u64 = 2;
    pub(super) const SHAPE: u64 = 3;
}

impl Record {
    pub(crate) fn parse(message: &[u8]) -> Outcome<Self> {
        let mut record = Self::default();
        let mut fields = Fields(message);
        while let Some((number, content)) = fields.next()? {
            let Content::Bytes(entry) = content else { continue };
            match number {
                field::FEATURES => {
                    if let Some(tensor) = map_entry(entry)? {
                        let is_sparse = !tensor.keys.is_empty() || tensor.values.is_empty();
                        if is_sparse && tensor.keys.len() != tensor.values.len() {
                            return Err("a sparse row has not as many keys as values".to_owned());
                        }
                        record.keys = is_sparse.then_some(tensor.keys);
                        record.width = tensor
                            .shape
                            .last()
                            .map(|it| usize::try_from(*it).unwrap_or(usize::MAX));
                        record.values = tensor.values;
                    }
                }
                field::LABEL => {
                    if let Some(tensor) = map_entry(entry)? {
                        record.labels = tensor.values;
                    }
                }
                _ => {}
            }
        }
        Ok(record)
    }
}

#[derive(Default)]
struct Tensor {
    values: Vec<f32>,
    keys: Vec<u64>,
    shape: Vec<u64>,
}

/// The tensor of an entry named `values`.
fn map_entry(entry: &[u8]) -> Outcome<Option<Tensor>> {
    let (mut is_values, mut value) = (false, None);
    let mut fields = Fields(entry);
    while let Some((number, content)) = fields.next()? {
        match (number, content) {
            (field::MAP_KEY, Content::Bytes(name)) => is_values = name == b"values",
            (field::MAP_VALUE, Content::Bytes(bytes)) => value = Some(bytes),
            _ => {}
        }
    }
    let (true, Some(value)) = (is_values, value) else { return Ok(None) };
    let mut fields = Fields(value);
    let mut tensor = None;
    while let Some((number, content)) = fields.next()? {
        let Content::Bytes(bytes) = content else { continue };
        match number {
            field::FLOAT32 | field::FLOAT64 | field::INT32 => {
                tensor = Some(read_tensor(number, bytes)?);
            }
            field::BYTES => return Err("holds bytes (an image?) and not numbers".to_owned()),
            _ => {}
        }
    }
    Ok(tensor)
}

fn read_tensor(kind: u64, bytes: &[u8]) -> Outcome<Tensor> {
    let mut tensor = Tensor::default();
    let mut fields = Fields(bytes);
    while let Some((number, content)) = fields.next()? {
        match number {
            field::VALUES => read_values(kind, content, &mut tensor.values)?,
            field::KEYS => integers(content, &mut tensor.keys)?,
            field::SHAPE => integers(content, &mut tensor.shape)?,
            _ => {}
        }
    }
    match tensor.values.iter().find(|value| value.is_infinite()) {
        Some(value) => Err(format!("the value {value} is not finite")),
        None => Ok(tensor),
    }
}

/// Values of a tensor, packed or one by one.
fn read_values(kind: u64, content: Content<'_>, values: &mut Vec<f32>) -> Outcome<()> {
    match (kind, content) {
        (field::FLOAT32, Content::Bytes(bytes)) => {
            let (chunks, rest) = bytes.as_chunks::<4>();
            values.extend(chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)));
            if rest.is_empty() { Ok(()) } else { Err("a value is cut off".to_owned()) }
        }
        (field::FLOAT64, Content::Bytes(bytes)) => {
            let (chunks, rest) = bytes.as_chunks::<8>();
            values.extend(chunks.iter().map(|chunk| f64::from_le_bytes(*chunk) as f32));
            if rest.is_empty() { Ok(()) } else { Err("a value is cut off".to_owned()) }
        }
        (field::FLOAT32, Content::Fixed32(bytes)) => {
            values.push(f32::from_le_bytes(bytes));
            Ok(())
        }
        (field::FLOAT64, Content::Fixed64(bytes)) => {
            values.push(f64::from_le_bytes(bytes) as f32);
            Ok(())
        }
        (field::INT32, content) => {
            let mut found = Vec::new();
            integers(content, &mut found)?;
            // An int32 below 0 is written as the 64 bits of the same number.
            values.extend(found.iter().map(|value| value.cast_signed() as f32));
            Ok(())
        }
        _ => Err("a value is not of its tensor's type".to_owned()),
    }
}

fn integers(content: Content<'_>, into: &mut Vec<u64>) -> Outcome<()> {
    match content {
        Content::Integer(value) => into.push(value),
        Content::Bytes(bytes) => {
            let mut fields = Fields(bytes);
            while !fields.0.is_empty() {
                into.push(fields.varint()?);
            }
        }
        _ => return Err("a key or size is not an integer".to_owned()),
    }
    Ok(())
}

/// What a field holds.
enum Content<'a> {
    Integer(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

/// The fields of a message, one by one.
// Protocol Buffers: https://protobuf.dev/programming-guides/encoding/
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Outcome<u64> {
        let mut value = 0;
        for (position, byte) in self.0.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f).checked_shl(7 * position as u32).unwrap_or(0);
            if byte & 0x80 == 0 {
                self.0 = &self.0[position + 1..];
                return Ok(value);
            }
        }
        Err("is not a protobuf message: an integer has no end".to_owned())
    }

    fn array<const N: usize>(&mut self) -> Outcome<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or("a field is cut off")?;
        self.0 = rest;
        Ok(*array)
    }

    fn next(&mut self) -> Outcome<Option<(u64, Content<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let content = match tag & 7 {
            0 => Content::Integer(self.varint()?),
            1 => Content::Fixed64(self.array()?),
            2 => {
                let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                let bytes = self.0.get(..length).ok_or("a field is cut off")?;
                self.0 = &self.0[length..];
                Content::Bytes(bytes)
            }
            5 => Content::Fixed32(self.array()?),
            other => return Err(format!("is not a protobuf message: wire type {other}")),
        };
        Ok(Some((tag >> 3, content)))
    }
}

/// Appends a frame with a message whose labels are these named lists of numbers, as AWS's algorithms answer.
pub(crate) fn write_answer<'a>(
    into: &mut Vec<u8>,
    labels: impl IntoIterator<Item = (&'a str, Vec<f32>)>,
) {
    let mut message = Vec::new();
    for (name, values) in labels {
        let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let tensor = bytes_field(field::VALUES, &packed);
        let value = bytes_field(field::FLOAT32, &tensor);
        let mut entry = bytes_field(field::MAP_KEY, name.as_bytes());
        entry.extend(bytes_field(field::MAP_VALUE, &value));
        message.extend(bytes_field(field::LABEL, &entry));
    }
    into.extend(MAGIC.to_le_bytes());
    into.extend((message.len() as u32).to_le_bytes());
    into.extend(&message);
    into.resize(into.len().next_multiple_of(4), 0);
}

fn bytes_field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(bytes.len() + 6);
    put_varint(&mut field, number << 3 | 2);
    put_varint(&mut field, bytes.len() as u64);
    field.extend(bytes);
    field
}

fn put_varint(into: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_in_parts_and_faults() {
        let mut bytes = Vec::new();
        for (part, content) in [(1_u32, b"ab"), (3, b"cd")] {
            bytes.extend(MAGIC.to_le_bytes());
            bytes.extend((part << LENGTH_BITS | 2).to_le_bytes());
            bytes.extend(content);
            bytes.extend([0, 0]);
        }
        let all: Outcome<Vec<_>> = Frames::new(&bytes).collect();
        let mut wanted = b"ab".to_vec();
        wanted.extend(MAGIC.to_le_bytes());
        wanted.extend(b"cd");
        assert_eq!(all.unwrap(), [wanted]);
        for cut in 1..bytes.len() - 2 {
            let read: Outcome<Vec<_>> = Frames::new(&bytes[..cut]).collect();
            assert!(read.is_err(), "{cut}");
        }
    }

    #[test]
    fn whatever_the_bytes_are_nothing_panics() {
        let mut written = Vec::new();
        write_answer(&mut written, [("values", vec![1.5, -2.0])]);
        let message = Frames::new(&written).next().unwrap().unwrap();
        assert_eq!(Record::parse(&message).unwrap().labels, [1.5, -2.0]);
        for at in 0..message.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut broken = message.to_vec();
                broken[at] = byte;
                let _either_is_fine = Record::parse(&broken);
                let _either_is_fine = Record::parse(&broken[at..]);
            }
        }
    }
}
