//! LIBSVM data: `label[:weight] [qid:n] index:value … [# remark]`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::rows::Rows;
use super::{Table, number, shown};
use crate::{Error, Result};

pub(super) fn read(files: &[PathBuf], absent: f32) -> Result<Table> {
    let mut rows = Rows::default();
    for file in files {
        let opened = File::open(file).map_err(Error::io("read", file))?;
        for (number, line) in BufReader::new(opened).split(b'\n').enumerate() {
            let line = line.map_err(Error::io("read", file))?;
            read_line(&line, &mut rows).map_err(|why| at(file, number, &why))?;
        }
    }
    if rows.labels.is_empty() {
        return Err(Error::client("there is not one row in the data"));
    }
    rows.into_table(absent)
}

fn at(file: &Path, number: usize, why: &str) -> Error {
    Error::client(format!("{}, line {}: {why}", file.display(), number + 1))
}

fn read_line(line: &[u8], rows: &mut Rows) -> std::result::Result<(), String> {
    let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return Ok(()) };
    let wrong = |word: &[u8], why: &str| format!("value {} {why}", shown(word));
    let (label, weight) = split(first).unwrap_or((first, b"1"));
    let (label, weight) = (number(label), number(weight));
    let (Ok(label), Ok(weight)) = (label, weight) else {
        return Err(wrong(first, "is not a label"));
    };
    if label.is_nan() || weight.is_nan() || weight < 0.0 {
        return Err(wrong(first, "is not a label"));
    }
    for word in words.filter(|word| !word.starts_with(b"qid:")) {
        let pair = split(word).and_then(|(index, value)| {
            let index: u32 = std::str::from_utf8(index).ok()?.parse().ok()?;
            Some((index, number(value).ok()?))
        });
        let (index, value) = pair.ok_or_else(|| wrong(word, "is not index:value"))?;
        rows.add(index, value);
    }
    rows.labels.push(label);
    rows.weights.push(weight);
    rows.end_row();
    Ok(())
}

fn split(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = word.iter().position(|byte| *byte == b':')?;
    Some((&word[..at], &word[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> std::result::Result<Table, String> {
        let mut rows = Rows::default();
        for line in text.lines() {
            read_line(line.as_bytes(), &mut rows)?;
        }
        rows.into_table(f32::NAN).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_read_with_their_gaps() {
        let table = parse("1 0:2 2:3.5\n\n0:0.5 qid:7 1:4 # remark\n-1\n").unwrap();
        assert_eq!((table.rows(), table.columns()), (3, 3));
        assert_eq!(table.labels(), [1.0, 0.0, -1.0]);
        assert_eq!(table.weights(), Some(&[1.0, 0.5, 1.0][..]));
        assert_eq!(table.row(0)[0], 2.0);
        assert!(table.row(0)[1].is_nan() && table.row(2).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (text, wanted) in [
            ("yes 1:2", "value \"yes\" is not a label"),
            ("1 a:2", "value \"a:2\" is not index:value"),
            ("1 2", "value \"2\" is not index:value"),
            ("1 -1:2", "value \"-1:2\" is not index:value"),
            ("1 4294967295:1", "1 rows with 4294967296 columns are too sparse"),
        ] {
            assert!(parse(text).unwrap_err().contains(wanted), "{text}");
        }
    }
}
